using System.Text;

namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// Reads a message into a tree of <see cref="MimeEntity"/> that refers to its bytes. Takes any bytes: never throws, takes
/// time linear in the length, and within <see cref="MimeLimits"/> bounded memory; what is wrong becomes a defect. One pass:
/// a boundary of an outer multipart ends all that is open inside it (RFC 2046 §5.1.2).
/// </summary>
public sealed class MimeReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly MimeLimits _limits;
    private readonly Counter _parts;
    private readonly List<byte[]> _boundaries = [];

    private MimeReader(ReadOnlyMemory<byte> bytes, MimeLimits limits, Counter parts)
    {
        _bytes = bytes;
        _limits = limits;
        _parts = parts;
    }

    /// <summary>Reads a whole message.</summary>
    public static MimeEntity Read(ReadOnlyMemory<byte> message, MimeLimits limits) =>
        new MimeReader(message, limits, new Counter()).ReadEntity(0, 0, ContentType.TextPlain, out _);

    /// <summary>Reads a whole message within <see cref="MimeLimits.Ample"/>.</summary>
    public static MimeEntity Read(ReadOnlyMemory<byte> message) => Read(message, MimeLimits.Ample);

    // Reads header and body from `start`; `stop` is the delimiter line that ended it, or the end of the bytes.
    private MimeEntity ReadEntity(int start, int depth, ContentType fallback, out Delimiter stop)
    {
        _parts.Count++;
        var defects = new MimeDefects();
        var headers = HeaderList.Read(
            _bytes[start..], _limits, defects, offset => MatchAt(start + offset, out _), out var bodyOffset);
        var entity = new MimeEntity(headers, fallback, defects);
        var body = start + bodyOffset;
        var type = entity.ContentType;
        stop = type.IsMultipart ? ReadMultipart(entity, body, depth)
            : type.Is("message", "rfc822") || type.Is("message", "global") ? ReadMessage(entity, body, depth)
            : FindDelimiter(body);
        var end = ContentEnd(body, stop);
        entity.RawBody = _bytes[body..end];
        entity.Raw = _bytes[start..end];
        return entity;
    }

    private Delimiter ReadMultipart(MimeEntity entity, int body, int depth)
    {
        var boundary = BoundaryOf(entity);
        if (boundary is null || AtLimit(entity, depth))
        {
            return FindDelimiter(body);
        }
        entity.Note(entity.TransferEncoding is TransferEncoding.Base64 or TransferEncoding.QuotedPrintable,
            MimeDefectKind.TransferEncodingOnComposite, "a multipart has a transfer encoding; it was ignored");
        entity.Note(_boundaries.Exists(b => b.AsSpan().SequenceEqual(boundary)),
            MimeDefectKind.DuplicateBoundary, "an inner multipart has the boundary of an outer one");
        var level = _boundaries.Count;
        _boundaries.Add(boundary);
        var found = FindDelimiter(body);
        if (found.Level != level)
        {
            entity.Defects.Add(MimeDefectKind.BoundaryNotFound, "the boundary of the multipart never comes");
            _boundaries.RemoveAt(level);
            return found;
        }
        entity.Preamble = _bytes[body..ContentEnd(body, found)];
        var fallback = entity.ContentType.Subtype == "digest" ? ContentType.MessageRfc822 : ContentType.TextPlain;
        while (found.Level == level && !found.Closes)
        {
            if (_parts.Count >= _limits.MaxParts)
            {
                entity.Defects.Add(MimeDefectKind.PartLimit, "parts beyond the limit were left out");
                break;
            }
            entity.Add(ReadEntity(found.End, depth + 1, fallback, out found));
        }
        _boundaries.RemoveAt(level);
        if (found.Level != level)
        {
            entity.Defects.Add(MimeDefectKind.MissingCloseBoundary, "the closing boundary of the multipart is missing");
            return found;
        }
        var outer = FindDelimiter(found.End);
        entity.Epilogue = _bytes[found.End..ContentEnd(found.End, outer)];
        return outer;
    }

    private Delimiter ReadMessage(MimeEntity entity, int body, int depth)
    {
        if (AtLimit(entity, depth))
        {
            return FindDelimiter(body);
        }
        if (entity.TransferEncoding is TransferEncoding.SevenBit or TransferEncoding.EightBit or TransferEncoding.Binary or TransferEncoding.Unknown)
        {
            entity.Add(ReadEntity(body, depth + 1, ContentType.TextPlain, out var stop));
            return stop;
        }
        // Forbidden by RFC 2046 §5.2.1, yet sent; and a way to hide a message from those who do not look.
        entity.Defects.Add(MimeDefectKind.TransferEncodingOnComposite, "an attached message has a transfer encoding");
        var end = FindDelimiter(body);
        var content = ContentDecoder.DecodeAll(entity.TransferEncoding, _bytes.Span[body..ContentEnd(body, end)]);
        entity.Add(new MimeReader(content, _limits, _parts).ReadEntity(0, depth + 1, ContentType.TextPlain, out _));
        return end;
    }

    private bool AtLimit(MimeEntity entity, int depth)
    {
        entity.Note(depth >= _limits.MaxDepth, MimeDefectKind.DepthLimit, "the mail nests deeper than the limit");
        entity.Note(_parts.Count >= _limits.MaxParts, MimeDefectKind.PartLimit, "parts beyond the limit were left out");
        return depth >= _limits.MaxDepth || _parts.Count >= _limits.MaxParts;
    }

    // RFC 2046 §5.1.1 allows 70 characters; more are read, up to what fits a line.
    private static byte[]? BoundaryOf(MimeEntity entity)
    {
        var boundary = entity.ContentType.Parameter("boundary")?.TrimEnd(' ', '\t');
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 998)
        {
            entity.Defects.Add(MimeDefectKind.MissingBoundary, "the multipart names no boundary");
            return null;
        }
        return Encoding.UTF8.GetBytes(boundary);
    }

    // The next line, from `from` on (which is a line's start), that is a delimiter of any open multipart.
    private Delimiter FindDelimiter(int from)
    {
        if (_boundaries.Count > 0)
        {
            var span = _bytes.Span;
            for (var position = from; ;)
            {
                if (MatchAt(position, out var delimiter))
                {
                    return delimiter;
                }
                var next = span[position..].IndexOf("\n--"u8);
                if (next < 0)
                {
                    break;
                }
                position += next + 1;
            }
        }
        return new Delimiter(-1, _bytes.Length, _bytes.Length, true);
    }

    // delimiter = "--" boundary, close-delimiter = delimiter "--", each with transport-padding; the innermost counts.
    private bool MatchAt(int position, out Delimiter delimiter)
    {
        var span = _bytes.Span[position..];
        if (_boundaries.Count > 0 && span.StartsWith("--"u8))
        {
            var line = HeaderLines.FirstLine(span);
            var text = line[2..].TrimEnd(" \t\r\n"u8);
            for (var level = _boundaries.Count - 1; level >= 0; level--)
            {
                ReadOnlySpan<byte> boundary = _boundaries[level];
                if (text.StartsWith(boundary))
                {
                    var rest = text[boundary.Length..];
                    if (rest.IsEmpty || rest.SequenceEqual("--"u8))
                    {
                        delimiter = new Delimiter(level, position, position + line.Length, !rest.IsEmpty);
                        return true;
                    }
                }
            }
        }
        delimiter = default;
        return false;
    }

    // The line end before a delimiter belongs to the delimiter.
    private int ContentEnd(int from, Delimiter stop)
    {
        var end = stop.Start;
        if (stop.Level >= 0 && end > from && _bytes.Span[end - 1] == '\n')
        {
            end--;
            if (end > from && _bytes.Span[end - 1] == '\r')
            {
                end--;
            }
        }
        return Math.Max(from, end);
    }

    /// <summary>A delimiter line: whose (index of the open multipart, -1 for the end of the bytes), where, closing or not.</summary>
    private readonly record struct Delimiter(int Level, int Start, int End, bool Closes);

    /// <summary>Shared with the readers of encoded attached messages, so that the limit holds for the whole mail.</summary>
    private sealed class Counter
    {
        public int Count { get; set; }
    }
}
