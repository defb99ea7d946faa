using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>A record of state that counts.</summary>
internal delegate void LiveState(Segment segment, int offset, in RecordHeader header, ReadOnlySpan<byte> payload);

/// <summary>A place in the log of state that cannot be read.</summary>
internal delegate void HarmedState(Segment segment, int offset, ReadOnlySpan<byte> octets);

/// <summary>
/// Reads the log of state from its newest record to its oldest, so that the first that is met of a message is the one that counts, and each segment is read
/// once. Changes nothing.
/// </summary>
internal sealed class QueueScan(IDiskDirectory directory, DiskAccess access, CancellationToken cancellation) : IDisposable
{
    private readonly Dictionary<long, int> _ends = [];
    private readonly List<(int Offset, RecordKind Kind)> _records = [];
    private byte[] _bytes = [];
    private long _last;

    /// <summary>All files, those never used (0) first.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>Segments below it are free.</summary>
    public long Floor { get; private set; }

    public long LastSequence { get; private set; }

    /// <summary>The last run ended in order.</summary>
    public bool IsClean { get; private set; }

    public long TornOctets { get; private set; }

    public HashSet<MailId> Removed { get; } = [];

    /// <summary>Segments in which removals are recorded.</summary>
    public HashSet<long> WithRemovals { get; } = [];

    /// <summary>Where the records end in segments that were left without a seal.</summary>
    public Dictionary<long, int> Unsealed { get; } = [];

    /// <summary>Uses that no file has.</summary>
    public List<(long First, long Last)> Gaps { get; private set; } = [];

    /// <summary>Tells each message's newest record, unless the message is gone.</summary>
    /// <param name="isKnown">Whether a newer record of it was told already.</param>
    public void Run(Func<MailId, bool> isKnown, LiveState live, HarmedState harmed)
    {
        Open();
        FindFloor();
        var needed = Segments.Where(segment => segment.Id >= Math.Max(1, Floor) && segment.Id <= _last).ToList();
        needed.ForEach(ReadStart);
        for (var i = needed.Count - 1; i >= 0; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            Read(needed[i], isKnown, live, harmed);
        }
    }

    public void Dispose() => Segments.ForEach(segment => segment.File.Dispose());

    /// <summary>Opens the segment files of a directory, each with its use; by its first page, or where that is lost by its records.</summary>
    public static IEnumerable<Segment> OpenAll(IDiskDirectory directory, DiskAccess access)
    {
        foreach (var name in directory.List().Where(SegmentUse.IsSegment).Order(StringComparer.Ordinal).ToList())
        {
            var file = directory.Open(name, access);
            var segment = new Segment(name, file, (int)file.Length);
            if (SegmentUse.OfFirstPage(file, name) is > 0 and var use)
            {
                segment.Id = use;
            }
            else
            {
                var bytes = file.ReadAll();
                segment.Id = bytes.AsSpan().ContainsAnyExcept((byte)0) ? SegmentUse.OfRecords(bytes) : 0;
            }

            yield return segment;
        }
    }

    private void Open()
    {
        Segments.AddRange(OpenAll(directory, access));
        foreach (var twice in Segments.Where(segment => segment.Id > 0).GroupBy(segment => segment.Id).Where(group => group.Count() > 1).SelectMany(group => group.Skip(1)))
        {
            twice.Id = 0;                           // of one use there is one file; the other's first page is an older one's
        }

        Segments.Sort((left, right) => left.Id.CompareTo(right.Id));
    }

    /// <summary>Every record carries the floor; the newest one that can be read has it.</summary>
    private void FindFloor()
    {
        for (var i = Segments.Count - 1; i >= 0 && Segments[i].Id > 0; i--)
        {
            var scanner = new SegmentScanner(Load(Segments[i]), Segments[i].Id, hasSuccessor: false, end: 0);
            var any = false;
            for (Found found; (found = scanner.Next()) != Found.End;)
            {
                if (found == Found.Record)
                {
                    any = true;
                    Floor = Math.Max(Floor, scanner.Header.Floor);
                    IsClean = scanner.Header.Kind == RecordKind.Clean;
                }
            }

            if (any)
            {
                _last = Segments[i].Id;
                Gaps = SegmentUse.Gaps(Segments.Select(segment => segment.Id).Where(id => id > 0), Floor, _last);
                return;
            }
        }
    }

    /// <summary>The first record of a run says where those before it ended.</summary>
    private void ReadStart(Segment segment)
    {
        var bytes = new byte[Segment.Page + DoneList.MostRecord];
        var scanner = new SegmentScanner(bytes.AsSpan(0, segment.File.Read(bytes, 0)), segment.Id, hasSuccessor: false, end: 0);
        if (scanner.Next() == Found.Record && scanner.Header.Kind == RecordKind.Start)
        {
            for (var i = 0; i < DoneList.Entries(scanner.Payload); i++)
            {
                var (id, end) = DoneList.Read(scanner.Payload, i);
                _ends[id] = end;
            }
        }
    }

    private void Read(Segment segment, Func<MailId, bool> isKnown, LiveState live, HarmedState harmed)
    {
        var bytes = Load(segment);
        var hasSuccessor = segment.Id < _last && !_ends.ContainsKey(segment.Id);
        var scanner = new SegmentScanner(bytes, segment.Id, hasSuccessor, _ends.GetValueOrDefault(segment.Id));
        _records.Clear();
        Unsealed[segment.Id] = Segment.Page;
        for (Found found; (found = scanner.Next()) != Found.End;)
        {
            switch (found)
            {
                case Found.Torn:
                    TornOctets += scanner.BadLength;
                    break;
                case Found.Damage:
                    harmed(segment, scanner.Offset, scanner.Bad);
                    break;
                default:
                    LastSequence = Math.Max(LastSequence, scanner.Header.Sequence);
                    Unsealed[segment.Id] = scanner.Position;
                    if (scanner.Header.Kind == RecordKind.Seal)
                    {
                        Unsealed.Remove(segment.Id);
                    }
                    else if (scanner.Header.Kind is RecordKind.State or RecordKind.Removed)
                    {
                        _records.Add((scanner.Offset, scanner.Header.Kind));
                    }

                    break;
            }
        }

        for (var i = _records.Count - 1; i >= 0; i--)
        {
            RecordHeader.TryRead(bytes[_records[i].Offset..], out var header);
            var payload = bytes.Slice(_records[i].Offset + RecordHeader.Size, header.PayloadLength);
            if (header.Kind == RecordKind.Removed)
            {
                WithRemovals.Add(segment.Id);
                for (; payload.Length >= MailId.Size; payload = payload[MailId.Size..])
                {
                    var id = MailId.Read(payload);
                    if (!isKnown(id))               // else it came back after that
                    {
                        Removed.Add(id);
                    }
                }
            }
            else if (!Removed.Contains(header.Id) && !isKnown(header.Id))
            {
                live(segment, _records[i].Offset, header, payload);
            }
        }
    }

    private ReadOnlySpan<byte> Load(Segment segment)
    {
        if (_bytes.Length < segment.Size)
        {
            _bytes = new byte[segment.Size];
        }

        return _bytes.AsSpan(0, segment.File.Read(_bytes.AsSpan(0, segment.Size), 0));
    }
}
