namespace ActorSmtp.Transport;

/// <summary>
/// Where call-backs run, one after the other: an epoll thread, or a turn on the thread pool that never overlaps with itself. Has a
/// queue of posted work, a buffer of each size at hand, and a list of the few connections that have a deadline.
/// </summary>
internal abstract class IoLane : IDisposable
{
    /// <summary>How often deadlines are looked at while there are any: they are bounds, not appointments.</summary>
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(100);

    [ThreadStatic]
    private static IoLane? _current;

    private readonly byte[]?[] _atHand = new byte[3][];
    /// <summary>So much patient work is done before whoever else has something to do is looked at again.</summary>
    private const int PatientAtOnce = 4;

    /// <summary>So many events are handled at most before what was put off to a pause is done.</summary>
    private const int PauseAfter = 8;

    private readonly IoQueue _posted = new();
    private readonly IoQueue _patient = new();
    private IoWork? _waiting;               // taken from there, oldest first
    private readonly List<StreamConnection> _watched = [];
    private readonly List<Action> _atPause = [];
    private int _sincePutOff;
    private readonly ITimer _timer;
    private readonly Tick _tickWork;
    private bool _ticking;
    private long _foreignWrites;
    private long _foreignBytesOut;

    protected IoLane(TransportOptions options, BufferPool pool, HandshakeGate handshakes)
    {
        Options = options;
        Pool = pool;
        Handshakes = handshakes;
        _tickWork = new Tick(this);
        _timer = options.Time.CreateTimer(static t => ((Tick)t!).Due(), _tickWork, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TransportOptions Options { get; }

    public BufferPool Pool { get; }

    public HandshakeGate Handshakes { get; }

    /// <summary>True on the thread that runs this lane at present.</summary>
    public bool IsCurrent => ReferenceEquals(_current, this);

    /// <summary>The connection whose turn is running: it looks at its own state when the call-back returns, so it needs no post.</summary>
    public StreamConnection? Serving { get; set; }

    // Written by the lane's thread alone.
    public long Accepted, Connected, Closed, BytesIn, BytesOut, Reads, Writes, Wakeups;

    protected bool AnyPosted => _posted.Any || _patient.Any || _waiting is not null;

    /// <summary>Queues work, from any thread.</summary>
    public void Post(IoWork work)
    {
        if ((work.IsPatient ? _patient : _posted).Push(work))
        {
            Wake();
        }
    }

    /// <summary>Now, in the unit of deadlines (milliseconds).</summary>
    public long Now() => Options.Time.GetTimestamp() / Math.Max(1, Options.Time.TimestampFrequency / 1000);

    public static long Milliseconds(TimeSpan time) => (long)Math.Max(1, time.TotalMilliseconds);

    /// <summary>From now on the connection's deadlines are looked at, until it has none left. Lane's thread.</summary>
    public void Watch(StreamConnection connection)
    {
        if (connection.IsWatched)
        {
            return;
        }

        connection.IsWatched = true;
        _watched.Add(connection);
        if (!_ticking)
        {
            _ticking = true;
            _timer.Change(_tick, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Puts something off until the events at hand are handled, or a few of them: once, however often it is asked for. False: this thread runs no
    /// lane that pauses.
    /// </summary>
    public static bool TryAtPause(Action what)
    {
        if (_current is not { Pauses: true } lane)
        {
            return false;
        }

        if (!lane._atPause.Contains(what))
        {
            lane._atPause.Add(what);
        }

        return true;
    }

    public byte[] Rent(int sizeClass)
    {
        if (IsCurrent && _atHand[sizeClass] is { } buffer)
        {
            _atHand[sizeClass] = null;
            return buffer;
        }

        return Pool.Rent(sizeClass);
    }

    public void Return(byte[] buffer)
    {
        if (!BufferPool.Owns(buffer))
        {
            return;
        }

        var sizeClass = BufferPool.ClassOf(buffer.Length);
        if (IsCurrent && _atHand[sizeClass] is null)
        {
            _atHand[sizeClass] = buffer;
            return;
        }

        Pool.Return(buffer);
    }

    public void CountWrite(int bytes)
    {
        if (IsCurrent)
        {
            Writes++;
            BytesOut += bytes;
        }
        else
        {
            Interlocked.Increment(ref _foreignWrites);
            Interlocked.Add(ref _foreignBytesOut, bytes);
        }
    }

    public TransportCounters Counted() => new(
        Volatile.Read(ref Accepted), Volatile.Read(ref Connected), Volatile.Read(ref Closed),
        Volatile.Read(ref Accepted) + Volatile.Read(ref Connected) - Volatile.Read(ref Closed),
        Volatile.Read(ref BytesIn), Volatile.Read(ref BytesOut) + Volatile.Read(ref _foreignBytesOut),
        Volatile.Read(ref Reads), Volatile.Read(ref Writes) + Volatile.Read(ref _foreignWrites), Volatile.Read(ref Wakeups), 0);

    /// <summary>Tells the owner of the transport of something that nobody here can mend.</summary>
    public void Report(string what, Exception? error)
    {
        try
        {
            Options.OnError?.Invoke(what, error);
        }
        catch (Exception)
        {
            // A hook that fails while it reports a failure has nobody left to tell.
        }
    }

    public virtual void Dispose() => _timer.Dispose();

    /// <summary>Whether the lane's thread calls <see cref="Handled"/> and <see cref="Pause"/>.</summary>
    protected virtual bool Pauses => false;

    /// <summary>An event has been handled; others may follow at once.</summary>
    protected void Handled()
    {
        if (_atPause.Count > 0 && ++_sincePutOff >= PauseAfter)
        {
            Pause();
        }
    }

    /// <summary>The events at hand have been handled.</summary>
    protected void Pause()
    {
        _sincePutOff = 0;
        foreach (var what in _atPause)
        {
            what();
        }

        _atPause.Clear();
    }

    protected void Enter() => _current = this;

    protected static void Leave() => _current = null;

    /// <summary>Makes the lane look at its queue, if it sleeps.</summary>
    protected abstract void Wake();

    /// <summary>Runs what was posted before this call, and a little of what can wait. True if there was anything.</summary>
    protected bool RunPosted()
    {
        var work = _posted.TakeAll();
        var any = work is not null;
        while (work is not null)
        {
            work = RunFirst(work);
        }

        for (var i = 0; i < PatientAtOnce && (_waiting ??= _patient.TakeAll()) is { } patient; i++)
        {
            _waiting = patient.NextWork;
            patient.NextWork = null;
            _ = RunFirst(patient);
            any = true;
        }

        return any;
    }

    /// <summary>Runs the first of a chain; answers the next.</summary>
    private IoWork? RunFirst(IoWork work)
    {
        var next = work.NextWork;
        work.NextWork = null;
        try
        {
            work.Run();
        }
        catch (Exception e)
        {
            Report("Posted work failed.", e);
        }

        return next;
    }

    private void CheckDeadlines()
    {
        var now = Now();
        for (var i = _watched.Count - 1; i >= 0; i--)
        {
            var connection = _watched[i];
            if (!connection.CheckDeadlines(now))
            {
                connection.IsWatched = false;
                _watched[i] = _watched[^1];
                _watched.RemoveAt(_watched.Count - 1);
            }
        }

        _ticking = _watched.Count > 0;
        if (_ticking)
        {
            _timer.Change(_tick, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Tick(IoLane lane) : IoWork
    {
        private int _due;

        public void Due()
        {
            if (Interlocked.Exchange(ref _due, 1) == 0)
            {
                lane.Post(this);
            }
        }

        protected internal override void Run()
        {
            Volatile.Write(ref _due, 0);
            lane.CheckDeadlines();
        }
    }
}
