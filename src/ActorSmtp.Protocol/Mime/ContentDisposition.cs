namespace ActorSmtp.Protocol.Mime;

/// <summary>Whether a part is shown or kept as a file, and its name (RFC 2183).</summary>
/// <param name="Kind">Lower case: <c>inline</c>, <c>attachment</c>, or what was written.</param>
/// <param name="Parameters">By lower-case name, decoded.</param>
public sealed record ContentDisposition(string Kind, IReadOnlyDictionary<string, string> Parameters)
{
    public bool IsAttachment => Kind == "attachment";

    public bool IsInline => Kind == "inline";

    /// <summary>The file name as the sender wrote it. It may hold anything: see <see cref="FileNames.Safe"/>.</summary>
    public string? FileName => Parameters.GetValueOrDefault("filename");

    /// <summary>Reads a field's value. An unknown kind is an attachment (RFC 2183 §2.8); a damaged one is marked.</summary>
    public static ContentDisposition Parse(string value, out bool damaged)
    {
        var kind = ContentType.HeadOf(value, out var rest).Trim(" \t").ToString().ToLowerInvariant();
        var parameters = MimeParameters.Parse(rest, out damaged);
        if (kind is "inline" or "attachment")
        {
            return new ContentDisposition(kind, parameters);
        }
        damaged |= !Tokens.IsToken(kind);
        return new ContentDisposition("attachment", parameters);
    }
}
