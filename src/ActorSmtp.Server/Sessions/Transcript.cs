using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Sessions;

/// <summary>How what a peer said is written down: printable, of bounded length, and without its secrets.</summary>
internal static class Transcript
{
    private const int Longest = 512;

    private static readonly string[] Mechanisms =
    [
        "PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "CRAM-MD5", "DIGEST-MD5",
        "XOAUTH2", "OAUTHBEARER", "NTLM", "GSSAPI", "GS2-KRB5", "EXTERNAL", "ANONYMOUS",
    ];

    /// <summary>
    /// The line as the log shows it. SASL lines are all secret, of AUTH only the mechanism is shown; and of a line that is no command nothing,
    /// since a client that lost step sends its password where a command should be.
    /// </summary>
    public static string Heard(bool sasl, object heard, ReadOnlySpan<byte> line) => IsFitToSee(sasl, heard, line) ? Printable(line) : heard switch
    {
        _ when sasl => "***",
        SmtpCommand.Auth auth => $"AUTH {Known(auth.Mechanism)}{(auth.InitialResponse is null ? "" : " ***")}",
        SmtpCommand.Malformed { Of: Verb.Auth } => "AUTH ***",
        SmtpCommand.Unrecognized or SmtpCommand.Malformed { Of: Verb.Unrecognized } => $"*** ({line.Length} octets that are no command)",
        _ => "(a line that is none)",
    };

    /// <summary>Whether nothing in the line is or might be a secret.</summary>
    public static bool IsFitToSee(bool sasl, object heard, ReadOnlySpan<byte> line) => !sasl && !line.IsEmpty && heard
        is not (SmtpCommand.Auth or SmtpCommand.Malformed { Of: Verb.Auth } or SmtpCommand.Unrecognized or SmtpCommand.Malformed { Of: Verb.Unrecognized });

    /// <summary>A mechanism's name, if it is one: it may be a password in the wrong place.</summary>
    public static string Known(string mechanism) => Mechanisms.Contains(mechanism.ToUpperInvariant()) ? mechanism : "***";

    /// <summary>A line as texts show it: of bounded length, without controls.</summary>
    public static string Printable(ReadOnlySpan<byte> line)
    {
        var cut = line.Length > Longest;
        var text = new StringBuilder(Encoding.UTF8.GetString(cut ? line[..Longest] : line));
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || text[i] is '\u2028' or '\u2029')
            {
                text[i] = '?';
            }
        }

        return cut ? text.Append('…').ToString() : text.ToString();
    }
}
