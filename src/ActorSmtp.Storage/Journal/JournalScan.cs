using System.Collections.Immutable;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>The work of <see cref="JournalReader"/>.</summary>
internal sealed class JournalScan(IDiskDirectory directory, Action<JournalEntry>? tell, CancellationToken cancellation)
{
    private readonly Dictionary<long, long> _waiting = [];
    private readonly HashSet<long> _gone = [];
    private long _records;
    private long _torn;
    private int _damage;
    private bool _clean;

    public JournalSummary Run()
    {
        var (uses, floor, last, ends, gaps) = Survey();
        for (var looks = 1; gaps.Count > 0 && looks < 3; looks++)
        {
            (uses, floor, last, ends, gaps) = Survey();     // a server may have gone on to other files between two looks
        }

        foreach (var (first, end) in gaps)
        {
            _damage++;
            tell?.Invoke(new JournalEntry("(none)", first, 0, "damage", 0, 0, null, end - first, null, []));
        }

        var needed = uses.Where(segment => segment.Use > 0 && segment.Use >= floor && segment.Use <= last).ToList();
        foreach (var (name, use) in needed)
        {
            cancellation.ThrowIfCancellationRequested();
            Scan(name, use, use < last && !ends.ContainsKey(use), ends.GetValueOrDefault(use));
        }

        return new JournalSummary(uses.Count, uses.Count - needed.Count, _records, _waiting.Count, _waiting.Values.Sum(), _gone.Count, _clean, _damage, _torn);
    }

    private long Use(string name)
    {
        using var file = directory.Open(name, DiskAccess.Read);
        return SegmentUse.OfFirstPage(file, name) is > 0 and var use ? use : SegmentUse.OfRecords(file.ReadAll());
    }

    private (List<(string Name, long Use)> Uses, long Floor, long Last, Dictionary<long, int> Ends, List<(long First, long Last)> Gaps) Survey()
    {
        var uses = directory.List().Where(SegmentUse.IsSegment).Order(StringComparer.Ordinal)
            .Select(name => (Name: name, Use: Use(name))).OrderBy(segment => segment.Use).ToList();
        var (floor, last, ends) = Survey([.. uses.Where(segment => segment.Use > 0)]);
        return (uses, floor, last, ends, SegmentUse.Gaps(uses.Select(segment => segment.Use), floor, last));
    }

    /// <summary>The floor and the last segment with records, from the newest ones; then what each run says of those before it.</summary>
    private (long Floor, long Last, Dictionary<long, int> Ends) Survey(List<(string Name, long Use)> segments)
    {
        var (floor, last) = (0L, 0L);
        for (var i = segments.Count - 1; i >= 0 && last == 0; i--)
        {
            var scanner = new SegmentScanner(Bytes(segments[i].Name), segments[i].Use, hasSuccessor: false, end: 0);
            for (Found found; (found = scanner.Next()) != Found.End;)
            {
                if (found == Found.Record)
                {
                    (floor, last) = (Math.Max(floor, scanner.Header.Floor), segments[i].Use);
                }
            }
        }

        var ends = new Dictionary<long, int>();
        foreach (var (name, use) in segments.Where(segment => segment.Use >= floor))
        {
            var scanner = new SegmentScanner(Bytes(name), use, hasSuccessor: false, end: 0);
            if (scanner.Next() == Found.Record && scanner.Header.Kind == RecordKind.Start)
            {
                for (var i = 0; i < DoneList.Entries(scanner.Payload); i++)
                {
                    var (id, end) = DoneList.Read(scanner.Payload, i);
                    ends[id] = end;
                }
            }
        }

        return (floor, last, ends);
    }

    private void Scan(string name, long use, bool hasSuccessor, int end)
    {
        var scanner = new SegmentScanner(Bytes(name), use, hasSuccessor, end);
        for (Found found; (found = scanner.Next()) != Found.End;)
        {
            if (found != Found.Record)
            {
                _damage += found == Found.Damage ? 1 : 0;
                _torn += found == Found.Torn ? scanner.BadLength : 0;
                tell?.Invoke(new JournalEntry(name, use, scanner.Offset, found == Found.Damage ? "damage" : "torn", 0, scanner.BadLength, null, 0, null, []));
                continue;
            }

            _records++;
            Take(name, use, scanner);
        }
    }

    private void Take(string name, long use, SegmentScanner scanner)
    {
        var header = scanner.Header;
        _clean = header.Kind == RecordKind.Clean;
        var done = ImmutableArray<(long, int)>.Empty;
        Envelope? envelope = null;
        if (header.Kind is RecordKind.Message or RecordKind.Commit)
        {
            EnvelopeBytes.TryRead(scanner.Envelope, out envelope);
            if (!_gone.Contains(header.Order))
            {
                _waiting[header.Order] = header.Total;
            }
        }
        else if (header.Kind == RecordKind.Done)
        {
            var pairs = ImmutableArray.CreateBuilder<(long, int)>();
            for (var i = 0; i < DoneList.Entries(scanner.Payload); i++)
            {
                var (order, recipient) = DoneList.Read(scanner.Payload, i);
                pairs.Add((order, recipient));
                if (recipient < 0)
                {
                    _gone.Add(order);
                    _waiting.Remove(order);
                }
            }

            done = pairs.ToImmutable();
        }

        tell?.Invoke(new JournalEntry(name, use, scanner.Offset, header.Kind.ToString().ToLowerInvariant(), header.Sequence, header.RecordLength,
            header.Kind is RecordKind.Message or RecordKind.Chunk or RecordKind.Commit ? header.Id : null, header.ContentLength, envelope, done));
    }

    private byte[] Bytes(string name)
    {
        using var file = directory.Open(name, DiskAccess.Read);
        return file.ReadAll();
    }
}
