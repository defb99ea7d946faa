using System.Buffers;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// A message ready for the wire. Lines end with CRLF and nothing else, the last one too. It is written piece by piece, so
/// that attachments stream through; it can be written more than once.
/// </summary>
public sealed class ComposedMessage
{
    private readonly IReadOnlyList<Segment> _segments;

    internal ComposedMessage(IReadOnlyList<Segment> segments, bool isEightBit, bool needsSmtpUtf8)
    {
        _segments = segments;
        IsEightBit = isEightBit;
        NeedsSmtpUtf8 = needsSmtpUtf8;
        Length = segments.Sum(s => s.Length);
    }

    /// <summary>Bytes in all, known before anything is written: the SIZE of RFC 1870.</summary>
    public long Length { get; }

    /// <summary>True when the body holds bytes above 127: BODY=8BITMIME.</summary>
    public bool IsEightBit { get; }

    /// <summary>True when the header holds UTF-8: the SMTPUTF8 parameter.</summary>
    public bool NeedsSmtpUtf8 { get; }

    /// <summary>The message in order, in pieces of some tens of kB; each lives until the next is asked for.</summary>
    /// <exception cref="ComposeException">An attachment no longer has the length it was given with.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces() => _segments.SelectMany(s => s.Pieces());

    /// <summary>Writes all of it.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        foreach (var piece in Pieces())
        {
            output.Write(piece.Span);
        }
    }

    /// <summary>All of it in one array, for small messages and tests.</summary>
    public byte[] ToArray()
    {
        var output = new ArrayBufferWriter<byte>((int)Math.Max(Length, 1));
        WriteTo(output);
        return output.WrittenSpan.ToArray();
    }
}

/// <summary>A stretch of a composed message: bytes at hand, or content to fetch and perhaps encode.</summary>
internal sealed record Segment(ReadOnlyMemory<byte> Bytes, PartContent? Content, bool Base64)
{
    private const int MaxSlice = 64 * 1024;

    public long Length => Content is null ? Bytes.Length : Base64 ? Base64Lines.EncodedLength(Content.Length) : Content.Length;

    public IEnumerable<ReadOnlyMemory<byte>> Pieces() =>
        Content is null ? Slices() : Base64 ? Base64Lines.Encode(Content.Pieces()) : Content.Pieces();

    private IEnumerable<ReadOnlyMemory<byte>> Slices()
    {
        for (var from = 0; from < Bytes.Length; from += MaxSlice)
        {
            yield return Bytes.Slice(from, Math.Min(MaxSlice, Bytes.Length - from));
        }
    }
}

/// <summary>Gathers segments; small neighbours become one.</summary>
internal sealed class SegmentList
{
    private readonly List<Segment> _segments = [];
    private readonly MemoryStream _small = new();

    /// <summary>A finished header, and the empty line after it.</summary>
    public void Add(HeaderWriter header)
    {
        _small.Write(System.Text.Encoding.UTF8.GetBytes(header.ToString()));
        _small.Write("\r\n"u8);
    }

    public void Add(byte[] bytes)
    {
        if (bytes.Length < 16 * 1024)
        {
            _small.Write(bytes);
            return;
        }
        Flush();
        _segments.Add(new Segment(bytes, null, false));
    }

    public void Add(PartContent content, bool base64)
    {
        Flush();
        _segments.Add(new Segment(default, content, base64));
    }

    public IReadOnlyList<Segment> Finish()
    {
        Flush();
        return _segments;
    }

    private void Flush()
    {
        if (_small.Length > 0)
        {
            _segments.Add(new Segment(_small.ToArray(), null, false));
            _small.SetLength(0);
        }
    }
}
