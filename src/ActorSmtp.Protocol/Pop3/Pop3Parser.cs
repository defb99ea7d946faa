using System.Text;
using System.Text.Unicode;
using ActorSmtp.Protocol.Sasl;

namespace ActorSmtp.Protocol.Pop3;

/// <summary>
/// Reads one command line (without its CRLF) into a <see cref="Pop3Command"/>, by the grammar of RFC 2449 §3. Never throws, whatever the octets.
/// Keywords are read without case; blanks at the end are forgiven, but for PASS, to which they belong.
/// </summary>
public static class Pop3Parser
{
    /// <summary>A command in octets, CRLF included (RFC 2449 §4).</summary>
    public const int MaxLine = 255;

    /// <summary>Reads <paramref name="line"/>.</summary>
    public static Pop3Command Parse(ReadOnlySpan<byte> line)
    {
        var verb = VerbOf(line);
        var rest = line.Length > 4 ? line[(line.IndexOf((byte)' ') is var space and >= 0 ? space + 1 : line.Length)..] : [];
        if (verb == Pop3Verb.Pass)
        {
            return TryText(rest, SaslServer.MaxPassword, out var password) ? new Pop3Command.Pass(password) : Malformed(Pop3Replies.PassSyntax, verb);
        }

        rest = rest.TrimEnd((byte)' ');
        return verb switch
        {
            Pop3Verb.User => TryText(rest, SaslServer.MaxName, out var name) ? new Pop3Command.User(name) : Malformed(Pop3Replies.UserSyntax, verb),
            Pop3Verb.Auth => ParseAuth(rest),
            Pop3Verb.Capa => Alone(rest, Pop3Command.Plain.Capa),
            Pop3Verb.Stls => Alone(rest, Pop3Command.Plain.Stls),
            Pop3Verb.Stat => Alone(rest, Pop3Command.Plain.Stat),
            Pop3Verb.Rset => Alone(rest, Pop3Command.Plain.Rset),
            Pop3Verb.Noop => Alone(rest, Pop3Command.Plain.Noop),
            Pop3Verb.Quit => Alone(rest, Pop3Command.Plain.Quit),
            Pop3Verb.List => rest.IsEmpty ? new Pop3Command.List(null) : TryNumber(rest, out var n) ? new Pop3Command.List(n) : Malformed(Pop3Replies.ListSyntax, verb),
            Pop3Verb.Uidl => rest.IsEmpty ? new Pop3Command.Uidl(null) : TryNumber(rest, out var n) ? new Pop3Command.Uidl(n) : Malformed(Pop3Replies.UidlSyntax, verb),
            Pop3Verb.Retr => TryNumber(rest, out var n) ? new Pop3Command.Retr(n) : Malformed(Pop3Replies.RetrSyntax, verb),
            Pop3Verb.Dele => TryNumber(rest, out var n) ? new Pop3Command.Dele(n) : Malformed(Pop3Replies.DeleSyntax, verb),
            Pop3Verb.Top => ParseTop(rest),
            _ => Pop3Command.Unrecognized.Instance,
        };
    }

    /// <summary>The keyword of a line, also of one that is not parsed (too long, out of place).</summary>
    public static Pop3Verb VerbOf(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        if (word.Length is not (3 or 4))
        {
            return Pop3Verb.Unrecognized;
        }

        Span<byte> upper = stackalloc byte[4];
        Ascii.ToUpper(word, upper, out _);
        return word.Length == 3
            ? upper[..3].SequenceEqual("TOP"u8) ? Pop3Verb.Top : Pop3Verb.Unrecognized
            : Known(upper);
    }

    private static Pop3Verb Known(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("RETR"u8) ? Pop3Verb.Retr
        : word.SequenceEqual("DELE"u8) ? Pop3Verb.Dele
        : word.SequenceEqual("UIDL"u8) ? Pop3Verb.Uidl
        : word.SequenceEqual("LIST"u8) ? Pop3Verb.List
        : word.SequenceEqual("STAT"u8) ? Pop3Verb.Stat
        : word.SequenceEqual("USER"u8) ? Pop3Verb.User
        : word.SequenceEqual("PASS"u8) ? Pop3Verb.Pass
        : word.SequenceEqual("QUIT"u8) ? Pop3Verb.Quit
        : word.SequenceEqual("CAPA"u8) ? Pop3Verb.Capa
        : word.SequenceEqual("AUTH"u8) ? Pop3Verb.Auth
        : word.SequenceEqual("STLS"u8) ? Pop3Verb.Stls
        : word.SequenceEqual("NOOP"u8) ? Pop3Verb.Noop
        : word.SequenceEqual("RSET"u8) ? Pop3Verb.Rset
        : Pop3Verb.Unrecognized;

    private static Pop3Command ParseAuth(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
        {
            return new Pop3Command.Auth(null, null);
        }

        var space = rest.IndexOf((byte)' ');
        var mechanism = space < 0 ? rest : rest[..space];
        var initial = space < 0 ? [] : rest[(space + 1)..];
        return !Ascii.IsValid(rest) || mechanism.IsEmpty || initial.Contains((byte)' ')
            ? Malformed(Pop3Replies.AuthSyntax, Pop3Verb.Auth)
            : new Pop3Command.Auth(Encoding.ASCII.GetString(mechanism), space < 0 ? null : Encoding.ASCII.GetString(initial));
    }

    private static Pop3Command ParseTop(ReadOnlySpan<byte> rest)
    {
        var space = rest.IndexOf((byte)' ');
        return space > 0 && TryNumber(rest[..space], out var message) && TryNumber(rest[(space + 1)..], out var lines)
            ? new Pop3Command.Top(message, lines)
            : Malformed(Pop3Replies.TopSyntax, Pop3Verb.Top);
    }

    private static Pop3Command Alone(ReadOnlySpan<byte> rest, Pop3Command.Plain command) => rest.IsEmpty ? command : Malformed(Pop3Replies.NoArguments, command.Verb);

    private static Pop3Command.Malformed Malformed(in Pop3Reply because, Pop3Verb of) => new(because, of);

    /// <summary>Digits and nothing else; what is more than fits is as much as fits, of which there is none either.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            number = number > (int.MaxValue - 9) / 10 ? int.MaxValue : (number * 10) + (digit - '0');
        }

        return !text.IsEmpty;
    }

    private static bool TryText(ReadOnlySpan<byte> octets, int max, out string text)
    {
        var isText = !octets.IsEmpty && octets.Length <= max && Utf8.IsValid(octets);
        text = isText ? Encoding.UTF8.GetString(octets) : "";
        return isText;
    }
}
