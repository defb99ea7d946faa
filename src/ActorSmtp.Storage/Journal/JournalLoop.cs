using System.Diagnostics;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// The journal's thread: gathers all that waits, writes it at once, syncs once, and tells everybody. What arrives
/// meanwhile is the next batch: a lone client waits for one sync, a crowd shares it. Everything about segments in use
/// belongs to this thread. Reads like: gather → place → write → sync → finish.
/// </summary>
internal sealed partial class JournalLoop : IWork
{
    /// <summary>More than so much is not put under one sync.</summary>
    private const int MostOctets = 8 << 20;

    /// <summary>Deliveries wait so long for a message to ride with.</summary>
    private const int DonePatience = 2;

    /// <summary>After a move that failed, which may have been for want of space.</summary>
    private const int MovePatience = 5000;

    /// <summary>After a write that found no space.</summary>
    private const int NoSpacePatience = 200;

    private readonly JournalMailStore _store;
    private readonly SegmentShelf _shelf;
    private readonly bool _sync;
    private readonly TimeProvider _time;
    private readonly Queue<Append> _work = new();
    private readonly List<Append> _portion = [];
    private readonly List<JournalMail> _fresh = [];
    private readonly LinkedList<Segment> _retained = [];
    private readonly Dictionary<long, JournalMail> _live = [];
    private readonly VectorList _vectors = new();
    private readonly DoneList _done = new();
    private IReadOnlyDictionary<long, int>? _unsealed;
    private Append? _incoming;
    private Segment? _current;
    private CompletionBatch? _completions;
    private long _nextSegment;
    private long _sequence;
    private long _beginSequence;
    private long _durableFloor;
    private long _writtenFloor;
    private long? _noSpaceAt;
    private long _movedAt;
    private int _begin;
    private int _position;
    private int _stable;
    private long _announcedAt;
    private volatile bool _crowded;
    private volatile bool _closing;

    public JournalLoop(JournalMailStore store, SegmentShelf shelf, bool sync, TimeProvider time)
    {
        _store = store;
        _shelf = shelf;
        _sync = sync;
        _time = time;
    }

    public long Batches { get; private set; }

    public long Syncs { get; private set; }

    public long Octets { get; private set; }

    public int Moved { get; private set; }

    public int Unrecorded => _done.Count;

    /// <summary>Deliveries told so far, and how many of them are on record. From any thread.</summary>
    public (long Asked, long Stable) Deliveries => _done.Ever;

    public bool Closed { get; private set; }

    public long AnnouncedAt => Volatile.Read(ref _announcedAt);

    /// <summary>Takes over what recovery found; before the thread starts.</summary>
    public void Resume(IEnumerable<Segment> retained, IEnumerable<JournalMail> waiting, IReadOnlyDictionary<long, int> unsealed, long nextSegment, long nextSequence, long floor)
    {
        _unsealed = unsealed;
        foreach (var segment in retained)
        {
            _retained.AddLast(segment);
        }

        foreach (var mail in waiting)
        {
            _live.Add(mail.Sequence, mail);
        }

        (_nextSegment, _sequence, _beginSequence, _durableFloor) = (nextSegment, nextSequence, nextSequence, floor);
    }

    /// <summary>From any thread.</summary>
    public void Submit(Append append)
    {
        Append? top;
        do
        {
            top = Volatile.Read(ref _incoming);
            append.Next = top;
        }
        while (Interlocked.CompareExchange(ref _incoming, append, top) != top);
    }

    /// <summary>
    /// From any thread: a message begins to come. True: the thread has to be woken, since it takes as long to wake as a lone client takes to
    /// send. In a crowd somebody waits for the sync anyhow, and looking for work would take a core from those who bring it.
    /// </summary>
    public bool Announce()
    {
        if (_crowded)
        {
            return false;
        }

        Volatile.Write(ref _announcedAt, Stopwatch.GetTimestamp());
        return true;
    }

    /// <summary>From any thread; true when the thread has to be woken for it.</summary>
    public bool Done(JournalMail mail, int recipient) => _done.Add(mail, recipient, _time.GetTimestamp());

    /// <summary>From any thread: write what is there, then an end mark, and stop.</summary>
    public void Close() => _closing = true;

    public int Step()
    {
        Gather();
        if (_store.Fault is not null)
        {
            return GiveUp();
        }

        var wait = _work.Count > 0 ? 0 : Idle();
        if (wait != 0)
        {
            return wait;
        }

        try
        {
            return WriteAll();
        }
        catch (DiskException failed)
        {
            _store.Fail(new StoreFault(failed.Operation, failed.Message));     // the page may be gone: nothing is tried again
            return GiveUp();
        }
    }

    private void Gather()
    {
        if (Volatile.Read(ref _incoming) is null)
        {
            return;
        }

        Append? reversed = null;
        for (var at = Interlocked.Exchange(ref _incoming, null); at is not null;)
        {
            var next = at.Next;
            at.Next = reversed;
            reversed = at;
            at = next;
        }

        for (; reversed is not null; reversed = reversed.Next)
        {
            _work.Enqueue(reversed);
        }
    }

    /// <summary>Zero: something is due although no message waits.</summary>
    private int Idle()
    {
        if (_closing)
        {
            return Closed ? IWork.Nothing : 0;
        }

        // It frees a segment, and one is needed; or it makes void what a write without space may have left of refused messages.
        var needsNote = (Floor() > _durableFloor && _shelf.Spare < 2) || _noSpaceAt is not null;
        if (!_done.TryPeek(out var since) && !needsNote)
        {
            return IWork.Nothing;
        }

        if (_noSpaceAt is { } failed && _time.GetElapsedTime(failed).TotalMilliseconds < NoSpacePatience)
        {
            return NoSpacePatience;
        }

        if (needsNote)
        {
            return 0;
        }

        var waited = _time.GetElapsedTime(since).TotalMilliseconds;
        var patience = _shelf.Spare > 0 ? DonePatience : NoSpacePatience;       // room is dear: few and large
        return waited >= patience ? 0 : Math.Max(1, (int)Math.Ceiling(patience - waited));
    }

    private int WriteAll()
    {
        _completions = _store.RentCompletions();
        var placed = true;
        while (placed && _work.TryPeek(out var append))
        {
            placed = TryPlace(append);
            if (placed)
            {
                _work.Dequeue();
                if (_position - _begin >= MostOctets)
                {
                    Flush(RecordKind.Note);
                }
            }
        }

        if (placed || _shelf.Trouble is not null)
        {
            placed = Finish();
        }

        _crowded = _completions.Count > 2;
        _store.AfterBatch();
        _store.Complete(_completions);
        _completions = null;
        return placed ? 0 : 100;                    // no segment is ready: the keeper wakes us when one is
    }

    /// <summary>False: no segment has room for it, and it waits.</summary>
    private bool TryPlace(Append append)
    {
        int[] completed = [];
        if (append.Writer!.Moves is { } moved && !moved.TryGetCompleted(out completed))
        {
            append.Writer.Fail(StoreFailure.Unavailable);   // a copy behind the record of its delivery would bring it back
        }

        if (append.Kind == AppendKind.Abort || append.Writer.Failure is not null)
        {
            _portion.Add(append);                   // behind its own chunks, which may stand in this portion
            return true;
        }

        if (!HasRoom(append, append.RecordLength + MovedDone.Octets(completed.Length)) && !TryRoll(append.Writer.Moves is not null))
        {
            if (_noSpaceAt is null && _shelf.Trouble is null)
            {
                return false;
            }

            append.Writer.Fail(_shelf.Trouble is { Error: not DiskError.NoSpace } ? StoreFailure.Unavailable : StoreFailure.Full);
            _portion.Add(append);
            return true;
        }

        append.Place = new RecordPlace(_current!, _position, append.ContentLength, append.EnvelopeLength);
        var header = Header(append.Kind switch
        {
            AppendKind.Message => RecordKind.Message,
            AppendKind.Chunk => RecordKind.Chunk,
            _ => RecordKind.Commit,
        });
        (header.Id, header.Index, header.Total) = (append.Writer.Id, append.Index, append.Total);
        (header.ContentLength, header.EnvelopeLength, header.PayloadCrc) = (append.ContentLength, append.EnvelopeLength, append.PayloadCrc);
        header.Order = append.Writer.Moves?.Sequence ?? header.Sequence;
        append.Order = header.Order;
        header.Write(append.Head!.Bytes);
        _position += append.RecordLength;
        if (completed.Length > 0 && append.Kind != AppendKind.Chunk)
        {
            _position += MovedDone.AddTo(append.Head, header.Order, completed, _store.Pool, () => Header(RecordKind.Done));
        }

        for (var block = append.Head; block is not null; block = block.Next)
        {
            _vectors.Add(block);
        }

        _portion.Add(append);
        return true;
    }

    /// <summary>In the last segment that is to be had, messages leave room for what makes others free, and copies for the records of deliveries.</summary>
    private bool HasRoom(Append append, int length) => _current is not null
        && _current.HasRoom(_position, length + (_shelf.Spare > 0 ? 0 : _current.Size / (append.Writer!.Moves is null ? 4 : 8)));

    /// <summary>Seals the present segment and takes the next one. False: none is ready, or there was no space for the seal.</summary>
    private bool TryRoll(bool makesRoom)
    {
        var next = _shelf.Take(makesRoom);
        if (next is null)
        {
            _store.WakeKeeper();
            return false;
        }

        if (_current is not null && !Flush(RecordKind.Seal))
        {
            _shelf.Free(next);                      // what follows a segment without a seal would make its end look damaged
            return false;
        }

        if (_current is not null)
        {
            _shelf.Full(_current);
        }

        next.Begin(_nextSegment++);
        _retained.AddLast(next);
        _current = next;
        BeginSegment();
        if (_shelf.Wants)
        {
            _store.WakeKeeper();
        }

        return true;
    }

    /// <summary>The first page, and the first record of the run where this is its first segment.</summary>
    private void BeginSegment()
    {
        _vectors.Clear();
        (_begin, _position, _stable) = (0, Segment.Page, Segment.Page);
        _vectors.AddPage(_current!);
        if (_unsealed is not { Count: > 0 } unsealed)
        {
            return;
        }

        var payload = DoneList.Write(unsealed.OrderByDescending(entry => entry.Key).Take(DoneList.Most).Select(entry => (entry.Key, entry.Value)));
        var header = Header(RecordKind.Start);
        header.ContentLength = payload.Length;
        header.PayloadCrc = Crc32C.Of(payload);
        _vectors.Add(header, payload);
        _position += header.RecordLength;
    }

    /// <summary>The end of a round: deliveries ride along, and all is made stable. False: there was no room for deliveries.</summary>
    private bool Finish()
    {
        var needed = _done.Count > 0 || _closing || (_portion.Count == 0 && (Floor() > _durableFloor || _noSpaceAt is not null));
        var room = _current?.HasRoom(_position, DoneList.MostRecord) ?? false;
        if (needed && !room)
        {
            room = TryRoll(makesRoom: true);
        }

        if (_portion.Count > 0 || (needed && room))
        {
            Flush(_closing && _work.Count == 0 && room ? RecordKind.Clean : RecordKind.Note);
        }

        return room || !needed;
    }

    private RecordHeader Header(RecordKind kind) => new()
    {
        Kind = kind,
        Segment = _current!.Id,
        Sequence = _sequence,
        Order = _sequence++,
        Floor = Floor(),
        Stable = _stable,
        PayloadCrc = Crc32C.Of([]),
    };

    /// <summary>The first segment that is still needed: all before it are free once this is on disk.</summary>
    private long Floor()
    {
        foreach (var segment in _retained)
        {
            if (segment.Live > 0 || segment == _current)
            {
                return segment.Id;
            }
        }

        return _nextSegment;
    }
}
