namespace ActorSmtp.Protocol.Mime;

/// <summary>A part that is not the message's text: a file, an inline picture, an attached message.</summary>
/// <param name="Part">The part itself.</param>
/// <param name="Name">The sender's file name, decoded, or null. Not fit for a disk: see <see cref="FileNames.Safe"/>.</param>
/// <param name="IsInline">True when the HTML shows it (it has a Content-ID and is not marked as an attachment).</param>
public sealed record MimeAttachment(MimeEntity Part, string? Name, bool IsInline)
{
    /// <summary>E.g. <c>application/pdf</c>.</summary>
    public string MediaType => Part.ContentType.MediaType;

    /// <summary>Without angle brackets, or null.</summary>
    public string? ContentId => Part.ContentId;

    /// <summary>Decoded size in bytes; every call reads the part.</summary>
    public long Size => Part.DecodedLength;

    /// <summary>The decoded bytes; every call decodes anew.</summary>
    public byte[] Content() => Part.DecodeContent();
}

/// <summary>
/// What a mail program would show of a message: its text, its HTML, its attachments. Attached messages are attachments;
/// nothing inside them is taken for the message's own.
/// </summary>
public static class MimeBodies
{
    /// <summary>The part a reader of plain text would see, or null.</summary>
    public static MimeEntity? TextPart(MimeEntity message) => Find(message, "plain");

    /// <summary>The part a reader of HTML would see, or null.</summary>
    public static MimeEntity? HtmlPart(MimeEntity message) => Find(message, "html");

    /// <summary>The plain text, decoded, or null.</summary>
    public static string? Text(MimeEntity message) => TextPart(message)?.DecodeText();

    /// <summary>The HTML, decoded, or null.</summary>
    public static string? Html(MimeEntity message) => HtmlPart(message)?.DecodeText();

    /// <summary>The part an HTML body means by <c>cid:</c>, or null.</summary>
    public static MimeEntity? ByContentId(MimeEntity message, string contentId) =>
        Own(message).FirstOrDefault(p => p.ContentId == contentId);

    /// <summary>All that is neither structure nor the shown text, in the order of the mail.</summary>
    public static IReadOnlyList<MimeAttachment> Attachments(MimeEntity message)
    {
        var text = TextPart(message);
        var html = HtmlPart(message);
        var list = new List<MimeAttachment>();
        foreach (var part in Own(message))
        {
            var isBody = part == text || part == html;
            // Further text without a name (a signature, a list's footer, another alternative) is no file.
            var isMoreText = part.ContentType.IsText && part.FileName is null && part.Disposition?.IsAttachment != true;
            if (!part.IsMultipart && !isBody && !isMoreText)
            {
                var inline = part.Disposition?.IsAttachment != true && part.ContentId is not null;
                list.Add(new MimeAttachment(part, part.FileName, inline));
            }
        }
        return list;
    }

    // The message's own parts: attached messages are named, not entered.
    private static IEnumerable<MimeEntity> Own(MimeEntity root)
    {
        var stack = new Stack<MimeEntity>([root]);
        while (stack.TryPop(out var entity))
        {
            yield return entity;
            for (var i = entity.IsMultipart ? entity.Parts.Count - 1 : -1; i >= 0; i--)
            {
                stack.Push(entity.Parts[i]);
            }
        }
    }

    private static MimeEntity? Find(MimeEntity entity, string subtype)
    {
        if (!entity.IsMultipart)
        {
            var isBody = entity.Disposition?.IsAttachment != true && (entity.FileName is null || entity.Disposition?.IsInline == true);
            // A multipart whose boundary is lost is shown as the text it is.
            var isText = entity.ContentType.IsMultipart ? subtype == "plain" : entity.ContentType.Is("text", subtype);
            return isBody && isText ? entity : null;
        }
        IEnumerable<MimeEntity> parts = entity.Parts;
        switch (entity.ContentType.Subtype)
        {
            case "alternative":
                parts = entity.Parts.Reverse(); // the last is the richest, RFC 2046 §5.1.4
                break;
            case "related" when RootOf(entity) is { } root:
                parts = [root]; // RFC 2387 §3.2
                break;
        }
        foreach (var part in parts)
        {
            if (Find(part, subtype) is { } found)
            {
                return found;
            }
        }
        return null;
    }

    private static MimeEntity RootOf(MimeEntity related)
    {
        var start = related.ContentType.Parameter("start")?.Trim('<', '>', ' ');
        return (start is null ? null : related.Parts.FirstOrDefault(p => p.ContentId == start)) ?? related.Parts[0];
    }
}
