using System.Buffers.Text;
using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <summary>
/// Reads one command line (without its CRLF, as <see cref="LineFramer"/> gives it) into an <see cref="SmtpCommand"/>, by the grammar
/// of RFC 5321 §4.1. Never throws, whatever the octets; keeps nothing of the line but the strings of the command it returns. Verbs
/// and keywords are read without case. Blanks at the end of a line and after the colon of MAIL and RCPT are forgiven, since real
/// clients write them; an address without angle brackets is not.
/// </summary>
public static partial class CommandParser
{
    /// <summary>Longest local part in octets, quotes included (RFC 5321 §4.5.3.1.1).</summary>
    public const int MaxLocalPart = 64;

    /// <summary>Longest domain in octets (RFC 5321 §4.5.3.1.2).</summary>
    public const int MaxDomain = 255;

    /// <summary>Longest path in octets, angle brackets and source route included (RFC 5321 §4.5.3.1.3).</summary>
    public const int MaxPath = 256;

    private static readonly SmtpCommand EmptyHelp = new SmtpCommand.Help("");

    /// <summary>Reads <paramref name="line"/>; what cannot be taken comes back as <see cref="SmtpCommand.Malformed"/> or
    /// <see cref="SmtpCommand.Unrecognized"/>.</summary>
    public static SmtpCommand Parse(ReadOnlySpan<byte> line, in ParserOptions options)
    {
        line = line.TrimEnd(" \t"u8);
        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        var rest = space < 0 ? [] : line[(space + 1)..].TrimStart((byte)' ');
        return VerbOf(word) switch
        {
            Verb.Mail => ParseMail(rest, options),
            Verb.Rcpt => ParseRcpt(rest, options),
            Verb.Data => Alone(rest, SmtpCommand.Data.Instance),
            Verb.Bdat => ParseBdat(rest),
            Verb.Rset => Alone(rest, SmtpCommand.Rset.Instance),
            Verb.Noop => SmtpCommand.Noop.Instance,                                 // RFC 5321 §4.1.1.9: a string is ignored
            Verb.Quit => Alone(rest, SmtpCommand.Quit.Instance),
            Verb.Ehlo when options.Lmtp => Malformed(Replies.UseLhlo, Verb.Ehlo),    // RFC 2033 §4.1
            Verb.Helo when options.Lmtp => Malformed(Replies.UseLhlo, Verb.Helo),
            Verb.Lhlo when !options.Lmtp => new SmtpCommand.Unrecognized("LHLO"),
            Verb.Ehlo => Hello(rest) is { } name ? new SmtpCommand.Ehlo(name) : Malformed(Replies.HelloSyntax, Verb.Ehlo),
            Verb.Helo => Hello(rest) is { } name ? new SmtpCommand.Helo(name) : Malformed(Replies.HeloSyntax, Verb.Helo),
            Verb.Lhlo => Hello(rest) is { } name ? new SmtpCommand.Lhlo(name) : Malformed(Replies.LhloSyntax, Verb.Lhlo),
            Verb.Vrfy => rest.IsEmpty ? Malformed(Replies.VrfySyntax, Verb.Vrfy) : new SmtpCommand.Vrfy(Clean(rest)),
            Verb.Expn => new SmtpCommand.Expn(Clean(rest)),
            Verb.Help => rest.IsEmpty ? EmptyHelp : new SmtpCommand.Help(Clean(rest)),
            Verb.StartTls => Alone(rest, SmtpCommand.StartTls.Instance),
            Verb.Auth => ParseAuth(rest),
            Verb.XClient => ParseXClient(rest),
            _ => new SmtpCommand.Unrecognized(Clean(word.Length > 32 ? word[..32] : word)),
        };
    }

    /// <summary>The verb of a whole line or of its first word; for a line that is not parsed (too long, out of place).</summary>
    public static Verb VerbOf(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        return word.Length switch
        {
            4 => (word[0] | 0x20) switch
            {
                'm' => Is(word, "MAIL"u8, Verb.Mail),
                'r' => Is(word, "RCPT"u8, Verb.Rcpt) is Verb.Rcpt ? Verb.Rcpt : Is(word, "RSET"u8, Verb.Rset),
                'd' => Is(word, "DATA"u8, Verb.Data),
                'b' => Is(word, "BDAT"u8, Verb.Bdat),
                'e' => Is(word, "EHLO"u8, Verb.Ehlo) is Verb.Ehlo ? Verb.Ehlo : Is(word, "EXPN"u8, Verb.Expn),
                'h' => Is(word, "HELO"u8, Verb.Helo) is Verb.Helo ? Verb.Helo : Is(word, "HELP"u8, Verb.Help),
                'l' => Is(word, "LHLO"u8, Verb.Lhlo),
                'n' => Is(word, "NOOP"u8, Verb.Noop),
                'q' => Is(word, "QUIT"u8, Verb.Quit),
                'v' => Is(word, "VRFY"u8, Verb.Vrfy),
                'a' => Is(word, "AUTH"u8, Verb.Auth),
                _ => Verb.Unrecognized,
            },
            7 => Is(word, "XCLIENT"u8, Verb.XClient),
            8 => Is(word, "STARTTLS"u8, Verb.StartTls),
            _ => Verb.Unrecognized,
        };
    }

    private static Verb Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name, Verb verb) =>
        Ascii.EqualsIgnoreCase(word, name) ? verb : Verb.Unrecognized;

    private static SmtpCommand Alone(ReadOnlySpan<byte> rest, SmtpCommand command) =>
        rest.IsEmpty ? command : Malformed(Replies.NoArguments, command.Verb);

    private static SmtpCommand.Malformed Malformed(in Reply because, Verb verb) => new(because, verb);

    /// <summary>Any non-empty argument is a name (RFC 5321 §4.1.4); it is kept as printable ASCII.</summary>
    private static HelloName? Hello(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return null;
        }

        var wellFormed = rest.Length <= MaxDomain && TryParseDomain(rest, allowUtf8: false, out var domain) == rest.Length ? domain : null;
        return new HelloName(wellFormed?.Text ?? Clean(rest.Length > MaxDomain ? rest[..MaxDomain] : rest), wellFormed);
    }

    /// <summary>bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] (RFC 3030 §2).</summary>
    private static SmtpCommand ParseBdat(ReadOnlySpan<byte> rest)
    {
        var digits = rest.IndexOf((byte)' ') is >= 0 and var space ? rest[..space] : rest;
        var marker = rest[digits.Length..].TrimStart((byte)' ');
        var last = Ascii.EqualsIgnoreCase(marker, "LAST"u8);
        return digits.Length is > 0 and <= 18
            && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(digits, out long size, out var used) && used == digits.Length
            && (marker.IsEmpty || last)
                ? new SmtpCommand.Bdat(size, last)
                : Malformed(Replies.BdatSyntax, Verb.Bdat);
    }

    /// <summary>"AUTH" SP sasl-mech [SP initial-response] (RFC 4954 §4); a mechanism is 1 to 20 letters, digits, - and _ (RFC 4422 §3.1).</summary>
    private static SmtpCommand ParseAuth(ReadOnlySpan<byte> rest)
    {
        var name = rest.IndexOf((byte)' ') is >= 0 and var space ? rest[..space] : rest;
        var response = rest[name.Length..].TrimStart((byte)' ');
        if (name.Length is 0 or > 20 || response.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return Malformed(Replies.AuthSyntax, Verb.Auth);
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'-' or (byte)'_'))
            {
                return Malformed(Replies.AuthSyntax, Verb.Auth);
            }
        }

        return new SmtpCommand.Auth(
            Encoding.ASCII.GetString(name).ToUpperInvariant(),
            response.IsEmpty ? null : Encoding.ASCII.GetString(response));
    }

    private static string Clean(ReadOnlySpan<byte> text) =>
        Reply.Clean(Encoding.Latin1.GetString(text.Length > Reply.MaxLineText ? text[..Reply.MaxLineText] : text));
}
