using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// The queue's housekeeper, on a thread of its own: makes segments ahead of need, finds what still counts in a segment that is to be free, and
/// looks at the disk's free space.
/// </summary>
internal sealed class QueueKeeper(QueueStore store, QueueLog content, QueueLog state, IDiskDirectory directory, long freeSpaceFloor, TimeProvider time) : IWork
{
    private const int Patience = 500;               // milliseconds between two looks while there is trouble

    private long? _lookedAt;
    private long _octets = -1;
    private long? _triedAt;

    public int Step()
    {
        if (store.ToClean() is { } wanted)
        {
            store.Cleaned(Find(wanted.Segment, wanted.IsContent));
        }

        var wait = Space() ? Patience : IWork.Nothing;
        var trouble = content.Shelf.Trouble is not null || state.Shelf.Trouble is not null;
        if (trouble && _triedAt is { } at && time.GetElapsedTime(at).TotalMilliseconds < Patience)
        {
            return Patience;
        }

        var had = (content.Shelf.Spare, state.Shelf.Spare);
        var more = state.Shelf.Make() | content.Shelf.Make();
        _triedAt = time.GetTimestamp();
        trouble = content.Shelf.Trouble is not null || state.Shelf.Trouble is not null;
        if (had != (content.Shelf.Spare, state.Shelf.Spare) || trouble)
        {
            store.WakeLoop();
            store.Reckon();
        }

        return trouble ? Patience : more ? 0 : wait;
    }

    /// <summary>From the queue's thread after a batch.</summary>
    public bool WantsToLook(long octets) => octets - Volatile.Read(ref _octets) >= 4 << 20;

    /// <summary>Looks when a good deal was written, or a while after a refusal. True: below the floor, look again soon.</summary>
    private bool Space()
    {
        var low = store.DiskIsLow;
        var octets = store.OctetsWritten;
        if (_lookedAt is not { } at || octets - _octets >= 4 << 20 || (low && time.GetElapsedTime(at).TotalMilliseconds >= Patience))
        {
            (_octets, _lookedAt) = (octets, time.GetTimestamp());
            try
            {
                var space = directory.Space();
                low = space.FreeOctets < freeSpaceFloor || space.FreeFiles < 16;
            }
            catch (DiskException)
            {
                low = false;                        // some file systems cannot say
            }

            store.SetDisk(low);
        }

        return low;
    }

    /// <summary>Goes through a segment's records; a message counts if it is where the table says it is.</summary>
    private List<QueueMove> Find(QueueSegment segment, bool isContent)
    {
        var moves = new List<QueueMove>();
        var seen = new HashSet<int>();
        byte[] bytes;
        try
        {
            bytes = segment.File.File.ReadAll();
        }
        catch (DiskException)
        {
            return moves;
        }

        var scanner = new SegmentScanner(bytes, segment.Use, hasSuccessor: false, end: 0);
        for (Found found; (found = scanner.Next()) != Found.End;)
        {
            if (found == Found.Record && (isContent || scanner.Header.Kind == RecordKind.State)
                && store.FindIn(scanner.Header.Id, segment.Use, scanner.Offset, isContent) is >= 0 and var slot && seen.Add(slot))
            {
                moves.Add(new QueueMove(slot, scanner.Header.Id, segment.Use, isContent));
            }
        }

        return moves;
    }
}

/// <summary>Loads messages, on a thread of its own: whoever asks does not wait for the disk.</summary>
internal sealed class QueueLoader(QueueStore store) : IWork
{
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly Queue<QueueJob> _waiting = new();
    private readonly List<QueueJob> _done = [];
    private bool _closed;

    /// <summary>From any thread.</summary>
    public void Submit(QueueJob job)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _waiting.Enqueue(job);
                return;
            }
        }

        Refuse(job);
        store.Tell([job]);
    }

    public int Step()
    {
        while (_done.Count < Most && Next() is { } job)
        {
            if (store.Fault is null)
            {
                store.Load(job);
            }
            else
            {
                Refuse(job);
            }

            _done.Add(job);
        }

        if (_done.Count == 0)
        {
            return IWork.Nothing;
        }

        store.Tell(_done);
        _done.Clear();
        return 0;
    }

    /// <summary>After the thread has ended: who waits is told.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _closed = true;
        }

        while (Next() is { } job)
        {
            Refuse(job);
            _done.Add(job);
        }

        store.Tell(_done);
    }

    private QueueJob? Next()
    {
        lock (_gate)
        {
            return _waiting.TryDequeue(out var job) ? job : null;
        }
    }

    private static void Refuse(QueueJob job) => (job.Failure, job.Problem) = (StoreFailure.Unavailable, "the queue is closed");
}
