using System.Globalization;
using System.Text;

namespace ActorSmtp.Cli.Terminals;

/// <summary>
/// Text from elsewhere made fit for a terminal: nothing in it can move the cursor, change colours, begin a line of its own, or turn the
/// direction of writing.
/// </summary>
internal static class Printable
{
    /// <summary>One line: every control character is shown as an escape.</summary>
    public static string Line(string text) => IsClean(text, keepsLines: false) ? text : Escaped(text, keepsLines: false);

    /// <summary>Several lines: line feeds and tabs stay, CR before LF goes, everything else as <see cref="Line"/>.</summary>
    public static string Lines(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        return IsClean(lines, keepsLines: true) ? lines : Escaped(lines, keepsLines: true);
    }

    private static bool IsClean(string text, bool keepsLines)
    {
        foreach (var c in text)
        {
            if (IsUnsafe(c) && !(keepsLines && c is '\n' or '\t'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Escaped(string text, bool keepsLines)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (!IsUnsafe(c) || (keepsLines && c is '\n' or '\t'))
            {
                safe.Append(c);
                continue;
            }

            _ = c switch
            {
                '\n' => safe.Append("\\n"),
                '\r' => safe.Append("\\r"),
                '\t' => safe.Append("\\t"),
                < (char)256 => safe.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => safe.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
            };
        }

        return safe.ToString();
    }

    // Controls, line and paragraph separators, and the marks that turn or isolate the direction of text.
    private static bool IsUnsafe(char c) => c is < ' ' or (>= '\x7f' and <= '\x9f') or '\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c'
        or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff';
}
