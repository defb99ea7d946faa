namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// A message, or a part of one, as it was read: its fields, what it says it is, its raw bytes and what it contains. All
/// refers to the bytes that were given to <see cref="MimeReader"/>; contents are decoded when asked for. Nothing here
/// throws, whatever the mail holds; what was wrong is in <see cref="Defects"/>.
/// </summary>
public sealed class MimeEntity
{
    private readonly List<MimeEntity> _parts = [];

    internal MimeEntity(HeaderList headers, ContentType fallbackType, MimeDefects defects)
    {
        Headers = headers;
        Defects = defects;
        ContentType = fallbackType;
        if (Single("Content-Type") is { Value.Length: > 0 } type)
        {
            ContentType = ContentType.Parse(type.Value, fallbackType, out var damaged);
            Note(damaged, MimeDefectKind.BadContentType, "the Content-Type had to be guessed");
        }
        if (Single("Content-Disposition") is { Value.Length: > 0 } disposition)
        {
            Disposition = ContentDisposition.Parse(disposition.Value, out var damaged);
            Note(damaged, MimeDefectKind.BadContentDisposition, "the Content-Disposition had to be guessed");
        }
        TransferEncoding = ContentDecoder.Parse(Single("Content-Transfer-Encoding")?.Value);
        Note(TransferEncoding == TransferEncoding.Unknown, MimeDefectKind.UnknownTransferEncoding, "the transfer encoding is not known");
    }

    public HeaderList Headers { get; }

    public ContentType ContentType { get; }

    /// <summary>Null when the part says nothing.</summary>
    public ContentDisposition? Disposition { get; }

    public TransferEncoding TransferEncoding { get; }

    /// <summary>What was wrong with this entity; its parts have their own.</summary>
    public MimeDefects Defects { get; }

    /// <summary>Header and body as received, without the line end before the next boundary.</summary>
    public ReadOnlyMemory<byte> Raw { get; internal set; }

    /// <summary>The body as received, still encoded.</summary>
    public ReadOnlyMemory<byte> RawBody { get; internal set; }

    /// <summary>What stands before the first boundary of a multipart.</summary>
    public ReadOnlyMemory<byte> Preamble { get; internal set; }

    /// <summary>What stands after the last boundary of a multipart, and parts beyond the limits.</summary>
    public ReadOnlyMemory<byte> Epilogue { get; internal set; }

    /// <summary>The parts of a multipart, or the one message in a message/rfc822; else none.</summary>
    public IReadOnlyList<MimeEntity> Parts => _parts;

    /// <summary>The message inside a message/rfc822 part, or null.</summary>
    public MimeEntity? Message => ContentType.Type == "message" && _parts.Count == 1 ? _parts[0] : null;

    /// <summary>True when this is a multipart whose parts were found.</summary>
    public bool IsMultipart => ContentType.IsMultipart && _parts.Count > 0;

    /// <summary>The Content-ID without angle brackets, or null.</summary>
    public string? ContentId => Headers.First("Content-ID") is { Value: { Length: > 0 } value }
        ? MessageIds.Parse(value).FirstOrDefault() ?? value
        : null;

    /// <summary>The file name the sender gave, decoded, from the disposition or else the type; it may hold anything.</summary>
    public string? FileName => Named(Disposition?.FileName) ?? Named(ContentType.Parameter("name"));

    /// <summary>The body with its transfer encoding undone. Every call decodes anew.</summary>
    public byte[] DecodeContent() => ContentDecoder.DecodeAll(Parts.Count > 0 ? TransferEncoding.Binary : TransferEncoding, RawBody.Span);

    /// <summary>The length of <see cref="DecodeContent"/>, found without keeping the content.</summary>
    public long DecodedLength => ContentDecoder.DecodedLength(Parts.Count > 0 ? TransferEncoding.Binary : TransferEncoding, RawBody.Span);

    /// <summary>
    /// The content as text by its charset, with line ends as they are (format=flowed is left as sent). Without a charset,
    /// or with one that is not known, UTF-8 if it is that, else windows-1252.
    /// </summary>
    public string DecodeText() => Charsets.Decode(DecodeContent(), ContentType.Charset, out _);

    /// <summary>This entity and all below it, in the order of the mail.</summary>
    public IEnumerable<MimeEntity> Walk()
    {
        var stack = new Stack<MimeEntity>([this]);
        while (stack.TryPop(out var entity))
        {
            yield return entity;
            for (var i = entity._parts.Count - 1; i >= 0; i--)
            {
                stack.Push(entity._parts[i]);
            }
        }
    }

    internal void Add(MimeEntity part) => _parts.Add(part);

    internal void Note(bool holds, MimeDefectKind kind, string detail)
    {
        if (holds)
        {
            Defects.Add(kind, detail);
        }
    }

    private static string? Named(string? name) => string.IsNullOrWhiteSpace(name) ? null : name;

    private HeaderField? Single(string name)
    {
        HeaderField? first = null;
        foreach (var field in Headers)
        {
            if (field.NameIs(name))
            {
                Note(first is not null, MimeDefectKind.RepeatedField, $"the field {name} stands more than once");
                first ??= field;
            }
        }
        return first;
    }
}
