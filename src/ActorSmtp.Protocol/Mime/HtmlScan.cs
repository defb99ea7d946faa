namespace ActorSmtp.Protocol.Mime;

/// <summary>What <see cref="HtmlScan"/> found.</summary>
public enum HtmlTokenKind
{
    Text,
    StartTag,
    EndTag,
}

/// <summary>
/// Cuts HTML into text and tags, in one pass and linear time, as far as reading its words and links needs it: comments and declarations are left
/// out, and what stands in script and style is nobody's text. It keeps no mail from doing harm, so it need not agree with
/// browsers about broken HTML.
/// </summary>
public ref struct HtmlScan(string html)
{
    private static readonly string[] RawText = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

    private readonly string _html = html;
    private int _at;
    private string? _raw;

    public HtmlTokenKind Kind { get; private set; }

    /// <summary>The text, or what stands between the angle brackets after the tag's name.</summary>
    public ReadOnlySpan<char> Content { get; private set; }

    /// <summary>A tag's name in lower case.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Goes to the next token; false at the end.</summary>
    public bool Next()
    {
        while (_at < _html.Length)
        {
            if (_raw is { } name)
            {
                _raw = null;
                var end = EndOf(name);
                var from = _at;
                _at = end;
                if (name is "title" or "textarea" or "xmp" && end > from)
                {
                    Found(from, end);
                    return true;
                }

                continue;
            }

            var open = _html.IndexOf('<', _at);
            if (open != _at)
            {
                var until = open < 0 ? _html.Length : open;
                Found(_at, until);
                _at = until;
                return true;
            }

            if (Tag())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value of a tag's attribute, its entities decoded; null where it has none.</summary>
    public static string? Attribute(ReadOnlySpan<char> content, string name)
    {
        var at = 0;
        while (at < content.Length)
        {
            while (at < content.Length && (char.IsWhiteSpace(content[at]) || content[at] == '/'))
            {
                at++;
            }

            var from = at;
            while (at < content.Length && !char.IsWhiteSpace(content[at]) && content[at] is not ('=' or '/'))
            {
                at++;
            }

            var own = content[from..at];
            while (at < content.Length && char.IsWhiteSpace(content[at]))
            {
                at++;
            }

            var value = ReadOnlySpan<char>.Empty;
            if (at < content.Length && content[at] == '=')
            {
                at++;
                value = Value(content, ref at);
            }
            else if (own.IsEmpty)
            {
                at++;
            }

            if (own.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return System.Net.WebUtility.HtmlDecode(value.ToString());
            }
        }

        return null;
    }

    private static ReadOnlySpan<char> Value(ReadOnlySpan<char> content, scoped ref int at)
    {
        while (at < content.Length && char.IsWhiteSpace(content[at]))
        {
            at++;
        }

        if (at == content.Length)
        {
            return default;
        }

        var quote = content[at];
        if (quote is '"' or '\'')
        {
            var from = ++at;
            var length = content[from..].IndexOf(quote);
            at = length < 0 ? content.Length : from + length + 1;
            return content[from..(length < 0 ? content.Length : from + length)];
        }

        var start = at;
        while (at < content.Length && !char.IsWhiteSpace(content[at]))
        {
            at++;
        }

        return content[start..at];
    }

    private void Found(int from, int end)
    {
        Kind = HtmlTokenKind.Text;
        Name = "";
        Content = _html.AsSpan(from, end - from);
    }

    /// <summary>At an angle bracket. False: it was no tag, or one that is passed over.</summary>
    private bool Tag()
    {
        var rest = _html.AsSpan(_at);
        if (rest.StartsWith("<!--"))
        {
            var end = _html.IndexOf("-->", _at + 2, StringComparison.Ordinal);
            _at = end < 0 ? _html.Length : end + 3;
            return false;
        }

        var isEnd = rest.StartsWith("</");
        var name = _at + (isEnd ? 2 : 1);
        if (name >= _html.Length || !char.IsAsciiLetter(_html[name]))
        {
            if (rest.Length > 1 && rest[1] is '!' or '?' or '/')
            {
                var end = _html.IndexOf('>', _at);
                _at = end < 0 ? _html.Length : end + 1;
                return false;
            }

            Found(_at, _at + 1);                            // a bracket that is one
            _at++;
            return true;
        }

        var close = Close(name);
        var nameEnd = name;
        while (nameEnd < close && !char.IsWhiteSpace(_html[nameEnd]) && _html[nameEnd] != '/')
        {
            nameEnd++;
        }

        Kind = isEnd ? HtmlTokenKind.EndTag : HtmlTokenKind.StartTag;
        Name = _html[name..nameEnd].ToLowerInvariant();
        Content = _html.AsSpan(nameEnd, close - nameEnd);
        _at = Math.Min(close + 1, _html.Length);
        _raw = !isEnd && RawText.Contains(Name) ? Name : null;
        return true;
    }

    /// <summary>The bracket that closes a tag; those in quoted values do not.</summary>
    private readonly int Close(int from)
    {
        var quote = '\0';
        for (var i = from; i < _html.Length; i++)
        {
            var c = _html[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c == '>')
            {
                return i;
            }
            else if (c is '"' or '\'' && _html.AsSpan(from, i - from).TrimEnd().EndsWith("="))
            {
                quote = c;
            }
        }

        return _html.Length;
    }

    private readonly int EndOf(string name)
    {
        for (var at = _at; (at = _html.IndexOf("</", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            if (string.Compare(_html, at + 2, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                return at;
            }
        }

        return _html.Length;
    }
}
