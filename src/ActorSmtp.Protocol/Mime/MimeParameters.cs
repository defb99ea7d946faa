using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// The parameters after a Content-Type or Content-Disposition value, read leniently: quoted strings, comments, values with
/// blanks that should have been quoted, missing or doubled semicolons, RFC 2231 charsets and continuations in any order,
/// and RFC 2047 words in quoted values (forbidden and everywhere). Names are lower case; of equal names the first counts;
/// <c>name*</c> wins over <c>name</c>. Never throws; linear time.
/// </summary>
public static class MimeParameters
{
    private const int MaxParameters = 256;

    /// <summary>Reads the parameters in the text that follows the first semicolon.</summary>
    /// <param name="damaged">True when the syntax had to be guessed.</param>
    public static IReadOnlyDictionary<string, string> Parse(string text, out bool damaged)
    {
        var scanner = new Scanner(text);
        var plain = new Dictionary<string, string>(StringComparer.Ordinal);
        var sections = new Dictionary<string, SortedDictionary<int, Section>>(StringComparer.Ordinal);
        for (var n = 0; n < MaxParameters && scanner.Next(out var name, out var value); n++)
        {
            if (!TrySplitName(name, out var baseName, out var index, out var extended))
            {
                if (!plain.TryAdd(name, EncodedWords.Decode(value)))
                {
                    scanner.Damaged = true;
                }
                continue;
            }
            if (!sections.TryGetValue(baseName, out var list))
            {
                sections[baseName] = list = [];
            }
            list.TryAdd(index, new Section(value, extended));
        }
        foreach (var (name, list) in sections)
        {
            plain[name] = Join(list);
        }
        damaged = scanner.Damaged;
        return plain;
    }

    // RFC 2231 §7: attribute ["*" section] ["*"]; "name*" alone counts as section 0.
    private static bool TrySplitName(string name, out string baseName, out int index, out bool extended)
    {
        index = 0;
        extended = name.EndsWith('*');
        var core = extended ? name.AsSpan(0, name.Length - 1) : name;
        var star = core.IndexOf('*');
        baseName = (star > 0 ? core[..star] : core).ToString();
        if (star <= 0)
        {
            return extended && baseName.Length > 0;
        }
        var digits = core[(star + 1)..];
        return digits.Length is > 0 and <= 4 && int.TryParse(digits, System.Globalization.NumberStyles.None, null, out index);
    }

    // Extended sections are percent-encoded in the charset which the first names: charset'language'text (RFC 2231 §4).
    private static string Join(SortedDictionary<int, Section> list)
    {
        string? charset = null;
        var bytes = new MemoryStream();
        var first = true;
        var anyExtended = false;
        foreach (var section in list.Values)
        {
            var value = section.Value;
            if (section.Extended)
            {
                anyExtended = true;
                if (first)
                {
                    var quote = value.IndexOf('\'');
                    var second = quote < 0 ? -1 : value.IndexOf('\'', quote + 1);
                    if (second > 0)
                    {
                        charset = value[..quote];
                        value = value[(second + 1)..];
                    }
                }
                WritePercentDecoded(value, bytes);
            }
            else
            {
                bytes.Write(Encoding.UTF8.GetBytes(value));
            }
            first = false;
        }
        var joined = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        return OneLine(anyExtended ? Charsets.Decode(joined, charset, out _) : EncodedWords.Decode(Encoding.UTF8.GetString(joined)));
    }

    private static void WritePercentDecoded(string value, MemoryStream output)
    {
        var raw = Encoding.UTF8.GetBytes(value);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '%' && i + 2 < raw.Length && Hex.Value(raw[i + 1]) >= 0 && Hex.Value(raw[i + 2]) >= 0)
            {
                output.WriteByte((byte)((Hex.Value(raw[i + 1]) << 4) | Hex.Value(raw[i + 2])));
                i += 2;
            }
            else
            {
                output.WriteByte(raw[i]);
            }
        }
    }

    private static string OneLine(string text) => text.Replace('\r', ' ').Replace('\n', ' ').Replace('\0', ' ');

    private readonly record struct Section(string Value, bool Extended);

    private struct Scanner(string text)
    {
        private int _position = 0;
        private int _semicolon = -1;

        public bool Damaged { get; set; }

        public bool Next(out string name, out string value)
        {
            name = value = "";
            while (true)
            {
                SkipBlanksAndComments();
                if (_position >= text.Length)
                {
                    return false;
                }
                if (text[_position] == ';')
                {
                    _position++;
                    continue;
                }
                var end = _position;
                while (end < text.Length && text[end] is not ('=' or ';' or '"'))
                {
                    end++;
                }
                if (end >= text.Length || text[end] != '=')
                {
                    // A word without a value: step over it.
                    Damaged = true;
                    _position = end < text.Length && text[end] == '"' ? SkipQuoted(end) : end;
                    continue;
                }
                name = LastWord(text.AsSpan(_position, end - _position)).ToString().ToLowerInvariant();
                _position = end + 1;
                value = Value();
                if (name.Length > 0)
                {
                    return true;
                }
                Damaged = true;
            }
        }

        private string Value()
        {
            SkipBlanksAndComments();
            if (_position < text.Length && text[_position] == '"')
            {
                var end = SkipQuoted(_position);
                var quoted = Unquote(text.AsSpan(_position, end - _position));
                _position = end;
                return quoted;
            }
            var stop = NextSemicolon();
            var raw = text.AsSpan(_position, stop - _position);
            // "charset=utf-8 (a comment)", and "a=b c=d" where the semicolon was forgotten.
            var nextEquals = raw.IndexOf('=');
            var comment = (nextEquals < 0 ? raw : raw[..nextEquals]).IndexOf(" (");
            if (comment > 0 && comment + 2 < raw.Length && raw[^1] == ')')
            {
                raw = raw[..comment];
            }
            else if (nextEquals > 0 && raw[..nextEquals].TrimEnd(" \t").LastIndexOfAny(" \t") is > 0 and var blank
                && IsName(raw[(blank + 1)..nextEquals].Trim(" \t")))
            {
                Damaged = true;
                raw = raw[..blank];
                stop = _position + blank;
            }
            _position = stop;
            var value = raw.Trim(" \t");
            Damaged |= value.IndexOfAny(" \t") >= 0;
            return value.Trim('\'').ToString();
        }

        // Remembered, so that many values without a semicolon between them cost one search.
        private int NextSemicolon()
        {
            if (_semicolon < _position)
            {
                var found = text.IndexOf(';', _position);
                _semicolon = found < 0 ? text.Length : found;
            }
            return _semicolon;
        }

        private static bool IsName(ReadOnlySpan<char> word) =>
            word.Length > 0 && char.IsAsciiLetter(word[0]) && word.IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-*") < 0;

        private static ReadOnlySpan<char> LastWord(ReadOnlySpan<char> words)
        {
            words = words.Trim(" \t");
            var blank = words.LastIndexOfAny(" \t)");
            return blank < 0 ? words : words[(blank + 1)..];
        }

        private void SkipBlanksAndComments()
        {
            var depth = 0;
            for (; _position < text.Length; _position++)
            {
                var c = text[_position];
                if (c == '(')
                {
                    depth++;
                }
                else if (c == ')' && depth > 0)
                {
                    depth--;
                }
                else if (depth == 0 && c is not (' ' or '\t'))
                {
                    return;
                }
            }
        }

        // Past the closing quote, or to the end when there is none.
        private int SkipQuoted(int open)
        {
            for (var i = open + 1; i < text.Length; i++)
            {
                if (text[i] == '\\')
                {
                    i++;
                }
                else if (text[i] == '"')
                {
                    return i + 1;
                }
            }
            Damaged = true;
            return text.Length;
        }

        private static string Unquote(ReadOnlySpan<char> quoted)
        {
            quoted = quoted.Length > 1 && quoted[^1] == '"' ? quoted[1..^1] : quoted[1..];
            if (quoted.IndexOf('\\') < 0)
            {
                return quoted.ToString();
            }
            var plain = new StringBuilder(quoted.Length);
            for (var i = 0; i < quoted.Length; i++)
            {
                if (quoted[i] == '\\' && i + 1 < quoted.Length)
                {
                    i++;
                }
                plain.Append(quoted[i]);
            }
            return plain.ToString();
        }
    }
}
