using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Web.Reading;

/// <summary>
/// A mail's HTML as it is served to a sandboxed frame. It is not cleaned: cleaning agrees with browsers only until somebody finds where it does not. What keeps
/// it harmless is what it is served with: a policy under which nothing runs and nothing is fetched, and an origin of its own. The tags
/// that a policy does not cover (<c>link</c>: it can connect ahead; <c>meta</c>: it can go elsewhere and set policies; <c>base</c>; frames and plugins, for
/// which Chromium opens a connection before it asks the policy) are given names that mean nothing, wherever they stand, also in comments and scripts: so there is no question how a browser reads what is around them.
/// </summary>
internal static class MailFrame
{
    /// <summary>Octets of pictures put into the HTML.</summary>
    private const int MostInline = 10 << 20;

    // frame: frameset as well.
    private static readonly string[] Inert = ["link", "meta", "base", "iframe", "frame", "object", "embed", "applet", "fencedframe", "portal"];
    private static readonly string[] Pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    /// <summary>Opens links in a tab of their own, not in the frame.</summary>
    private const string Prologue = "<!doctype html><base target=\"_blank\">";

    /// <param name="remote">Pictures and fonts may be fetched from where the mail says.</param>
    public static string PolicyOf(bool remote) =>
        "default-src 'none'; sandbox allow-popups allow-popups-to-escape-sandbox; style-src 'unsafe-inline'; "
        + (remote ? "img-src data: http: https:; font-src http: https:; " : "img-src data:; ")
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

    /// <summary>The HTML of a mail, to be served as UTF-8; null where it has none.</summary>
    public static string? Of(MimeEntity mail)
    {
        if (MimeBodies.HtmlPart(mail) is not { } part)
        {
            return null;
        }

        var html = part.DecodeText();
        return Prologue + WithPictures(Tamed(html), mail);
    }

    /// <summary>Every <c>&lt;link</c>, <c>&lt;meta</c>, <c>&lt;iframe</c> and so on, in any case and whatever follows, becomes <c>&lt;x-link</c> and so on.</summary>
    internal static string Tamed(string html)
    {
        var tamed = new StringBuilder(html.Length + 64);
        var from = 0;
        for (int open; (open = html.IndexOf('<', from)) >= 0;)
        {
            tamed.Append(html, from, open + 1 - from);
            from = open + 1;
            if (Inert.Any(name => string.Compare(html, from, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0))
            {
                tamed.Append("x-");
            }
        }

        return tamed.Append(html, from, html.Length - from).ToString();
    }

    /// <summary>Pictures that came with the mail: <c>cid:</c> becomes <c>data:</c>, since the frame may not even ask us.</summary>
    private static string WithPictures(string html, MimeEntity mail)
    {
        if (!html.Contains("cid:", StringComparison.OrdinalIgnoreCase))
        {
            return html;
        }

        var left = MostInline;
        var pictures = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in mail.Walk())
        {
            if (part.ContentId is { } id && Pictures.Contains(part.ContentType.MediaType) && !pictures.ContainsKey(id) && part.DecodedLength is var length && length <= left)
            {
                left -= (int)length;
                pictures.Add(id, $"data:{part.ContentType.MediaType};base64,{Convert.ToBase64String(part.DecodeContent())}");
            }
        }

        var shown = new StringBuilder(html.Length);
        var from = 0;
        for (int at; (at = html.IndexOf("cid:", from, StringComparison.OrdinalIgnoreCase)) >= 0;)
        {
            var end = at + 4;
            while (end < html.Length && html[end] is not ('"' or '\'' or ')' or '>' or '<' or ' ' or '\t' or '\r' or '\n'))
            {
                end++;
            }

            var id = Uri.UnescapeDataString(System.Net.WebUtility.HtmlDecode(html[(at + 4)..end]));
            shown.Append(html, from, at - from);
            if (pictures.TryGetValue(id, out var data))
            {
                if (shown.Length + data.Length > MostInline * 2)
                {
                    shown.Append("cid:");                   // shown again and again: enough
                    from = at + 4;
                    continue;
                }

                shown.Append(data);
            }
            else
            {
                shown.Append(html, at, end - at);
            }

            from = end;
        }

        return shown.Append(html, from, html.Length - from).ToString();
    }
}
