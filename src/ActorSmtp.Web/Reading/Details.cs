using System.Text;
using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Web.Reading;

/// <summary>A message that was read, as a document.</summary>
internal static class Details
{
    private const int LongestText = 1 << 20;
    private const int MostHeaders = 500;

    public static MessageDetail Of(MessageSummary row, MimeEntity mail, string? sessionId)
    {
        var headers = mail.Headers;
        var text = MimeBodies.Text(mail);
        var html = MimeBodies.Html(mail);
        var parts = Numbered(mail);
        return new MessageDetail(row)
        {
            Cc = Glance.People(headers.Cc),
            ReplyTo = Glance.People(headers.ReplyTo),
            ReturnPath = headers.First("Return-Path")?.Value.Trim('<', '>', ' '),
            DeliveredTo = headers.First("Delivered-To")?.Value,
            Headers = [.. headers.Take(MostHeaders).Select(h => new HeaderDocument(h.Name, h.Decoded, Latin(h.Raw.Span)))],
            Text = text is { Length: > LongestText } ? text[..LongestText] : text,
            TextTruncated = text is { Length: > LongestText },
            HasHtml = html is not null,
            Mime = Tree(mail, parts),
            AttachmentList = [.. MimeBodies.Attachments(mail).Where(a => parts.ContainsKey(a.Part)).Select(a => new AttachmentDocument(
                parts[a.Part], FileNames.Safe(a.Name), a.MediaType, a.Size, a.IsInline, a.ContentId))],
            Defects = [.. mail.Walk().SelectMany(part => part.Defects).Select(d => d.Detail).Distinct().Take(100)],
            Links = LinkFinder.In(html, text),
            Codes = CodeFinder.In(row.Subject, text, html),
            Origin = Origins.Of(headers, cameByUs: row.Id is not null),
            SessionId = sessionId,
        };
    }

    /// <summary>A part by its number, or null.</summary>
    public static MimeEntity? Part(MimeEntity mail, string number) =>
        Numbered(mail).FirstOrDefault(p => p.Value == number).Key;

    /// <summary>Each part's number, as IMAP counts them: <c>1.2</c> is the second of the first. A message that is one part is <c>1</c>.</summary>
    private static Dictionary<MimeEntity, string> Numbered(MimeEntity mail)
    {
        var numbers = new Dictionary<MimeEntity, string>(ReferenceEqualityComparer.Instance);
        if (mail.Parts.Count == 0)
        {
            numbers.Add(mail, "1");
        }
        else
        {
            Number(mail, "");
        }

        return numbers;

        void Number(MimeEntity entity, string above)
        {
            for (var i = 0; i < entity.Parts.Count; i++)
            {
                var number = above.Length == 0 ? $"{i + 1}" : $"{above}.{i + 1}";
                numbers.Add(entity.Parts[i], number);
                Number(entity.Parts[i], number);
            }
        }
    }

    private static MimeNode Tree(MimeEntity entity, Dictionary<MimeEntity, string> numbers) => new(
        numbers.GetValueOrDefault(entity, ""),
        entity.ContentType.MediaType,
        entity.ContentType.Charset,
        NameOf(entity.TransferEncoding),
        entity.Disposition?.Kind,
        entity.FileName is { } name ? FileNames.Safe(name) : null,
        entity.ContentId,
        entity.DecodedLength,
        [.. entity.Parts.Select(part => Tree(part, numbers))]);

    private static string NameOf(TransferEncoding encoding) => encoding switch
    {
        TransferEncoding.SevenBit => "7bit",
        TransferEncoding.EightBit => "8bit",
        TransferEncoding.QuotedPrintable => "quoted-printable",
        _ => encoding.ToString().ToLowerInvariant(),
    };

    /// <summary>Octets as characters where they are no UTF-8.</summary>
    private static string Latin(ReadOnlySpan<byte> raw)
    {
        var text = raw.TrimEnd("\r\n"u8);
        return System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text);
    }
}
