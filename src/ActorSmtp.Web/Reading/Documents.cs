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
internal sealed record MessageSummary(
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
/// <param name="ReturnPath">The envelope's sender, as it was stored; null: unknown.</param>
/// <param name="Text">At most 1 MiB of it; null: it has no plain text.</param>
/// <param name="Mime">What it is made of.</param>
/// <param name="Defects">What is wrong with it, in words.</param>
/// <param name="Codes">What looks like a one-time code, the likeliest first.</param>
/// <param name="SessionId">The session that brought it; null: not known any more.</param>
internal sealed record MessageDetail(
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
    string Snippet,
    IReadOnlyList<Person> Cc,
    IReadOnlyList<Person> ReplyTo,
    string? ReturnPath,
    string? DeliveredTo,
    IReadOnlyList<HeaderDocument> Headers,
    string? Text,
    bool TextTruncated,
    bool HasHtml,
    MimeNode Mime,
    IReadOnlyList<AttachmentDocument> AttachmentList,
    IReadOnlyList<string> Defects,
    IReadOnlyList<FoundLink> Links,
    IReadOnlyList<FoundCode> Codes,
    string? SessionId);

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

/// <summary>A link in the text or the HTML.</summary>
/// <param name="Text">What it is called; null: a bare address.</param>
internal sealed record FoundLink(string Url, string? Text);

/// <summary>What looks like a one-time code.</summary>
/// <param name="Near">The words around it.</param>
internal sealed record FoundCode(string Code, string Near);
