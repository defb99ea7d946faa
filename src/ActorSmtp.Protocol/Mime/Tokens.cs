using System.Buffers;

namespace ActorSmtp.Protocol.Mime;

/// <summary>The character classes of RFC 2045 and RFC 5322.</summary>
internal static class Tokens
{
    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private static readonly SearchValues<char> AtextChars = SearchValues.Create(
        "!#$%&'*+-/0123456789=?ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>token (RFC 2045 §5.1): printable ASCII but blanks and tspecials.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(TokenChars) < 0;

    /// <summary>atext (RFC 5322 §3.2.3), with RFC 6532's characters above ASCII.</summary>
    public static bool IsAtext(char c) => c > 127 || AtextChars.Contains(c);

    /// <summary>1*atext in ASCII alone.</summary>
    public static bool IsAsciiAtom(ReadOnlySpan<char> text) => !text.IsEmpty && text.IndexOfAnyExcept(AtextChars) < 0;

    /// <summary>dot-atom-text, UTF-8 allowed.</summary>
    public static bool IsDotAtom(ReadOnlySpan<char> text)
    {
        var previousDot = true;
        foreach (var c in text)
        {
            if (c == '.')
            {
                if (previousDot)
                {
                    return false;
                }
                previousDot = true;
            }
            else if (IsAtext(c))
            {
                previousDot = false;
            }
            else
            {
                return false;
            }
        }
        return !previousDot;
    }

    public static bool IsAscii(ReadOnlySpan<char> text) => System.Text.Ascii.IsValid(text);

    /// <summary>The first control character (CR, LF, NUL, DEL…; C1 too), or -1. A tab is none.</summary>
    public static int IndexOfControl(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\t' && char.IsControl(text[i]))
            {
                return i;
            }
        }
        return -1;
    }
}
