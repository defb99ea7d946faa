using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Writes a MIME parameter: a token, a quoted string, or RFC 2231 sections in UTF-8. A plain value and sections of one name
/// are never mixed (readers count that as a repeated parameter); <see cref="Fallback"/> is for another place.
/// </summary>
internal static class ParameterWriter
{
    private const int MaxLine = 70;
    private const int MaxQuoted = 200;

    public static void Write(string name, string value, List<string> tokens)
    {
        if (IsPlain(value))
        {
            tokens.Add(Plain(name, value));
            return;
        }
        var sections = Sections(name, value);
        if (sections.Count == 1)
        {
            tokens.Add($"{name}*=UTF-8''{sections[0]}");
            return;
        }
        for (var i = 0; i < sections.Count; i++)
        {
            tokens.Add($"{name}*{i}*={(i == 0 ? "UTF-8''" : "")}{sections[i]}");
        }
    }

    /// <summary>Whether the value needs no RFC 2231.</summary>
    public static bool IsPlain(string value) =>
        Tokens.IsAscii(value) && value.Length <= MaxQuoted && !value.Contains("=?", StringComparison.Ordinal) && !value.Contains('\t');

    // Tokens may hold "'", "%" and "*" too, but readers that know RFC 2231 stumble over them.
    private static string Plain(string name, string value) =>
        $"{name}={(value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? value : MailboxAddress.Quote(value))}";

    // Percent-encoded and cut between characters so that every line stays short.
    private static List<string> Sections(string name, string value)
    {
        var room = MaxLine - name.Length - "*00*=UTF-8''".Length;
        var sections = new List<string>();
        var section = new StringBuilder();
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            var plain = rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || "-._~".Contains((char)rune.Value));
            var length = plain ? 1 : 3 * rune.Utf8SequenceLength;
            if (section.Length + length > room)
            {
                sections.Add(section.ToString());
                section.Clear();
            }
            if (plain)
            {
                section.Append((char)rune.Value);
                continue;
            }
            foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
            {
                section.Append('%').Append(Hex.Digit(b >> 4)).Append(Hex.Digit(b & 15));
            }
        }
        sections.Add(section.ToString());
        return sections;
    }

    /// <summary>A short ASCII form of a file name for readers that do not know RFC 2231, its ending kept.</summary>
    public static string Fallback(string value)
    {
        var plain = new StringBuilder();
        foreach (var rune in value.EnumerateRunes())
        {
            plain.Append(rune.IsAscii && rune.Value is not ('\t' or '"' or '\\' or '?') ? (char)rune.Value : '_');
        }
        if (plain.Length <= 60)
        {
            return plain.ToString();
        }
        var text = plain.ToString();
        var dot = text.LastIndexOf('.');
        var ending = dot > 0 && text.Length - dot <= 12 ? text[dot..] : "";
        return text[..(60 - ending.Length)] + ending;
    }
}
