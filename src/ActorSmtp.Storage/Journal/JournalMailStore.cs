using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// The mail store on disk: a journal of segments under <c>journal/</c>. This class joins the parts: writers, the
/// journal's thread, its housekeeper, the feed; each has its own file.
/// </summary>
internal sealed class JournalMailStore : IMailStore
{
    /// <summary>So many completions are called on the journal's own thread.</summary>
    private const int InlineCompletions = 2;

    /// <summary>Memory of messages on their way beyond which large ones get less.</summary>
    private const long MostLent = 64 << 20;

    /// <summary>So many messages waiting are handed out, whatever else goes on.</summary>
    private const long MostGathered = 100_000;

    private readonly StorageSettings _settings;
    private readonly IDisk _disk;
    private readonly IWorkThreads _threads;
    private readonly ICompletionRunner _runner;
    private readonly TimeProvider _time;
    private readonly JournalFeed _feed;
    private readonly JournalMover _mover;
    private readonly TaskCompletionSource<StoreFault> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FreeList<JournalWriter> _writers = new();
    private readonly FreeList<CompletionBatch> _batches = new();
    private IDiskDirectory? _directory;
    private IDisposable? _lock;
    private SegmentShelf? _shelf;
    private JournalLoop? _loop;
    private JournalKeeper? _keeper;
    private IWorkThread? _loopThread;
    private IWorkThread? _keeperThread;
    private readonly Action _wakeLoop;
    private StorePressure _pressure = StorePressure.Full(PressureReason.Fault);
    private StoreFault? _fault;
    private volatile bool _open;
    private volatile bool _diskIsLow;
    private long _stored;
    private long _delivered;
    private long _failed;
    private long _waiting;
    private long _waitingOctets;
    private long _held;
    private bool _backlogged;

    public JournalMailStore(StorageSettings settings, IDisk disk, IWorkThreads threads, ICompletionRunner? runner, TimeProvider time)
    {
        (_settings, _disk, _threads, _runner, _time) = (settings, disk, threads, runner ?? new PoolRunner(), time);
        _wakeLoop = WakeLoop;
        _feed = new JournalFeed(this, new DeliveryPace(time, settings.BurstDelay, MostGathered, settings.Preallocate / 2), time);
        _mover = new JournalMover(this);
    }

    public IDeliveryFeed Deliveries => _feed;

    public StorePressure Pressure => _pressure;

    public Task<StoreFault> Faulted => _faulted.Task;

    public StoreStatistics Statistics => new(
        Interlocked.Read(ref _stored), Interlocked.Read(ref _delivered), Interlocked.Read(ref _failed), _loop?.Batches ?? 0, _loop?.Syncs ?? 0, OctetsWritten,
        Interlocked.Read(ref _waiting), Interlocked.Read(ref _waitingOctets), Pool.Lent, _shelf?.Count ?? 0, _shelf?.Spare ?? 0);

    internal BlockPool Pool { get; } = new(keepLarge: 256);

    /// <summary>Octets of one large message that may wait for the disk: less when there are many.</summary>
    internal int Window => Pool.Lent switch
    {
        < MostLent / 2 => 16 * BlockPool.Large,         // they go on while a sync runs
        < MostLent => 4 * BlockPool.Large,
        _ => BlockPool.Large,
    };

    /// <summary>Messages written anew to free their segment.</summary>
    internal int Moved => _loop?.Moved ?? 0;

    /// <summary>Deliveries not yet on record.</summary>
    internal int Unrecorded => _loop?.Unrecorded ?? 0;

    internal StoreFault? Fault => Volatile.Read(ref _fault);

    internal bool DiskIsLow => _diskIsLow;

    internal long OctetsWritten => _loop?.Octets ?? 0;

    public async Task<RecoveryReport> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await _threads.Call(() => Open(cancellation), cancellation).ConfigureAwait(false);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The journal cannot be opened: {failed.Message}.", failed);
        }
    }

    public IMailWriter Begin(MailId id, IMailWriterObserver observer)
    {
        if (!_writers.TryTake(out var writer))
        {
            writer = new JournalWriter(this);
        }

        writer.Start(id, observer);
        if (_settings.Spin > TimeSpan.Zero && _loop is { } loop && loop.Announce())
        {
            WakeLoop();
        }

        return writer;
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is null)
        {
            return;
        }

        _open = false;
        Reckon();
        var loop = _loop;
        loop.Close();
        await _loopThread!.Until(() => loop.Closed).ConfigureAwait(false);

        _keeperThread!.Dispose();
        _loopThread!.Dispose();
        _loop = null;
        loop.Abandon();
        _shelf!.Close();
        _directory!.Dispose();
        _lock?.Dispose();
    }

    /// <summary>Opens on the caller's thread.</summary>
    internal RecoveryReport Open(CancellationToken cancellation)
    {
        if (_settings.SegmentSize is < 1 << 20 or > 1 << 30 || _settings.SegmentSize % Segment.Page != 0)
        {
            throw new StoreException($"A journal segment of {_settings.SegmentSize} octets: 1 MiB to 1 GiB in pages of 4 KiB is possible.");
        }

        var path = $"{_settings.DataDirectory}/journal";
        DataDirectory.Make(_disk, path);
        _directory = _disk.OpenDirectory(path);
        _lock = _directory.TryLock("lock") ?? throw new StoreException($"{path} is in use by another server: stop that one, or give this one another data-dir.");
        var sync = _settings.Sync == SyncPolicy.Always;
        var began = _time.GetTimestamp();
        var recovery = new JournalRecovery(this, _disk, _directory, _settings, _time.GetUtcNow());
        var report = recovery.Run(cancellation);
        report = report with { Took = _time.GetElapsedTime(began) };
        _shelf = new SegmentShelf(_directory, (int)_settings.SegmentSize, (int)Math.Max(3, _settings.Preallocate / _settings.SegmentSize), sync);
        foreach (var segment in recovery.Retained)
        {
            _shelf.Found(segment, inUse: true);
        }

        foreach (var segment in recovery.Free)
        {
            _shelf.Found(segment, inUse: false);
        }

        while (_shelf.Spare < 2 && _shelf.Trouble is null)
        {
            _shelf.Make();
        }

        if (_shelf.Trouble is { } trouble && _shelf.Spare == 0 && report.FirstStart)
        {
            throw trouble;
        }

        report = report with { Segments = _shelf.Count };
        JournalMeta.Write(_directory, report, _settings, sync);
        _loop = new JournalLoop(this, _shelf, sync, _time);
        _loop.Resume(recovery.Retained, recovery.Waiting, recovery.Unsealed, recovery.NextSegment, recovery.NextSequence, recovery.Floor);
        (_waiting, _waitingOctets) = (report.Waiting, report.WaitingOctets);
        _feed.Add([.. recovery.Waiting]);
        _open = true;
        _keeper = new JournalKeeper(this, _feed, _mover, _shelf, _directory, _settings, _time);
        _loopThread = _threads.Start("journal", _loop, _settings.Spin);
        _keeperThread = _threads.Start("journal-keeper", _keeper, TimeSpan.Zero);
        Reckon();
        return report;
    }

    internal void Submit(Append append)
    {
        if (_loop is not { } loop)
        {
            append.Writer!.Refuse(append);
            return;
        }

        loop.Submit(append);
        if (!_runner.TryWakeLater(_wakeLoop))
        {
            WakeLoop();
        }
    }

    internal void WakeLoop() => _loopThread?.Wake();

    internal void WakeKeeper() => _keeperThread?.Wake();

    /// <summary>Nothing is being written anew.</summary>
    internal bool HasMoved => _mover.IsIdle;

    /// <summary>From the journal's thread: these are to be written anew.</summary>
    internal void Move(IReadOnlyList<JournalMail> mails)
    {
        _mover.Add(mails);
        WakeKeeper();
    }

    internal JournalWriter BeginMove(JournalMail mail, IMailWriterObserver observer)
    {
        var writer = _writers.TryTake(out var free) ? free : new JournalWriter(this);
        writer.Start(mail.Id, observer, mail);
        return writer;
    }

    internal void Release(Block? chain) => Pool.Return(chain);

    /// <summary>Whether a message's blocks may stay in memory until it is delivered.</summary>
    internal bool MayHold(Block chain)
    {
        var octets = 0L;
        for (var block = chain; block is not null; block = block.Next)
        {
            octets += block.Size;
        }

        return Interlocked.Add(ref _held, octets) <= _settings.MemoryBudget || Drop(octets);
    }

    internal void ReleaseHeld(Block? chain)
    {
        for (var block = chain; block is not null; block = block.Next)
        {
            Interlocked.Add(ref _held, -block.Size);
        }

        Pool.Return(chain);
    }

    /// <summary>From the journal's thread: these are stable, in order.</summary>
    internal void Stored(List<JournalMail> mails)
    {
        var octets = 0L;
        foreach (var mail in mails)
        {
            octets += mail.Length;
        }

        Interlocked.Add(ref _stored, mails.Count);
        Interlocked.Add(ref _waiting, mails.Count);
        Interlocked.Add(ref _waitingOctets, octets);
        _feed.Add(mails);
    }

    internal (long Asked, long Stable) Completions => _loop?.Deliveries ?? default;

    internal void Done(JournalMail mail, int recipient)
    {
        if (recipient < 0)
        {
            ReleaseHeld(mail.LetGo());
            Interlocked.Increment(ref _delivered);
            Interlocked.Decrement(ref _waiting);
            Interlocked.Add(ref _waitingOctets, -mail.Length);
            if (_pressure.Level != PressureLevel.Normal)
            {
                Reckon();
            }
        }

        if (_loop is { } loop && loop.Done(mail, recipient))
        {
            WakeLoop();
        }
    }

    /// <summary>Reads the envelope of a message put out of memory; null where the disk cannot give it.</summary>
    internal Envelope? ReadEnvelope(JournalMail mail)
    {
        var place = mail.Last;
        var bytes = new byte[place.EnvelopeLength];
        try
        {
            return place.Segment.File.Read(bytes, place.ContentOffset + place.ContentLength) == bytes.Length && EnvelopeBytes.TryRead(bytes, out var envelope)
                ? envelope
                : null;
        }
        catch (DiskException)
        {
            return null;
        }
    }

    internal int ReadPlace(RecordPlace place, int offset, Span<byte> into)
    {
        try
        {
            return place.Segment.File.Read(into, offset);
        }
        catch (DiskException failed)
        {
            throw new StoreException(failed.Message, failed);
        }
    }

    internal CompletionBatch RentCompletions() => _batches.TryTake(out var batch) ? batch : new CompletionBatch(this);

    internal void GiveBack(CompletionBatch batch) => _batches.Add(batch);

    internal void GiveBack(JournalWriter writer) => _writers.Add(writer);

    /// <summary>Tells those who wait: one or two from here, a crowd from elsewhere.</summary>
    internal void Complete(CompletionBatch batch)
    {
        if (batch.Count <= InlineCompletions)
        {
            batch.Run();
        }
        else
        {
            _runner.Post(batch);
        }
    }

    internal void Post(CompletionBatch batch) => _runner.Post(batch);

    internal void AfterBatch()
    {
        Reckon();
        if (_keeper!.WantsToLook(OctetsWritten))
        {
            WakeKeeper();
        }
    }

    internal void CountFailed() => Interlocked.Increment(ref _failed);

    internal void NoSpace()
    {
        SetDisk(low: true);
        WakeKeeper();
    }

    internal void SetDisk(bool low)
    {
        if (_diskIsLow != low)
        {
            _diskIsLow = low;
            Reckon();
        }
    }

    internal void Fail(StoreFault fault)
    {
        if (Interlocked.CompareExchange(ref _fault, fault, null) is null)
        {
            Reckon();
            _faulted.TrySetResult(fault);
        }
    }

    /// <summary>Works out the pressure anew.</summary>
    internal void Reckon()
    {
        var waiting = Interlocked.Read(ref _waiting);
        var octets = Interlocked.Read(ref _waitingOctets);
        var share = Math.Max((double)waiting / _settings.BacklogMessages, (double)octets / _settings.BacklogOctets);
        _backlogged = share >= 1 || (_backlogged && share >= 0.9);          // refusing and taking do not alternate
        var pressure = !_open || Fault is not null ? StorePressure.Full(PressureReason.Fault)
            : _diskIsLow || (_shelf is { Trouble: not null, Spare: < 2 }) ? StorePressure.Full(PressureReason.DiskFull)
            : _backlogged ? StorePressure.Full(PressureReason.Backlog)
            : StorePressure.Of(_settings, waiting, octets);
        if (pressure != _pressure)
        {
            _pressure = pressure;
        }
    }

    private bool Drop(long octets)
    {
        Interlocked.Add(ref _held, -octets);
        return false;
    }
}
