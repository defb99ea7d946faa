using System.Text.RegularExpressions;

namespace ActorSmtp.Protocol.Mime;

/// <summary>Finds the links of a mail: those of its HTML first, with what they are called, then bare addresses in its plain text. Each address once.</summary>
public static partial class LinkFinder
{
    private const int Most = 100;
    private const int LongestUrl = 4096;
    private const int LongestText = 200;

    public static IReadOnlyList<FoundLink> In(string? html, string? text)
    {
        var found = new List<FoundLink>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (html is not null)
        {
            InHtml(html, found, seen);
        }

        foreach (Match match in text is null ? [] : Bare().Matches(text.Length <= 1 << 20 ? text : text[..(1 << 20)]).Take(Most))
        {
            Add(Trimmed(match.Value), null, found, seen);
        }

        return found;
    }

    private static void InHtml(string html, List<FoundLink> found, HashSet<string> seen)
    {
        var scan = new HtmlScan(html);
        string? open = null;
        var words = new System.Text.StringBuilder();
        while (scan.Next() && found.Count < Most)
        {
            if (scan.Kind == HtmlTokenKind.StartTag && scan.Name is "a" or "area")
            {
                Finish();
                open = HtmlScan.Attribute(scan.Content, "href")?.Trim();
            }
            else if (scan.Kind == HtmlTokenKind.StartTag && scan.Name == "img" && open is not null && HtmlScan.Attribute(scan.Content, "alt") is { Length: > 0 } alt)
            {
                words.Append(alt);
            }
            else if (scan.Kind == HtmlTokenKind.EndTag && scan.Name == "a")
            {
                Finish();
            }
            else if (scan.Kind == HtmlTokenKind.Text && open is not null && words.Length < LongestText * 4)
            {
                words.Append(scan.Content[..Math.Min(scan.Content.Length, LongestText * 4)]);
            }
        }

        Finish();

        void Finish()
        {
            if (open is not null)
            {
                var called = Spaces().Replace(System.Net.WebUtility.HtmlDecode(words.ToString()), " ").Trim();
                Add(open, called.Length == 0 ? null : PlainLine.Of(called, LongestText), found, seen);
            }

            open = null;
            words.Clear();
        }
    }

    private static void Add(string url, string? text, List<FoundLink> found, HashSet<string> seen)
    {
        if (found.Count < Most && url.Length is > 7 and <= LongestUrl && IsLink(url) && !url.Any(char.IsControl) && seen.Add(url))
        {
            found.Add(new FoundLink(url, text));
        }
    }

    private static bool IsLink(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Punctuation behind an address is the sentence's, and so is a bracket that was not opened in it.</summary>
    private static string Trimmed(string url)
    {
        var end = url.Length;
        while (end > 0 && (url[end - 1] is '.' or ',' or ';' or ':' or '!' or '?' or '\'' or '*' or '_'
            || (url[end - 1] == ')' && url.AsSpan(0, end).Count('(') < url.AsSpan(0, end).Count(')'))
            || (url[end - 1] == ']' && !url.AsSpan(0, end).Contains('['))))
        {
            end--;
        }

        return url[..end];
    }

    [GeneratedRegex(@"\bhttps?://[^\s<>""\u0000-\u001F\u007F]{1,4096}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bare();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Spaces();
}

/// <summary>A link in the text or the HTML.</summary>
/// <param name="Text">What it is called; null: a bare address.</param>
public sealed record FoundLink(string Url, string? Text);
