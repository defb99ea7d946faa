using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// The queue on disk: two logs under <c>queue/</c>, one of content and one of state (docs/queue-format.md). This class joins the parts: the
/// queue's thread, its housekeeper, the loader, and the table of where everything lies, which they share under <see cref="Gate"/>.
/// </summary>
internal sealed partial class QueueStore : IQueueStore
{
    /// <summary>Files of content and of state at most this large.</summary>
    private const long LargestContent = 32 << 20, LargestState = 8 << 20;

    /// <summary>Segments kept ready of each.</summary>
    private const int Ready = 3;

    private readonly StorageSettings _settings;
    private readonly long _mostMessages;
    private readonly IDisk _disk;
    private readonly IWorkThreads _threads;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<StoreFault> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly QueueTable _table = new();
    private readonly Dictionary<int, QueuePlace[]> _large = [];
    private readonly Dictionary<int, OpenRecords> _open = [];
    private readonly List<IDisposable> _held = [];
    private readonly QueueLoader _loader;
    private HashSet<MailId>? _removed;
    private IQueueObserver? _observer;
    private QueueLog? _content;
    private QueueLog? _state;
    private QueueLoop? _loop;
    private QueueKeeper? _keeper;
    private IWorkThread? _loopThread;
    private IWorkThread? _keeperThread;
    private IWorkThread? _loaderThread;
    private StorePressure _pressure = StorePressure.Full(PressureReason.Fault);
    private StoreFault? _fault;
    private long _messages;
    private long _octets;
    private volatile bool _isOpen;
    private volatile bool _diskIsLow;
    private bool _isFull;
    private (QueueSegment Segment, bool IsContent)? _toClean;
    private List<QueueMove>? _cleaned;

    /// <param name="mostMessages">With so many messages <see cref="Pressure"/> is full.</param>
    public QueueStore(StorageSettings settings, long mostMessages, IDisk disk, IWorkThreads threads, TimeProvider time)
    {
        (_settings, _mostMessages, _disk, _threads, _time) = (settings, mostMessages, disk, threads, time);
        _loader = new QueueLoader(this);
    }

    public StorePressure Pressure => _pressure;

    public Task<StoreFault> Faulted => _faulted.Task;

    public QueueStatistics Statistics
    {
        get
        {
            int open;
            lock (Gate)
            {
                open = _open.Count;
            }

            return new QueueStatistics(
                Interlocked.Read(ref _messages), Interlocked.Read(ref _octets), open, _loop?.Added ?? 0, _loop?.Saved ?? 0, _loop?.Removed ?? 0,
                (_content?.Syncs ?? 0) + (_state?.Syncs ?? 0), OctetsWritten, _loop?.Moved ?? 0, _content?.Shelf.Count ?? 0, _state?.Shelf.Count ?? 0);
        }
    }

    /// <summary>Guards the table, and which messages are open.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>A segment of state is not let go while somebody reads one.</summary>
    internal Lock FreeGate { get; } = new();

    internal StoreFault? Fault => Volatile.Read(ref _fault);

    internal bool DiskIsLow => _diskIsLow;

    internal long OctetsWritten => (_content?.Octets ?? 0) + (_state?.Octets ?? 0);

    internal int MostPayload { get; private set; }

    internal int MostState { get; private set; }

    /// <summary>Deliveries of content written anew, for tests.</summary>
    internal long Moved => _loop?.Moved ?? 0;

    public async Task<QueueRecoveryReport> OpenAsync(QueueFound found, IQueueObserver observer, CancellationToken cancellation)
    {
        try
        {
            return await _threads.Call(() => Open(found, observer, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The queue of outbound mail cannot be opened: {failed.Message}.", failed);
        }
    }

    public void Submit(ReadOnlySpan<QueueJob> jobs)
    {
        if (_loop is not { } loop || !_isOpen)
        {
            foreach (var job in jobs)
            {
                (job.Failure, job.Problem) = (StoreFailure.Unavailable, "the queue is closed");
            }

            _observer?.OnDone(jobs);
            return;
        }

        var (first, loads) = (0, false);
        for (var i = 0; i < jobs.Length; i++)
        {
            if (jobs[i].Kind == QueueJobKind.Load)
            {
                loop.Submit(jobs[first..i]);
                first = i + 1;
                _loader.Submit(jobs[i]);
                loads = true;
            }
        }

        loop.Submit(jobs[first..]);
        WakeLoop();
        if (loads)
        {
            _loaderThread?.Wake();
        }
    }

    public bool WasRemoved(MailId id) => Volatile.Read(ref _removed)?.Contains(id) ?? false;

    public void ForgetRemoved() => Volatile.Write(ref _removed, null);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not { } loop)
        {
            return;
        }

        _isOpen = false;
        Reckon();
        loop.Close();
        await _loopThread!.Until(() => loop.Closed).ConfigureAwait(false);
        _keeperThread!.Dispose();
        _loaderThread!.Dispose();
        _loopThread!.Dispose();
        _loop = null;
        loop.Abandon();
        _loader.Abandon();
        _content!.Dispose();
        _state!.Dispose();
        _held.ForEach(held => held.Dispose());
    }

    /// <summary>Opens on the caller's thread.</summary>
    internal QueueRecoveryReport Open(QueueFound found, IQueueObserver observer, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        _observer = observer;
        var root = Directory("");
        _held.Add(root.TryLock("lock") ?? throw new StoreException($"{root.Path} is in use by another server: stop that one, or give this one another data-dir."));
        var (contentDirectory, stateDirectory) = (Directory("/content"), Directory("/state"));
        var sync = _settings.Sync == SyncPolicy.Always;
        var (contentSize, stateSize) = ((int)Math.Min(_settings.SegmentSize, LargestContent), (int)Math.Min(_settings.SegmentSize, LargestState));
        var recovery = new QueueRecovery(_disk, root, contentDirectory, stateDirectory, cancellation);
        var report = recovery.Run(id => _table.Find(id) >= 0, (id, places, state, octets) =>
        {
            var slot = Keep(id, places, state);
            found(slot, id, places.Sum(place => (long)place.ContentLength), octets);
        });
        _removed = recovery.Removed;
        (MostPayload, MostState) = (QueueLog.MostPayload(recovery.Content.Smallest(contentSize)), QueueLog.MostPayload(recovery.State.Smallest(stateSize)));
        _content = new QueueLog(Shelf(contentDirectory, contentSize, recovery.Content, sync), sync, recovery.Content.NextUse, 1, _ => 0, null);
        _state = new QueueLog(Shelf(stateDirectory, stateSize, recovery.State, sync), sync, recovery.State.NextUse, recovery.NextSequence, log => _loop!.FloorOf(log), recovery.Unsealed)
        {
            DurableFloor = recovery.Floor,
        };
        _loop = new QueueLoop(this, _content, _state, _time);
        recovery.Content.InUse.ForEach(_content.Found);
        recovery.State.InUse.ForEach(_state.Found);
        Reopen(report);
        _keeper = new QueueKeeper(this, _content, _state, root, _settings.FreeSpaceFloor, _time);
        _isOpen = true;
        _loopThread = _threads.Start("queue", _loop, TimeSpan.Zero);
        _keeperThread = _threads.Start("queue-keeper", _keeper, TimeSpan.Zero);
        _loaderThread = _threads.Start("queue-loader", _loader, TimeSpan.Zero);
        Reckon();
        return report with { Segments = _content.Shelf.Count + _state.Shelf.Count, Took = _time.GetElapsedTime(began) };
    }

    internal void WakeLoop() => _loopThread?.Wake();

    internal void WakeKeeper() => _keeperThread?.Wake();

    internal (long Asked, long Stable) Handover => _observer!.Handover;

    internal void Tell(List<QueueJob> jobs) => _observer!.OnDone(CollectionsMarshal.AsSpan(jobs));

    internal void AfterBatch()
    {
        Reckon();
        if (_keeper!.WantsToLook(OctetsWritten) || _content!.Shelf.Wants || _state!.Shelf.Wants)
        {
            _keeperThread?.Wake();
        }
    }

    internal void NoSpace()
    {
        SetDisk(low: true);
        _keeperThread?.Wake();
    }

    internal void SetDisk(bool low)
    {
        _diskIsLow = low;
        Reckon();
    }

    internal void Fail(StoreFault fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is null)
        {
            Reckon();
            _faulted.TrySetResult(fault);
            _loaderThread?.Wake();
        }
    }

    /// <summary>Works out the pressure anew.</summary>
    internal void Reckon()
    {
        var messages = Interlocked.Read(ref _messages);
        _isFull = messages >= _mostMessages || (_isFull && messages >= _mostMessages * 0.95);     // refusing and taking do not alternate
        var troubled = _content is { Shelf: { Trouble: not null, Spare: < 2 } } || _state is { Shelf: { Trouble: not null, Spare: < 2 } };
        var pressure = !_isOpen || Fault is not null ? StorePressure.Full(PressureReason.Fault)
            : _diskIsLow || troubled ? StorePressure.Full(PressureReason.DiskFull)
            : _isFull ? StorePressure.Full(PressureReason.Backlog)
            : StorePressure.Normal;
        if (pressure != _pressure)
        {
            _pressure = pressure;
        }
    }

    /// <summary>From the queue's thread: what counts in this segment is to be found.</summary>
    internal void Clean(QueueSegment segment, bool isContent)
    {
        lock (Gate)
        {
            _toClean = (segment, isContent);
        }

        _keeperThread?.Wake();
    }

    internal (QueueSegment Segment, bool IsContent)? ToClean()
    {
        lock (Gate)
        {
            var wanted = _toClean;
            _toClean = null;
            return wanted;
        }
    }

    internal void Cleaned(List<QueueMove> moves)
    {
        Volatile.Write(ref _cleaned, moves);
        WakeLoop();
    }

    internal List<QueueMove>? TakeCleaned() => Interlocked.Exchange(ref _cleaned, null);

    private IDiskDirectory Directory(string below)
    {
        var path = $"{_settings.DataDirectory}/queue{below}";
        DataDirectory.Make(_disk, path);
        var directory = _disk.OpenDirectory(path);
        _held.Insert(0, directory);
        return directory;
    }

    private static SegmentShelf Shelf(IDiskDirectory directory, int size, FoundSegments found, bool sync)
    {
        var shelf = new SegmentShelf(directory, size, Ready, sync);
        found.InUse.ForEach(segment => shelf.Found(segment.File, inUse: true));
        foreach (var segment in found.Free)
        {
            if (segment.Size == size)
            {
                shelf.Found(segment, inUse: false);
            }
            else
            {
                segment.File.Dispose();             // of another setting
                directory.Delete(segment.Name);
            }
        }

        while (shelf.Spare < 2 && shelf.Trouble is null)
        {
            shelf.Make();
        }

        if (shelf is { Trouble: { } trouble, Count: 0 })
        {
            throw trouble;                          // a first start: nothing could be recorded
        }

        return shelf;
    }

    /// <summary>Pins what recovery found.</summary>
    private void Reopen(QueueRecoveryReport report)
    {
        (_messages, _octets) = (report.Messages, report.Octets);
        for (var slot = 0; slot < _table.Bound; slot++)
        {
            _state!.Find(_table[slot].State.Use)!.Pin(_table[slot].State);
            foreach (var place in PlacesOf(slot))
            {
                _content!.Find(place.Use)?.Pin(place);
            }
        }
    }
}
