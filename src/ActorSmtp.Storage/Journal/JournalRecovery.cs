using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// Reads what an earlier run left: which messages wait, in order, and which recipients they still have. Harmed places
/// are copied to <c>journal/damaged/</c> and reported. Nothing is written into segments; the new run begins a new one.
/// </summary>
internal sealed unsafe partial class JournalRecovery(JournalMailStore store, IDisk disk, IDiskDirectory directory, StorageSettings settings, DateTimeOffset now)
{
    private readonly Dictionary<long, JournalMail> _waiting = [];
    private readonly Dictionary<MailId, List<RecordPlace>> _parts = [];
    private readonly HashSet<long> _gone = [];
    private readonly Dictionary<long, List<int>> _early = [];
    private readonly Dictionary<long, (RecordPlace[] Parts, RecordPlace Last, string What)> _incomplete = [];
    private readonly Dictionary<Segment, int> _stable = [];
    private readonly Dictionary<long, int> _ends = [];
    private readonly Dictionary<long, int> _unsealed = [];
    private readonly ImmutableArray<RecoveryDamage>.Builder _damage = ImmutableArray.CreateBuilder<RecoveryDamage>();
    private readonly List<JournalMail> _found = [];
    private readonly List<Segment> _segments = [];
    private readonly List<Segment> _doubtful = [];
    private readonly Dictionary<long, string> _unknown = [];
    private byte* _bytes;
    private nuint _room;
    private long _torn;
    private int _unfinished;
    private long _lastSequence;
    private long _floor;
    private bool _clean;

    public IReadOnlyList<JournalMail> Waiting => _found;

    /// <summary>Segments with what waits, oldest first.</summary>
    public IReadOnlyList<Segment> Retained { get; private set; } = [];

    /// <summary>Segments free for use, those used longest ago first.</summary>
    public IReadOnlyList<Segment> Free { get; private set; } = [];

    public long NextSegment { get; private set; } = 1;

    public long NextSequence => _lastSequence + 1;

    public long Floor => _floor;

    /// <summary>Where the records end in segments that were left without a seal: by this crash, or by one before.</summary>
    public IReadOnlyDictionary<long, int> Unsealed => _unsealed;

    public RecoveryReport Run(CancellationToken cancellation)
    {
        var delivered = 0L;
        try
        {
            OpenAll();
            var used = _segments.Where(segment => segment.Id > 0).OrderBy(segment => segment.Id).ToList();
            NextSegment = used.Count == 0 ? 1 : used[^1].Id + 1;
            var last = FindFloor(used);
            Doubt([.. used.Select(segment => segment.Id)], last);
            var needed = used.Where(segment => segment.Id >= _floor).ToList();
            needed.ForEach(ReadStart);
            foreach (var segment in needed)
            {
                cancellation.ThrowIfCancellationRequested();
                Read(segment, hasSuccessor: segment.Id < last && !_ends.ContainsKey(segment.Id));
            }

            delivered = _gone.Count;
            Settle();
            Share(used);
            return new RecoveryReport(now, used.Count == 0, _clean, _found.Count, _found.Sum(mail => mail.Length), delivered, _parts.Count + _unfinished,
                _torn, _segments.Count, TimeSpan.Zero, _damage.ToImmutable());
        }
        finally
        {
            NativeMemory.Free(_bytes);
        }
    }

    /// <summary>
    /// What lies below the floor is free. What only this recovery found to be empty is kept until the floor is on disk, for
    /// its deliveries are recorded in later segments; but where nothing is free, the oldest one is, as they are intact.
    /// </summary>
    private void Share(List<Segment> used)
    {
        var retained = used.Where(segment => segment.Id >= _floor).ToList();
        if (retained.Count == _segments.Count && retained.Count > 0 && retained[0].Live == 0)
        {
            retained.RemoveAt(0);
        }

        Retained = retained;
        Free = [.. _segments.Where(segment => !retained.Contains(segment)).OrderBy(segment => segment.Id)];
    }

    /// <summary>Every record carries the floor; the newest one that can be read has it. Answers the last segment with records.</summary>
    private long FindFloor(List<Segment> used)
    {
        for (var i = used.Count - 1; i >= 0; i--)
        {
            var scanner = new SegmentScanner(Load(used[i]), used[i].Id, hasSuccessor: false, end: 0);
            var any = false;
            for (Found found; (found = scanner.Next()) != Found.End;)
            {
                if (found == Found.Record)
                {
                    any = true;
                    _floor = Math.Max(_floor, scanner.Header.Floor);
                    _clean = scanner.Header.Kind == RecordKind.Clean;
                }
            }

            if (any)
            {
                return used[i].Id;
            }
        }

        return 0;
    }

    /// <summary>The first record of a run says where those before it ended.</summary>
    private void ReadStart(Segment segment)
    {
        var bytes = new byte[RecordHeader.Size + DoneList.MostOctets];
        var scanner = new SegmentScanner([.. new byte[Segment.Page], .. bytes.AsSpan(0, segment.File.Read(bytes, Segment.Page))], segment.Id, hasSuccessor: false, end: 0);
        if (scanner.Next() == Found.Record && scanner.Header.Kind == RecordKind.Start)
        {
            for (var i = 0; i < DoneList.Entries(scanner.Payload); i++)
            {
                var (id, end) = DoneList.Read(scanner.Payload, i);
                _ends[id] = end;
            }
        }
    }

    private void Read(Segment segment, bool hasSuccessor)
    {
        var scanner = new SegmentScanner(Load(segment), segment.Id, hasSuccessor, _ends.GetValueOrDefault(segment.Id));
        _unsealed[segment.Id] = Segment.Page;
        for (Found found; (found = scanner.Next()) != Found.End;)
        {
            if (found == Found.Torn)
            {
                _torn += scanner.BadLength;
            }
            else if (found == Found.Damage)
            {
                SetAside(segment, scanner.Offset, scanner.Bad, "records cannot be read");
            }
            else
            {
                _lastSequence = Math.Max(_lastSequence, scanner.Header.Sequence);
                _unsealed[segment.Id] = scanner.Position;
                if (scanner.Header.Kind == RecordKind.Seal)
                {
                    _unsealed.Remove(segment.Id);
                }

                _stable[segment] = hasSuccessor ? int.MaxValue : Math.Max(_stable.GetValueOrDefault(segment), scanner.Header.Stable);
                Take(segment, scanner);
            }
        }
    }

    private void Take(Segment segment, SegmentScanner scanner)
    {
        var header = scanner.Header;
        var place = new RecordPlace(segment, scanner.Offset, header.ContentLength, header.EnvelopeLength);
        switch (header.Kind)
        {
            case RecordKind.Chunk:
                if (!_parts.TryGetValue(header.Id, out var parts) || header.Index == 0)
                {
                    _parts[header.Id] = parts = [];
                }

                parts.Add(place);
                break;
            case RecordKind.Message:
                Keep(header, place, null, scanner.Envelope);
                break;
            case RecordKind.Commit:
                _parts.Remove(header.Id, out parts);
                if (parts?.Count == header.Index && parts.Sum(part => (long)part.ContentLength) + header.ContentLength == header.Total)
                {
                    Keep(header, place, [.. parts], scanner.Envelope);
                }
                else
                {
                    // Its first parts may lie in segments that were freed when it was delivered, or it was never stable.
                    _incomplete[header.Order] = ([.. parts ?? []], place, $"message {header.Id} has lost {header.Index - (parts?.Count ?? 0)} of {header.Index + 1} parts");
                }

                break;
            case RecordKind.Done:
                for (var i = 0; i < DoneList.Entries(scanner.Payload); i++)
                {
                    var (order, recipient) = DoneList.Read(scanner.Payload, i);
                    Finish(order, recipient);
                }

                break;
        }
    }

    private void Keep(RecordHeader header, RecordPlace place, RecordPlace[]? chunks, ReadOnlySpan<byte> envelope)
    {
        if (_gone.Contains(header.Order))
        {
            return;                                 // a copy moved here while its delivery was recorded
        }

        if (!EnvelopeBytes.TryRead(envelope, out var read))
        {
            if (!_waiting.ContainsKey(header.Order))
            {
                _unknown[header.Order] = $"journal/{place.Segment.Name} has at octet {place.Offset} message {header.Id}, whose envelope is unharmed and unknown to this program: run the version that wrote it until its journal is empty.";
            }

            return;
        }

        if (!_waiting.TryGetValue(header.Order, out var mail))
        {
            mail = new JournalMail(store, header.Id, header.Order, header.Total);
            mail.MarkFound();
            mail.Load(read);
            if (_waiting.Count >= JournalFeed.KeepLoaded)
            {
                mail.Spill();
            }

            _waiting.Add(header.Order, mail);
            if (_early.Remove(header.Order, out var early))
            {
                early.ForEach(recipient => Finish(header.Order, recipient));
            }
        }

        _incomplete.Remove(header.Order);
        _unknown.Remove(header.Order);
        mail.SetPlaces(place, chunks);              // a moved copy takes the older one's place
    }

    private void Finish(long order, int recipient)
    {
        if (recipient < 0)
        {
            _gone.Add(order);
            _waiting.Remove(order);
            _incomplete.Remove(order);
            _unknown.Remove(order);
            _early.Remove(order);
        }
        else if (_waiting.TryGetValue(order, out var mail))
        {
            mail.Finish(recipient, out _);
        }
        else if (!_gone.Contains(order))            // the message was moved, and its copy comes behind this record
        {
            if (!_early.TryGetValue(order, out var early))
            {
                _early[order] = early = [];
            }

            early.Add(recipient);
        }
    }

    private void Settle()
    {
        if (_unknown.Count > 0)
        {
            throw new StoreException(_unknown.MinBy(entry => entry.Key).Value);
        }

        foreach (var (parts, last, what) in _incomplete.Values)
        {
            if (last.Offset >= _stable[last.Segment])
            {
                _unfinished++;                      // of the last batch: nobody was told
                continue;
            }

            foreach (var part in parts.Append(last))
            {
                SetAside(part, what);
            }
        }

        foreach (var (id, parts) in _damage.Count > 0 ? _parts : [])
        {
            parts.ForEach(part => SetAside(part, $"of message {id} no end can be read: it was not acknowledged, or its end is harmed"));
        }

        foreach (var (_, mail) in _waiting.OrderBy(entry => entry.Key))
        {
            mail.Last.Segment.Pin(mail.Last);
            foreach (var place in mail.Chunks ?? [])
            {
                place.Segment.Pin(place);
            }

            _found.Add(mail);
        }
    }
}
