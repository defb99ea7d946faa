using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Web.Reading;

/// <summary>Somebody in a header.</summary>
/// <param name="Name">For people; null: none was given.</param>
internal sealed record Person(string? Name, string Address);

/// <summary>A message in a list.</summary>
/// <param name="Key">Names it in its mailbox.</param>
/// <param name="Id">The server's id of it, which the 250 and the log have; null: another program put it there.</param>
/// <param name="To">At most 20.</param>
/// <param name="Date">What its header says; null: nothing that can be read.</param>
/// <param name="Attachments">How many; those beyond the first 256 KiB of a message are not counted.</param>
/// <param name="Snippet">How its text begins, at most 160 characters.</param>
internal record MessageSummary(
    string Mailbox,
    string Key,
    string? Id,
    Person? From,
    IReadOnlyList<Person> To,
    string Subject,
    DateTimeOffset? Date,
    DateTimeOffset ReceivedAt,
    long Octets,
    bool Seen,
    bool Flagged,
    bool Answered,
    IReadOnlyList<string> Tags,
    int Attachments,
    string Snippet);

/// <summary>A message whole, but for what its attachments hold.</summary>
internal sealed record MessageDetail : MessageSummary
{
    internal MessageDetail(MessageSummary row)
        : base(row)
    {
    }

    public required IReadOnlyList<Person> Cc { get; init; }

    public required IReadOnlyList<Person> ReplyTo { get; init; }

    /// <summary>The envelope's sender, as it was stored; null: unknown.</summary>
    public string? ReturnPath { get; init; }

    public string? DeliveredTo { get; init; }

    public required IReadOnlyList<HeaderDocument> Headers { get; init; }

    /// <summary>At most 1 MiB of it; null: it has no plain text.</summary>
    public string? Text { get; init; }

    public bool TextTruncated { get; init; }

    public bool HasHtml { get; init; }

    /// <summary>What it is made of.</summary>
    public required MimeNode Mime { get; init; }

    public required IReadOnlyList<AttachmentDocument> AttachmentList { get; init; }

    /// <summary>What is wrong with it, in words.</summary>
    public required IReadOnlyList<string> Defects { get; init; }

    public required IReadOnlyList<FoundLink> Links { get; init; }

    /// <summary>What looks like a one-time code, the likeliest first.</summary>
    public required IReadOnlyList<FoundCode> Codes { get; init; }

    /// <summary>Who sent it, as far as checks found out; null: none looked.</summary>
    public OriginDocument? Origin { get; init; }

    /// <summary>The session that brought it; null: not known any more.</summary>
    public string? SessionId { get; init; }
}

/// <summary>A field of the header.</summary>
/// <param name="Value">On one line, decoded.</param>
/// <param name="Raw">As it came.</param>
internal sealed record HeaderDocument(string Name, string Value, string Raw);

/// <summary>A part of a message.</summary>
/// <param name="Part">Its number, such as <c>1.2</c>, by which its content is read; empty for the message itself.</param>
/// <param name="Octets">Decoded.</param>
internal sealed record MimeNode(
    string Part,
    string Type,
    string? Charset,
    string Encoding,
    string? Disposition,
    string? Name,
    string? ContentId,
    long Octets,
    IReadOnlyList<MimeNode> Children);

/// <summary>An attachment.</summary>
/// <param name="Inline">The HTML shows it.</param>
internal sealed record AttachmentDocument(string Part, string Name, string Type, long Octets, bool Inline, string? ContentId);
