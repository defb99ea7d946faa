namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// What a body is (RFC 2045 §5). Reading never fails: what cannot be understood is text/plain, as §5.2 says, and marked.
/// </summary>
/// <param name="Type">Lower case, e.g. <c>text</c>.</param>
/// <param name="Subtype">Lower case, e.g. <c>plain</c>.</param>
/// <param name="Parameters">By lower-case name, decoded.</param>
public sealed record ContentType(string Type, string Subtype, IReadOnlyDictionary<string, string> Parameters)
{
    private static readonly IReadOnlyDictionary<string, string> NoParameters = new Dictionary<string, string>();

    /// <summary>What holds when nothing is said.</summary>
    public static ContentType TextPlain { get; } = new("text", "plain", NoParameters);

    /// <summary>The default inside multipart/digest (RFC 2046 §5.1.5).</summary>
    public static ContentType MessageRfc822 { get; } = new("message", "rfc822", NoParameters);

    /// <summary>Type and subtype, e.g. <c>text/plain</c>.</summary>
    public string MediaType => $"{Type}/{Subtype}";

    /// <summary>The charset parameter, or null.</summary>
    public string? Charset => Parameter("charset");

    public bool IsText => Type == "text";

    public bool IsMultipart => Type == "multipart";

    public string? Parameter(string name) => Parameters.GetValueOrDefault(name);

    public bool Is(string type, string subtype) => Type == type && Subtype == subtype;

    /// <summary>Reads a field's value (unfolded). Damage is reported, and the rest understood as well as may be.</summary>
    public static ContentType Parse(string value, ContentType fallback, out bool damaged)
    {
        var head = HeadOf(value, out var rest);
        var parameters = MimeParameters.Parse(rest, out damaged);
        var slash = head.IndexOf('/');
        if (slash <= 0)
        {
            damaged = true;
            // "text" or "html" alone are common enough to be worth a guess.
            var word = head.ToString().ToLowerInvariant();
            return word switch
            {
                "text" => fallback with { Type = "text", Subtype = "plain", Parameters = parameters },
                "html" => new ContentType("text", "html", parameters),
                _ => fallback with { Parameters = parameters },
            };
        }
        var type = head[..slash].Trim(" \t").ToString().ToLowerInvariant();
        var subtype = head[(slash + 1)..].Trim(" \t").ToString().ToLowerInvariant();
        if (!Tokens.IsToken(type) || !Tokens.IsToken(subtype))
        {
            damaged = true;
            return fallback with { Parameters = parameters };
        }
        return new ContentType(type, subtype, parameters);
    }

    /// <summary>
    /// The value before the first semicolon without comments, and the parameters after it. A forgotten semicolon
    /// ("text/plain charset=x") is put where the blank is.
    /// </summary>
    internal static ReadOnlySpan<char> HeadOf(string value, out string rest)
    {
        var depth = 0;
        var head = new System.Text.StringBuilder();
        var i = 0;
        for (; i < value.Length; i++)
        {
            var c = value[i];
            if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && depth > 0)
            {
                depth--;
            }
            else if (depth == 0)
            {
                if (c == ';')
                {
                    break;
                }
                head.Append(c);
            }
        }
        rest = i < value.Length ? value[(i + 1)..] : "";
        var text = head.ToString().Trim(' ', '\t', '"', ',');
        var equals = text.IndexOf('=');
        if (equals > 0)
        {
            var blank = text.LastIndexOfAny([' ', '\t', ','], equals);
            if (blank > 0)
            {
                rest = string.Concat(text.AsSpan(blank + 1), ";", rest);
                text = text[..blank].TrimEnd(' ', '\t', ',');
            }
        }
        return text;
    }
}
