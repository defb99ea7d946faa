using System.Net;
using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>The words of an HTML text, in lines, as a search or a snippet wants them.</summary>
public static class HtmlText
{
    private static readonly HashSet<string> Breaks =
        ["address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"];

    public static string Of(string html)
    {
        var text = new StringBuilder(Math.Min(html.Length, 64 * 1024));
        var scan = new HtmlScan(html);
        var hidden = 0;
        while (scan.Next())
        {
            switch (scan.Kind)
            {
                case HtmlTokenKind.Text when hidden == 0:
                    text.Append(scan.Content);
                    break;
                case HtmlTokenKind.StartTag when scan.Name == "head":
                    hidden = 1;
                    break;
                case HtmlTokenKind.EndTag when scan.Name == "head":
                case HtmlTokenKind.StartTag when scan.Name == "body":
                    hidden = 0;
                    break;
                default:
                    if (Breaks.Contains(scan.Name))
                    {
                        text.Append('\n');
                    }

                    break;
            }
        }

        return WebUtility.HtmlDecode(text.ToString());
    }
}
