using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Reads RFC 2047 encoded words as they really come: inside other text, in quoted strings, with blanks in them, with a
/// language tag (RFC 2231 §5), with one character cut in two by neighbours, with a wrong charset name. What is no encoded
/// word stays as it is. CR, LF and NUL that hide inside become blanks, so that no decoded value has a second line.
/// Never throws; linear time.
/// </summary>
public static class EncodedWords
{
    /// <summary>The text with every encoded word decoded.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains("=?", StringComparison.Ordinal))
        {
            return text;
        }
        var output = new StringBuilder(text.Length);
        var run = new WordRun();
        var position = 0;
        while (position < text.Length)
        {
            var start = text.IndexOf("=?", position, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }
            if (!TryReadWord(text, start, out var word))
            {
                // Text between words which looked like one: it ends the run, blanks and all.
                run.FlushTo(output);
                output.Append(text, position, start + 2 - position);
                position = start + 2;
                continue;
            }
            var gap = text.AsSpan(position, start - position);
            // RFC 2047 §6.2: white space between two encoded words is not shown.
            if (!(run.IsOpen && gap.Trim(" \t").IsEmpty))
            {
                run.FlushTo(output);
                output.Append(gap);
            }
            run.Add(word, output);
            position = word.End;
        }
        run.FlushTo(output);
        output.Append(text, position, text.Length - position);
        return output.Replace('\r', ' ').Replace('\n', ' ').Replace('\0', ' ').ToString();
    }

    // encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
    private static bool TryReadWord(string text, int start, out Word word)
    {
        word = default;
        var rest = text.AsSpan(start + 2);
        var charsetEnd = rest[..Math.Min(rest.Length, 80)].IndexOfAny('?', ' ', '\t');
        if (charsetEnd <= 0 || rest[charsetEnd] != '?' || charsetEnd + 2 >= rest.Length || rest[charsetEnd + 2] != '?')
        {
            return false;
        }
        var encoding = char.ToUpperInvariant(rest[charsetEnd + 1]);
        if (encoding is not ('B' or 'Q'))
        {
            return false;
        }
        var textStart = charsetEnd + 3;
        var body = rest[textStart..];
        var length = 0;
        while (true)
        {
            // Stops at the first "?=", or gives up at the next "=?": so no byte is looked at twice over the whole text.
            var mark = body[length..].IndexOf('?');
            if (mark < 0)
            {
                return false;
            }
            length += mark;
            if (length + 1 < body.Length && body[length + 1] == '=')
            {
                break;
            }
            if (length > 0 && body[length - 1] == '=')
            {
                return false;
            }
            length++;
        }
        var charset = rest[..charsetEnd];
        var star = charset.IndexOf('*');
        word = new Word(
            (star > 0 ? charset[..star] : charset).ToString(), encoding, start + 2 + textStart, length, start + 2 + textStart + length + 2, text);
        return true;
    }

    private readonly record struct Word(string Charset, char Encoding, int TextStart, int TextLength, int End, string Source)
    {
        public ReadOnlySpan<char> Text => Source.AsSpan(TextStart, TextLength);
    }

    /// <summary>Neighbouring words of one charset: their bytes are joined first, since some writers cut characters in two.</summary>
    private struct WordRun
    {
        private string? _charset;
        private MemoryStream? _bytes;

        public readonly bool IsOpen => _charset is not null;

        public void Add(Word word, StringBuilder output)
        {
            if (_charset is not null && !_charset.Equals(word.Charset, StringComparison.OrdinalIgnoreCase))
            {
                FlushTo(output);
            }
            _charset = word.Charset;
            _bytes ??= new MemoryStream();
            var raw = Encoding.UTF8.GetBytes(word.Text.ToString());
            if (word.Encoding == 'B')
            {
                _bytes.Write(ContentDecoder.DecodeAll(TransferEncoding.Base64, raw));
            }
            else
            {
                DecodeQ(raw, _bytes);
            }
        }

        public void FlushTo(StringBuilder output)
        {
            if (_charset is not null && _bytes is not null)
            {
                output.Append(Charsets.Decode(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length), _charset, out _));
                _bytes.SetLength(0);
                _charset = null;
            }
        }

        // RFC 2047 §4.2: "_" is a blank whatever the charset; "=XX" a byte; a "=" without two digits stays.
        private static void DecodeQ(ReadOnlySpan<byte> text, MemoryStream output)
        {
            for (var i = 0; i < text.Length; i++)
            {
                var b = text[i];
                if (b == '_')
                {
                    b = (byte)' ';
                }
                else if (b == '=' && i + 2 < text.Length && Hex.Value(text[i + 1]) >= 0 && Hex.Value(text[i + 2]) >= 0)
                {
                    b = (byte)((Hex.Value(text[i + 1]) << 4) | Hex.Value(text[i + 2]));
                    i += 2;
                }
                output.WriteByte(b);
            }
        }
    }
}
