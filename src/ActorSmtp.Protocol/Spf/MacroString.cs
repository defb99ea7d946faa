using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Spf;

/// <summary>Text with macros (RFC 7208 §7): a domain-spec, the value of a modifier nobody knows, or an explanation.</summary>
internal sealed class MacroString
{
    private const string Delimiters = ".-+,/_=";

    private readonly List<Part> _parts;

    private MacroString(List<Part> parts) => _parts = parts;

    /// <summary>What macros stand for; all is ASCII but the sender and the local part.</summary>
    /// <param name="Sender">s.</param>
    /// <param name="LocalPart">l.</param>
    /// <param name="SenderDomain">o.</param>
    /// <param name="Domain">d.</param>
    /// <param name="Dotted">i: IPv6 by nibbles.</param>
    /// <param name="ValidatedName">p.</param>
    /// <param name="ReverseZone">v: in-addr or ip6.</param>
    /// <param name="Helo">h.</param>
    /// <param name="Readable">c.</param>
    /// <param name="Receiver">r.</param>
    /// <param name="Timestamp">t, in seconds.</param>
    internal sealed record Values(
        string Sender, string LocalPart, string SenderDomain, string Domain, string Dotted, string ValidatedName, string ReverseZone, string Helo,
        string Readable, string Receiver, long Timestamp);

    /// <summary>A piece: literal text, or a macro.</summary>
    private readonly record struct Part(string? Literal, char Letter, int Keep, bool Reversed, string SplitAt, bool IsEscaped);

    /// <summary>It has the macro p, which needs look-ups.</summary>
    public bool NeedsValidatedName => _parts.Exists(p => p.Letter == 'p');

    /// <summary>It has a macro of the local part.</summary>
    public bool NeedsLocalPart => _parts.Exists(p => p.Letter is 's' or 'l');

    /// <summary>domain-spec = macro-string domain-end; null where it is none.</summary>
    public static MacroString? TryParseDomain(ReadOnlySpan<char> text) =>
        TryParse(text, isExplanation: false) is { } parsed && parsed.EndsAsDomain() ? parsed : null;

    /// <summary>macro-string, where it is no domain; null where it is none.</summary>
    public static MacroString? TryParse(ReadOnlySpan<char> text) => TryParse(text, isExplanation: false);

    /// <summary>explain-string = *( macro-string / SP ); null where it is none.</summary>
    public static MacroString? TryParseExplanation(ReadOnlySpan<char> text) => TryParse(text, isExplanation: true);

    /// <summary>The text with its macros expanded; of what is longer than <paramref name="most"/>, the end.</summary>
    public string Expand(Values values, int most)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            text.Append(part.Literal ?? Expanded(part, values));
            if (text.Length > 4 * most)
            {
                text.Remove(0, text.Length - (2 * most));
            }
        }

        return text.Length > most ? text.ToString(text.Length - most, most) : text.ToString();
    }

    private static MacroString? TryParse(ReadOnlySpan<char> text, bool isExplanation)
    {
        var parts = new List<Part>();
        while (!text.IsEmpty)
        {
            var percent = text.IndexOf('%');
            var literal = percent < 0 ? text : text[..percent];
            foreach (var c in literal)
            {
                if (c is (< '!' or > '~') && !(c == ' ' && isExplanation))      // macro-literal = %x21-24 / %x26-7E
                {
                    return null;
                }
            }

            if (!literal.IsEmpty)
            {
                parts.Add(new Part(literal.ToString(), '\0', 0, false, "", false));
            }

            if (percent < 0)
            {
                break;
            }

            text = text[percent..];
            var taken = TakeMacro(text, isExplanation, parts);
            if (taken == 0)
            {
                return null;
            }

            text = text[taken..];
        }

        return new MacroString(parts);
    }

    /// <summary>macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"</summary>
    private static int TakeMacro(ReadOnlySpan<char> text, bool isExplanation, List<Part> parts)
    {
        switch (text)
        {
            case ['%', '%', ..]:
                parts.Add(Fixed("%"));
                return 2;
            case ['%', '_', ..]:
                parts.Add(Fixed(" "));
                return 2;
            case ['%', '-', ..]:
                parts.Add(Fixed("%20"));
                return 2;
            case not ['%', '{', _, ..]:
                return 0;
        }

        var end = text.IndexOf('}');
        var letter = char.ToLowerInvariant(text[2]);
        if (end < 3 || !(isExplanation ? "slodiphcrtv" : "slodiphv").Contains(letter, StringComparison.Ordinal))
        {
            return 0;
        }

        var at = 3;
        while (at < end && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        var keep = int.MaxValue;
        if (at > 3)
        {
            var digits = text[3..at].TrimStart('0');
            if (digits.IsEmpty)                                     // §7.1: it must not be zero
            {
                return 0;
            }

            keep = digits.Length > 3 ? int.MaxValue : int.Parse(digits, CultureInfo.InvariantCulture);
        }

        var reversed = text[at] is 'r' or 'R';
        var delimiters = text[(reversed ? at + 1 : at)..end];
        if (delimiters.ContainsAnyExcept(Delimiters))
        {
            return 0;
        }

        parts.Add(new Part(null, letter, keep, reversed, delimiters.IsEmpty ? "." : delimiters.ToString(), char.IsAsciiLetterUpper(text[2])));
        return end + 1;

        // A letter that is none keeps it apart from literal text: a domain may end in it.
        static Part Fixed(string text) => new(text, '%', 0, false, "", false);
    }

    private static string Expanded(Part part, Values values)
    {
        var value = part.Letter switch
        {
            's' => values.Sender,
            'l' => values.LocalPart,
            'o' => values.SenderDomain,
            'd' => values.Domain,
            'i' => values.Dotted,
            'p' => values.ValidatedName,
            'v' => values.ReverseZone,
            'h' => values.Helo,
            'c' => values.Readable,
            'r' => values.Receiver,
            _ => values.Timestamp.ToString(CultureInfo.InvariantCulture),
        };
        if (part.Reversed || part.Keep != int.MaxValue || part.SplitAt != ".")
        {
            IEnumerable<string> pieces = value.Split(part.SplitAt.ToCharArray());
            pieces = part.Reversed ? pieces.Reverse() : pieces;
            value = string.Join('.', part.Keep == int.MaxValue ? pieces : pieces.TakeLast(part.Keep));
        }

        return part.IsEscaped ? Uri.EscapeDataString(value) : value;   // escapes all but RFC 3986 unreserved
    }

    /// <summary>domain-end = ( "." toplabel [ "." ] ) / macro-expand</summary>
    private bool EndsAsDomain()
    {
        if (_parts.Count == 0)
        {
            return false;
        }

        if (_parts[^1] is not { Literal: { } end, Letter: '\0' })
        {
            return true;
        }

        end = end.EndsWith('.') ? end[..^1] : end;
        var dot = end.LastIndexOf('.');
        if (dot < 0)
        {
            return false;
        }

        // toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
        var top = end.AsSpan(dot + 1);
        var (letters, hyphens) = (false, false);
        foreach (var c in top)
        {
            letters |= char.IsAsciiLetter(c);
            hyphens |= c == '-';
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return !top.IsEmpty && top[0] != '-' && top[^1] != '-' && (letters || hyphens);
    }
}
