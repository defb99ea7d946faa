using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Writes a client's commands as lines without CRLF. Everything in them comes from parsed values, so no line can hold a second one: an
/// argument with CR, LF or NUL is refused by an exception, whoever let it through (RFC 5321 §2.3.8).
/// </summary>
public static class CommandWriter
{
    /// <summary>EHLO, HELO or LHLO.</summary>
    public static string Hello(string verb, string name) => Checked($"{verb} {name}");

    /// <summary>MAIL FROM:&lt;…&gt; with its parameters (RFC 5321 §4.1.1.2); those the server did not offer are for the caller to leave out.</summary>
    public static string Mail(ReversePath from, MailParameters p)
    {
        var line = new StringBuilder("MAIL FROM:").Append(from.ToString());
        if (p.Size is { } size)
        {
            line.Append(CultureInfo.InvariantCulture, $" SIZE={size}");                     // RFC 1870 §6
        }

        line.Append(p.Body switch
        {
            BodyType.EightBitMime => " BODY=8BITMIME",                                      // RFC 6152 §2
            BodyType.BinaryMime => " BODY=BINARYMIME",                                      // RFC 3030 §3
            _ => "",
        });
        line.Append(p.SmtpUtf8 ? " SMTPUTF8" : "").Append(p.RequireTls ? " REQUIRETLS" : "");   // RFC 6531 §3.4, RFC 8689 §2
        line.Append(p.Return switch
        {
            DsnReturn.Full => " RET=FULL",                                                  // RFC 3461 §4.3
            DsnReturn.Headers => " RET=HDRS",
            _ => "",
        });
        if (p.EnvelopeId is { } id)
        {
            line.Append(" ENVID=").Append(XText.Encode(id));                                // RFC 3461 §4.4
        }

        if (p.AuthorizedBy is { } by)
        {
            line.Append(" AUTH=").Append(by.Length == 0 ? "<>" : XText.Encode(by));         // RFC 4954 §5
        }

        return Checked(line.ToString());
    }

    /// <summary>RCPT TO:&lt;…&gt; with its parameters (RFC 5321 §4.1.1.3).</summary>
    public static string Rcpt(Mailbox to, RcptParameters p)
    {
        var line = new StringBuilder("RCPT TO:<").Append(to).Append('>');
        if (p.Notify == DsnNotify.Never)
        {
            line.Append(" NOTIFY=NEVER");                                                   // RFC 3461 §4.1
        }
        else if (p.Notify != DsnNotify.Unspecified)
        {
            var words = new List<string>(3);
            if (p.Notify.HasFlag(DsnNotify.Success))
            {
                words.Add("SUCCESS");
            }

            if (p.Notify.HasFlag(DsnNotify.Failure))
            {
                words.Add("FAILURE");
            }

            if (p.Notify.HasFlag(DsnNotify.Delay))
            {
                words.Add("DELAY");
            }

            line.Append(" NOTIFY=").AppendJoin(',', words);
        }

        if (p.Original is { } original)
        {
            line.Append(" ORCPT=").Append(original.Type).Append(';').Append(XText.Encode(original.Address));    // RFC 3461 §4.2
        }

        return Checked(line.ToString());
    }

    /// <summary>BDAT (RFC 3030 §2).</summary>
    public static string Bdat(long octets, bool last) =>
        string.Create(CultureInfo.InvariantCulture, $"BDAT {octets}{(last ? " LAST" : "")}");

    /// <summary>AUTH (RFC 4954 §4); the response is base64 already.</summary>
    public static string Auth(string mechanism, string? initialResponse) =>
        Checked(initialResponse is null ? $"AUTH {mechanism}" : $"AUTH {mechanism} {initialResponse}");

    private static string Checked(string line) => line.AsSpan().ContainsAny('\r', '\n', '\0')
        ? throw new ArgumentException("A command cannot hold CR, LF or NUL.", nameof(line))
        : line;
}
