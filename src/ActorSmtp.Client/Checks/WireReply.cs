using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Client.Checks;

/// <summary>What is wrong with the form of a reply (RFC 5321 §4.2), whatever it says.</summary>
[Flags]
internal enum ReplyFlaws
{
    None = 0,

    /// <summary>A line ends in a bare LF, or holds a bare CR.</summary>
    LineEnd = 1,

    /// <summary>A line has more than 512 octets.</summary>
    TooLong = 2,

    /// <summary>The code is not three digits from 200 to 559, as the grammar has it.</summary>
    Code = 4,

    /// <summary>The lines of one reply carry different codes.</summary>
    CodeChanges = 8,

    /// <summary>The text holds what is neither printable ASCII nor a tab.</summary>
    Text = 16,

    /// <summary>A 2xx, 4xx or 5xx reply without an enhanced code at all.</summary>
    NoEnhanced = 32,

    /// <summary>The enhanced code's class is not the code's.</summary>
    EnhancedClass = 64,

    /// <summary>The lines of one reply do not all carry the same enhanced code.</summary>
    EnhancedChanges = 128,
}

/// <summary>A reply just as it came, and what is wrong with its form. Reads on where it can, so that one flaw does not hide what comes behind it.</summary>
/// <param name="Code">The code of the last line.</param>
/// <param name="Texts">The lines without codes and line ends.</param>
/// <param name="Flaws">What is wrong with them.</param>
internal sealed record WireReply(int Code, ImmutableArray<string> Texts, ReplyFlaws Flaws)
{
    private const int LongestLine = 512;            // RFC 5321 §4.5.3.1.5

    public int Class => Code / 100;

    /// <summary>Reads the lines of one reply, line ends included.</summary>
    /// <exception cref="ClauseBrokenException">A line is no reply at all.</exception>
    public static WireReply Read(IReadOnlyList<byte[]> lines)
    {
        var flaws = ReplyFlaws.None;
        var texts = ImmutableArray.CreateBuilder<string>(lines.Count);
        var code = 0;
        string? enhanced = null;
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].AsSpan();
            flaws |= line.Length > LongestLine ? ReplyFlaws.TooLong : 0;
            flaws |= line.EndsWith("\r\n"u8) && line[..^2].IndexOf((byte)'\r') < 0 ? 0 : ReplyFlaws.LineEnd;
            line = line.TrimEnd("\r\n"u8);
            if (!TryReadCode(line, out var digits))
            {
                throw new ClauseBrokenException($"the server sent a line that is no reply: '{Shown(line)}'");
            }

            flaws |= digits / 100 is < 2 or > 5 || digits / 10 % 10 > 5 ? ReplyFlaws.Code : 0;
            flaws |= i > 0 && digits != code ? ReplyFlaws.CodeChanges : 0;
            code = digits;
            var text = line.Length > 4 ? line[4..] : default;
            flaws |= text.ContainsAnyExceptInRange((byte)' ', (byte)'~') && ContainsOther(text) ? ReplyFlaws.Text : 0;
            var shown = Shown(text);
            flaws |= EnhancedFlaws(shown, digits, i, ref enhanced);
            texts.Add(shown);
        }

        return new WireReply(code, texts.ToImmutable(), flaws);
    }

    /// <summary>Whether this line is the last of its reply.</summary>
    public static bool IsLast(ReadOnlySpan<byte> line) => line.Length < 4 || line[3] != '-';

    /// <summary>A line made fit for terminals and logs.</summary>
    public static string Shown(ReadOnlySpan<byte> octets)
    {
        var text = new StringBuilder(octets.Length);
        foreach (var rune in Encoding.UTF8.GetString(octets))
        {
            _ = rune is >= ' ' and < '\x7f' or > '\x9f' ? text.Append(rune) : rune switch
            {
                '\r' => text.Append("\\r"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append(' '),
                _ => text.Append('?'),
            };
        }

        return text.ToString();
    }

    public override string ToString() => $"{Code} {string.Join(" / ", Texts)}".TrimEnd();

    private static ReplyFlaws EnhancedFlaws(string text, int code, int line, ref string? first)
    {
        if (code / 100 == 3)
        {
            return ReplyFlaws.None;                 // RFC 2034 §4: 3xx replies carry none
        }

        if (!EnhancedCode.TryParse(text, out var enhanced, out _))
        {
            return line == 0 || first is null ? ReplyFlaws.NoEnhanced : ReplyFlaws.EnhancedChanges;
        }

        var changes = line > 0 && first != enhanced.ToString() ? ReplyFlaws.EnhancedChanges : 0;
        first = enhanced.ToString();
        return changes | (enhanced.Class == code / 100 ? 0 : ReplyFlaws.EnhancedClass);
    }

    private static bool TryReadCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        return line.Length >= 3 && !line[..3].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && (line.Length == 3 || line[3] is (byte)' ' or (byte)'-')
            && int.TryParse(line[..3], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out code);
    }

    private static bool ContainsOther(ReadOnlySpan<byte> text)
    {
        foreach (var octet in text)
        {
            if (octet is not ((>= (byte)' ' and <= (byte)'~') or (byte)'\t'))
            {
                return true;
            }
        }

        return false;
    }
}
