using System.Text;

namespace ActorSmtp.Cli.Manuals;

/// <summary>Writes mdoc(7), the language of manual pages: macros at the beginning of a line, and text that can be taken for none.</summary>
internal sealed class Mdoc
{
    private readonly StringBuilder _page = new();

    /// <summary>A macro with its arguments as they are.</summary>
    public Mdoc Macro(string line)
    {
        _page.Append('.').Append(line).Append('\n');
        return this;
    }

    /// <summary>A macro whose argument is text: it may hold anything.</summary>
    public Mdoc Macro(string name, string text) => Macro($"{name} {Argument(text)}");

    /// <summary>Text, a sentence a line.</summary>
    public Mdoc Text(string text)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var sentence in line.Replace(". ", ".\n", StringComparison.Ordinal).Split('\n'))
            {
                _page.Append(Escaped(sentence.Trim())).Append('\n');
            }
        }

        return this;
    }

    /// <summary>Lines that stay as they are.</summary>
    public Mdoc Literal(IEnumerable<string> lines)
    {
        Macro("Bd -literal -offset indent");
        foreach (var line in lines)
        {
            _page.Append(Escaped(line)).Append('\n');
        }

        return Macro("Ed");
    }

    public override string ToString() => _page.ToString();

    /// <summary>Text in which nothing is a macro or an escape.</summary>
    private static string Escaped(string text)
    {
        var safe = Ascii(text.Replace("\\", "\\e", StringComparison.Ordinal));
        return safe.Length > 0 && safe[0] is '.' or '\'' ? "\\&" + safe : safe;
    }

    /// <summary>One argument of a macro; words that are names of macros, and punctuation, stay text.</summary>
    private static string Argument(string text) => "\"\\&" + Ascii(text.Replace("\\", "\\e", StringComparison.Ordinal)).Replace("\"", "\\(dq", StringComparison.Ordinal) + "\"";

    private static string Ascii(string text)
    {
        var ascii = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            ascii.Append(rune.IsAscii ? rune.ToString() : $"\\[u{rune.Value:X4}]");
        }

        return ascii.ToString();
    }
}
