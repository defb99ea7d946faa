using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// The fields a server puts before a message (RFC 5321 §4.4): Received when it takes it, Return-Path when it delivers it at last. Whatever
/// the client said, they are folded lines of printable text that end in CRLF: in comments parentheses and backslashes are
/// escaped, and anything else odd becomes a question mark.
/// </summary>
public static class TraceHeaders
{
    /// <summary>
    /// Writes the Received field: from, by, with, id, "for" when there is one recipient only (so that nobody's blind copy is shown), "tls" with
    /// the cipher suite, and the time the message was received in UTC.
    /// </summary>
    /// <param name="hostname">Our name.</param>
    public static void WriteReceived(Envelope envelope, string hostname, IBufferWriter<byte> output) =>
        WriteReceived(envelope, envelope.Recipients.Length == 1 ? envelope.Recipients[0].Address : null, hostname, output);

    /// <inheritdoc cref="WriteReceived(Envelope, string, IBufferWriter{byte})"/>
    /// <param name="addressee">Whom the sender named, where it named one only; an alias, not where it leads.</param>
    public static void WriteReceived(Envelope envelope, Mailbox? addressee, string hostname, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var field = new StringBuilder(320).Append("Received:");
        if (!envelope.Protocol.HasFlag(TransferProtocol.Local))
        {
            field.Append(" from ").Append(Word(envelope.HelloName)).Append(" (").Append(Comment(envelope.ClientName ?? "unknown"));
            if (envelope.ClientAddress is { } address)
            {
                field.Append(' ').Append(Literal(address));
            }

            field.Append(")\r\n\t");
        }
        else
        {
            field.Append(' ');
        }

        if (envelope.Tls is { Length: > 0 } tls)
        {
            field.Append("(using ").Append(Comment(tls)).Append(")\r\n\t");
        }

        field.Append("by ").Append(Word(hostname)).Append(" (ActorSmtp) with ").Append(envelope.Protocol.Word())
            .Append("\r\n\tid ").Append(envelope.Id.ToString());
        if (addressee is not null && (envelope.SmtpUtf8 || !addressee.IsInternational))
        {
            field.Append("\r\n\tfor <").Append(addressee).Append('>');
        }

        if (CipherOf(envelope.Tls) is { } cipher)
        {
            field.Append("\r\n\ttls ").Append(cipher);                     // RFC 8314 §4.3: the registered name
        }

        field.Append(CultureInfo.InvariantCulture, $";\r\n\t{envelope.ReceivedAt.UtcDateTime:ddd, dd MMM yyyy HH:mm:ss} +0000\r\n");
        Write(field, output);
    }

    /// <summary>Writes the Return-Path field (RFC 5321 §4.4), which only final delivery adds.</summary>
    public static void WriteReturnPath(ReversePath from, IBufferWriter<byte> output) =>
        Write(new StringBuilder("Return-Path: ").Append(from.ToString()).Append("\r\n"), output);

    /// <summary>
    /// Writes a Delivered-To field: mail for this address was passed on from here, and if it comes back it goes in a circle. Not of an address that may
    /// not stand in the message's header.
    /// </summary>
    public static void WriteDeliveredTo(Mailbox address, bool smtpUtf8, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (smtpUtf8 || !address.IsInternational)
        {
            Write(new StringBuilder("Delivered-To: ").Append(address).Append("\r\n"), output);
        }
    }

    /// <summary>Writes what was found out about the message (<see cref="Envelope.Fields"/>); it belongs above the Received field that the content begins with.</summary>
    public static void WriteFields(Envelope envelope, IBufferWriter<byte> output)
    {
        if (envelope.Fields is { } fields)
        {
            Encoding.UTF8.GetBytes(fields, output);
        }
    }

    /// <summary>The cipher suite's registered name, where the words about TLS end with one.</summary>
    private static string? CipherOf(string? tls)
    {
        var name = tls?[(tls.LastIndexOf(' ') + 1)..];
        return name is { Length: > 4 and <= 64 } && name.StartsWith("TLS_", StringComparison.Ordinal)
            && name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_')
            ? name
            : null;
    }

    private static void Write(StringBuilder field, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(field.ToString(), output);

    /// <summary>The address as a literal of RFC 5321 §4.1.3: an IPv4 address seen through an IPv6 socket is itself again, a zone means nothing elsewhere.</summary>
    private static string Literal(IPAddress address)
    {
        address = address.Unmapped();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{new IPAddress(address.GetAddressBytes())}]" : $"[{address}]";
    }

    /// <summary>A word where the grammar has a domain: no blanks, nothing that opens a comment, a route or a new field.</summary>
    private static string Word(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "unknown";
        }

        var word = new StringBuilder(text.Length);
        foreach (var c in text.Length > 255 ? text[..255] : text)
        {
            word.Append(c is > ' ' and <= '~' and not ('(' or ')' or '<' or '>' or ';' or ',' or '"' or '\\' or '@') ? c : '?');
        }

        return word.ToString();
    }

    private static string Comment(string text)
    {
        var comment = new StringBuilder(text.Length);
        foreach (var c in text.Length > 255 ? text[..255] : text)
        {
            comment.Append(c is '(' or ')' or '\\' ? "\\" : "").Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return comment.ToString();
    }
}
