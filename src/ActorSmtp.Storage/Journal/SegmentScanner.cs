namespace ActorSmtp.Storage.Journal;

/// <summary>What a scan met.</summary>
internal enum Found
{
    /// <summary>A record, whole and unharmed.</summary>
    Record,

    /// <summary>Octets that were stable and cannot be read as records.</summary>
    Damage,

    /// <summary>The last batch, not wholly on disk: nobody was told it was stored.</summary>
    Torn,

    /// <summary>The end.</summary>
    End,
}

/// <summary>
/// Reads one segment's records from memory. What stops it is judged by evidence: every record says up to where its
/// segment was stable when it was written, numbers have no gaps, and a full segment ends in a seal. So a harmed place is
/// told from a torn tail, and reading goes on behind either.
/// </summary>
internal ref struct SegmentScanner
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _segment;
    private readonly bool _hasSuccessor;
    private readonly int _end;
    private long _last = -1;
    private bool _sealed;

    /// <param name="hasSuccessor">The same run went on in a later segment: so this one was stable up to its seal.</param>
    /// <param name="end">Where a later start found its end; 0 where none did.</param>
    public SegmentScanner(ReadOnlySpan<byte> bytes, long segment, bool hasSuccessor, int end)
    {
        _end = end;
        _bytes = bytes;
        _segment = segment;
        _hasSuccessor = hasSuccessor;
        Position = Math.Min(Segment.Page, bytes.Length);
    }

    public int Position { get; private set; }

    public RecordHeader Header { get; private set; }

    public int Offset { get; private set; }

    /// <summary>Of a harmed or torn place.</summary>
    public int BadLength { get; private set; }

    public readonly ReadOnlySpan<byte> Payload => _bytes.Slice(Offset + RecordHeader.Size, Header.PayloadLength);

    public readonly ReadOnlySpan<byte> Content => Payload[..Header.ContentLength];

    public readonly ReadOnlySpan<byte> Envelope => Payload[Header.ContentLength..];

    public readonly ReadOnlySpan<byte> Bad => _bytes.Slice(Offset, BadLength);

    public Found Next()
    {
        if (_sealed)
        {
            return Found.End;
        }

        if (TryAt(Position, follows: true) || (IsPadding(Position, out var page) && TryAt(page, follows: true)))
        {
            return Found.Record;
        }

        return Judge();
    }

    private Found Judge()
    {
        var from = Position;
        var next = Search(from);
        if (next < 0 && !_hasSuccessor && from < _end)
        {
            (Offset, BadLength, Position, _sealed) = (from, _end - from, _bytes.Length, true);
            return Found.Damage;
        }

        if (next < 0 && !_hasSuccessor)
        {
            Offset = from;
            BadLength = TornLength(from);
            Position = _bytes.Length;
            _sealed = true;
            return BadLength > 0 ? Found.Torn : Found.End;
        }

        Offset = from;
        BadLength = (next < 0 ? _bytes.Length : next) - from;
        Position = next < 0 ? _bytes.Length : next;
        _sealed = next < 0;
        if (next >= 0 && RecordHeader.TryRead(_bytes[next..], out var header))
        {
            _last = header.Sequence - 1;
        }

        return WasStable(from, Position) ? Found.Damage : Found.Torn;
    }

    /// <summary>A record is taken where it is of this use of the segment, unharmed, and the next in number; a note may skip numbers.</summary>
    private bool TryAt(int offset, bool follows)
    {
        if (offset >= _bytes.Length || !RecordHeader.TryRead(_bytes[offset..], out var header) || header.Segment != _segment
            || (follows ? _last >= 0 && header.Sequence != _last + 1 + header.Skipped : header.Sequence <= _last)
            || Crc32C.Of(_bytes.Slice(offset + RecordHeader.Size, header.PayloadLength)) != header.PayloadCrc)
        {
            return false;
        }

        if (follows)
        {
            Header = header;
            Offset = offset;
            Position = Math.Min(offset + header.RecordLength, _bytes.Length);       // a file cut within the padding behind its last record
            _last = header.Sequence;
            _sealed = header.Kind == RecordKind.Seal;
        }

        return true;
    }

    private readonly bool IsPadding(int offset, out int page)
    {
        page = (offset + Segment.Page - 1) & -Segment.Page;
        return page > offset && page <= _bytes.Length && !_bytes[offset..page].ContainsAnyExcept((byte)0);
    }

    private int Search(int from)
    {
        ReadOnlySpan<byte> magic = "AMSJ"u8;
        for (var at = (from + 7) & ~7; at < _bytes.Length;)
        {
            var hit = _bytes[at..].IndexOf(magic);
            if (hit < 0)
            {
                return -1;
            }

            at += hit;
            if (at % 8 == 0 && TryAt(at, follows: false))
            {
                return at;
            }

            at++;
        }

        return -1;
    }

    /// <summary>Whether something later proves that this place had been synced.</summary>
    private readonly bool WasStable(int from, int next)
    {
        if (_hasSuccessor)
        {
            return true;
        }

        for (var at = next; at < _bytes.Length;)
        {
            if (!RecordHeader.TryRead(_bytes[at..], out var header) || header.Segment != _segment)
            {
                at = (at + 8) & ~7;
                var hit = at < _bytes.Length ? _bytes[at..].IndexOf("AMSJ"u8) : -1;
                if (hit < 0)
                {
                    return false;
                }

                at += hit;
                continue;
            }

            if (header.Stable > from)
            {
                return true;
            }

            at += header.RecordLength;
        }

        return false;
    }

    /// <summary>How much of the last batch is there: up to the last octet that belongs to a record begun in this use of the file, here or at the next page.</summary>
    private readonly int TornLength(int from)
    {
        var at = IsPadding(from, out var page) ? page : from;
        var length = RecordHeader.TryRead(_bytes[at..], out var header) && header.Segment == _segment ? header.RecordLength
            : _bytes[at..].StartsWith("AMSJ"u8) && IsOurs(at) ? Math.Min(RecordHeader.Size, _bytes.Length - at) : 0;
        return length == 0 ? 0 : Math.Min(at + length, _bytes.Length) - from;
    }

    private readonly bool IsOurs(int from) =>
        _bytes.Length - from >= 16 && System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(_bytes[(from + 8)..]) == _segment;
}
