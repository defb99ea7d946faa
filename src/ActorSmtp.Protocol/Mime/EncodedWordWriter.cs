using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Makes RFC 2047 encoded words in UTF-8, cut between characters, each of a length the caller gives (at most 75, §2), in Q
/// or B, whichever is shorter for the whole text.
/// </summary>
internal ref struct EncodedWordWriter
{
    private const string Prefix = "=?utf-8?Q?";
    private const int Overhead = 12;

    /// <summary>Room for the overhead and one character of four bytes.</summary>
    public const int MinLength = Overhead + 12;

    public const int MaxLength = 75;

    private readonly bool _useQ;
    private ReadOnlySpan<char> _rest;

    public EncodedWordWriter(ReadOnlySpan<char> text)
    {
        _rest = text;
        var q = 0;
        var bytes = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            q += QLength(rune);
            bytes += rune.Utf8SequenceLength;
        }
        _useQ = q <= (bytes + 2) / 3 * 4;
    }

    public readonly bool IsDone => _rest.IsEmpty;

    /// <summary>The next word, not longer than <paramref name="maxLength"/>.</summary>
    public string Next(int maxLength)
    {
        var room = Math.Min(maxLength, MaxLength) - Overhead;
        return _useQ ? NextQ(room) : NextB(room);
    }

    private string NextQ(int room)
    {
        var word = new StringBuilder(Prefix);
        Span<byte> bytes = stackalloc byte[4];
        while (!_rest.IsEmpty)
        {
            Rune.DecodeFromUtf16(_rest, out var rune, out var consumed);
            room -= QLength(rune);
            if (room < 0)
            {
                break;
            }
            _rest = _rest[consumed..];
            if (rune.Value == ' ')
            {
                word.Append('_');
            }
            else if (IsPlain(rune))
            {
                word.Append((char)rune.Value);
            }
            else
            {
                foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    word.Append('=').Append(Hex.Digit(b >> 4)).Append(Hex.Digit(b & 15));
                }
            }
        }
        return word.Append("?=").ToString();
    }

    private string NextB(int room)
    {
        var max = room / 4 * 3;
        Span<byte> bytes = stackalloc byte[MaxLength];
        var length = 0;
        while (!_rest.IsEmpty)
        {
            Rune.DecodeFromUtf16(_rest, out var rune, out var consumed);
            if (length + rune.Utf8SequenceLength > max)
            {
                break;
            }
            length += rune.EncodeToUtf8(bytes[length..]);
            _rest = _rest[consumed..];
        }
        return $"=?utf-8?B?{Convert.ToBase64String(bytes[..length])}?=";
    }

    private static int QLength(Rune rune) => rune.Value == ' ' || IsPlain(rune) ? 1 : 3 * rune.Utf8SequenceLength;

    // RFC 2047 §5 (3): what may stand plain in a phrase may stand plain anywhere.
    private static bool IsPlain(Rune rune) =>
        rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || "!*+-/".Contains((char)rune.Value));
}
