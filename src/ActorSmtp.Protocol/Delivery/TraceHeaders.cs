using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// The fields a server puts before a message (RFC 5321 §4.4): Received when it takes it, Return-Path when it delivers it at last. Whatever
/// the client said, they are folded lines of printable text that end in CRLF: in comments parentheses and backslashes are
/// escaped, and anything else odd becomes a question mark.
/// </summary>
/// <remarks>A field is put together on the stack, since every message has its own; only one that is longer takes memory for a while.</remarks>
public static class TraceHeaders
{
    private const int UsualLength = 512;
    private const int LongestWord = 255;

    private static readonly SearchValues<char> WordCharacters = Printable('!', without: "()<>;,\"\\@");
    private static readonly SearchValues<char> CommentCharacters = Printable(' ', without: "()\\");

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
        var field = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[UsualLength]);
        field.AppendLiteral("Received:");
        if (!envelope.Protocol.HasFlag(TransferProtocol.Local))
        {
            field.AppendLiteral(" from ");
            field.AppendLiteral(Word(envelope.HelloName));
            field.AppendLiteral(" (");
            field.AppendLiteral(Comment(envelope.ClientName ?? "unknown"));
            if (envelope.ClientAddress is { } address)
            {
                AppendLiteralOf(address, ref field);
            }

            field.AppendLiteral(")\r\n\t");
        }
        else
        {
            field.AppendLiteral(" ");
        }

        if (envelope.Tls is { Length: > 0 } tls)
        {
            field.AppendLiteral("(using ");
            field.AppendLiteral(Comment(tls));
            field.AppendLiteral(")\r\n\t");
        }

        field.AppendLiteral("by ");
        field.AppendLiteral(Word(hostname));
        field.AppendLiteral(" (ActorSmtp) with ");
        field.AppendLiteral(envelope.Protocol.Word());
        field.AppendLiteral("\r\n\tid ");
        field.AppendFormatted(envelope.Id);
        if (addressee is not null && (envelope.SmtpUtf8 || !addressee.IsInternational))
        {
            field.AppendLiteral("\r\n\tfor <");
            Append(addressee, ref field);
            field.AppendLiteral(">");
        }

        if (CipherOf(envelope.Tls) is { } cipher)
        {
            field.AppendLiteral("\r\n\ttls ");                            // RFC 8314 §4.3: the registered name
            field.AppendLiteral(cipher);
        }

        field.AppendLiteral(";\r\n\t");
        field.AppendFormatted(envelope.ReceivedAt.UtcDateTime, "ddd, dd MMM yyyy HH:mm:ss");
        field.AppendLiteral(" +0000\r\n");
        Write(ref field, output);
    }

    /// <summary>Writes the Return-Path field (RFC 5321 §4.4), which only final delivery adds.</summary>
    public static void WriteReturnPath(ReversePath from, IBufferWriter<byte> output)
    {
        var field = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[UsualLength]);
        field.AppendLiteral("Return-Path: <");
        if (from.Mailbox is { } sender)
        {
            Append(sender, ref field);
        }

        field.AppendLiteral(">\r\n");
        Write(ref field, output);
    }

    /// <summary>
    /// Writes a Delivered-To field: mail for this address was passed on from here, and if it comes back it goes in a circle. Not of an address that may
    /// not stand in the message's header.
    /// </summary>
    public static void WriteDeliveredTo(Mailbox address, bool smtpUtf8, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (smtpUtf8 || !address.IsInternational)
        {
            Encoding.UTF8.GetBytes($"Delivered-To: {address}\r\n", output);
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

    private static void Append(Mailbox address, ref DefaultInterpolatedStringHandler field)
    {
        field.AppendLiteral(Mailbox.Quote(address.LocalPart));
        field.AppendLiteral("@");
        field.AppendLiteral(address.Domain.Text);
    }

    private static void Write(ref DefaultInterpolatedStringHandler field, IBufferWriter<byte> output)
    {
        Encoding.UTF8.GetBytes(field.Text, output);
        field.Clear();
    }

    /// <summary>The address as a literal of RFC 5321 §4.1.3: an IPv4 address seen through an IPv6 socket is itself again, a zone means nothing elsewhere.</summary>
    private static void AppendLiteralOf(IPAddress address, ref DefaultInterpolatedStringHandler field)
    {
        address = address.Unmapped();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            field.AppendLiteral(" [IPv6:");
            address = address.ScopeId == 0 ? address : new IPAddress(address.GetAddressBytes());
        }
        else
        {
            field.AppendLiteral(" [");
        }

        field.AppendFormatted(address);
        field.AppendLiteral("]");
    }

    /// <summary>A word where the grammar has a domain: no blanks, nothing that opens a comment, a route or a new field.</summary>
    private static string Word(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "unknown";
        }

        if (text.Length <= LongestWord && !text.AsSpan().ContainsAnyExcept(WordCharacters))
        {
            return text;
        }

        var word = new StringBuilder(text.Length);
        foreach (var c in text.Length > LongestWord ? text[..LongestWord] : text)
        {
            word.Append(WordCharacters.Contains(c) ? c : '?');
        }

        return word.ToString();
    }

    private static string Comment(string text)
    {
        if (text.Length <= LongestWord && !text.AsSpan().ContainsAnyExcept(CommentCharacters))
        {
            return text;
        }

        var comment = new StringBuilder(text.Length);
        foreach (var c in text.Length > LongestWord ? text[..LongestWord] : text)
        {
            comment.Append(c is '(' or ')' or '\\' ? "\\" : "").Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return comment.ToString();
    }

    private static SearchValues<char> Printable(char from, string without) =>
        SearchValues.Create([.. Enumerable.Range(from, '~' - from + 1).Select(c => (char)c).Where(c => !without.Contains(c))]);
}
