using System.Diagnostics;

namespace ActorSmtp.Transport;

/// <summary>
/// One thread, one epoll set. Runs what was posted, then what the kernel has; before it sleeps it looks again for a few ten
/// microseconds, because a wake-up costs more than that. Survives whatever its connections' observers throw.
/// </summary>
internal sealed unsafe class EpollLoop : IoLane
{
    private const int Batch = 256;
    private const ulong WakeData = ulong.MaxValue;

    /// <summary>After so many events in a row of one connection it is alone here.</summary>
    private const int AloneAfter = 8;

    /// <summary>For a connection that is alone it is looked so many times as long: a lone client waits for every wake-up, and takes nobody's core.</summary>
    private const int AloneFactor = 3;

    private readonly Thread _thread;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly long _spin;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IEpollTarget?[] _targets = new IEpollTarget?[256];
    private uint _generation;
    private int _sleeping;
    private ulong _lastData;
    private int _inARow;                    // events of the same connection, without another's between them; no further than is asked
    private volatile bool _stopping;

    public EpollLoop(TransportOptions options, BufferPool pool, HandshakeGate handshakes, int number)
        : base(options, pool, handshakes)
    {
        _spin = (long)(options.Spin.TotalSeconds * Stopwatch.Frequency);
        _epoll = Checked(Linux.epoll_create1(Linux.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Checked(Linux.eventfd(0, Linux.EFD_NONBLOCK | Linux.EFD_CLOEXEC), "eventfd");

        // Edge-triggered: each write is an event, and nobody has to read the counter.
        Checked(Linux.Control(_epoll, Linux.EPOLL_CTL_ADD, _wake, Linux.EPOLLIN | Linux.EPOLLET, WakeData), "epoll_ctl");
        _thread = new Thread(Loop) { IsBackground = true, Name = $"epoll-{number}" };
    }

    /// <summary>Done when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    public void Start() => _thread.Start();

    /// <summary>Ends everything registered, then the thread.</summary>
    public void Stop()
    {
        _stopping = true;
        Wake();
    }

    /// <summary>Registers a descriptor; its events go to the target. Lane's thread. False with the error where the system refuses.</summary>
    public bool Add(int descriptor, IEpollTarget target, uint events)
    {
        if (descriptor >= _targets.Length)
        {
            Array.Resize(ref _targets, Math.Max(descriptor + 1, _targets.Length * 2));
        }

        // An event still in this batch for an earlier owner of the number must not reach the new one.
        target.Generation = ++_generation;
        _targets[descriptor] = target;
        if (Linux.Control(_epoll, Linux.EPOLL_CTL_ADD, descriptor, events, Data(descriptor, target)) == 0)
        {
            return true;
        }

        _targets[descriptor] = null;
        return false;
    }

    /// <summary>Changes what is waited for; tells at once what is so already. Any thread.</summary>
    public void Change(int descriptor, IEpollTarget target, uint events)
    {
        if (Linux.Control(_epoll, Linux.EPOLL_CTL_MOD, descriptor, events, Data(descriptor, target)) != 0)
        {
            Report($"epoll_ctl: {Linux.Describe(Linux.Error)}", null);
        }
    }

    /// <summary>No more events of a descriptor, which is about to be closed. Lane's thread.</summary>
    public void Remove(int descriptor) => _targets[descriptor] = null;

    protected override bool Pauses => true;

    protected override void Wake()
    {
        if (Volatile.Read(ref _sleeping) == 1 && Interlocked.Exchange(ref _sleeping, 0) == 1)
        {
            ulong one = 1;
            _ = Linux.write(_wake, &one, 8);
        }
    }

    private static ulong Data(int descriptor, IEpollTarget target) => (uint)descriptor | ((ulong)target.Generation << 32);

    private static int Checked(int result, string what) => result >= 0
        ? result
        : throw new TransportException($"{what}: {Linux.Describe(Linux.Error)}");

    private void Loop()
    {
        Enter();
        var events = stackalloc byte[Batch * 16];
        var misses = 0;         // spins in a row that found nothing
        try
        {
            while (!_stopping)
            {
                RunPosted();
                Pause();                                // before it may sleep
                var count = Linux.epoll_wait(_epoll, events, Batch, 0);
                if (count <= 0 && !AnyPosted && !_stopping)
                {
                    count = Look(events, ref misses);
                    if (count <= 0 && !AnyPosted && !_stopping)
                    {
                        count = Sleep(events);
                    }
                }

                for (var i = 0; i < count; i++)
                {
                    Dispatch(Linux.DataOf(events, i), Linux.EventsOf(events, i));
                    Handled();
                }

                Pause();
            }
        }
        catch (Exception e)
        {
            Report("The epoll loop failed.", e);
        }
        finally
        {
            EndAll();
            Pause();
            Leave();
            _ = Linux.close(_wake);
            _ = Linux.close(_epoll);
            _ended.TrySetResult();
        }
    }

    /// <summary>Looks for work for a little while without sleeping; rarely where that was in vain the last times.</summary>
    private int Look(byte* events, ref int misses)
    {
        if (_spin == 0)
        {
            return 0;
        }

        if (misses >= 8 && (misses++ & 15) != 0)
        {
            return 0;
        }

        var until = Stopwatch.GetTimestamp() + (_inARow >= AloneAfter ? _spin * AloneFactor : _spin);
        do
        {
            var count = Linux.epoll_wait(_epoll, events, Batch, 0);
            if (count > 0 || AnyPosted)
            {
                misses = 0;
                return count;
            }
        }
        while (Stopwatch.GetTimestamp() < until);

        misses++;
        return 0;
    }

    private int Sleep(byte* events)
    {
        Volatile.Write(ref _sleeping, 1);
        Interlocked.MemoryBarrier();
        if (AnyPosted || _stopping)
        {
            Volatile.Write(ref _sleeping, 0);
            return 0;
        }

        var count = Linux.epoll_wait(_epoll, events, Batch, -1);
        Volatile.Write(ref _sleeping, 0);
        Wakeups++;
        return count;
    }

    /// <summary>Ends what is registered, and what was on its way here meanwhile.</summary>
    private void EndAll()
    {
        for (var round = 0; round < 100; round++)
        {
            var posted = RunPosted();
            IEpollTarget[] targets = [.. _targets.OfType<IEpollTarget>()];
            foreach (var target in targets)
            {
                try
                {
                    target.OnStopping();
                }
                catch (Exception e)
                {
                    Report("A connection could not be ended.", e);
                }
            }

            if (!posted && targets.Length == 0)
            {
                return;
            }
        }
    }

    private void Dispatch(ulong data, uint events)
    {
        if (data == WakeData)
        {
            return;
        }

        _inARow = data == _lastData ? Math.Min(_inARow + 1, AloneAfter) : 0;
        _lastData = data;
        var descriptor = (int)(uint)data;
        if (_targets[descriptor] is not { } target || target.Generation != (uint)(data >> 32))
        {
            return;
        }

        try
        {
            target.OnEvents(events);
        }
        catch (Exception e)
        {
            Report("An event could not be handled.", e);
        }
    }
}

/// <summary>What an epoll loop tells of events: a connection or a listener.</summary>
internal interface IEpollTarget
{
    /// <summary>The loop's mark of this registration.</summary>
    uint Generation { get; set; }

    /// <summary>On the loop's thread.</summary>
    void OnEvents(uint events);

    /// <summary>The transport ends. On the loop's thread.</summary>
    void OnStopping();
}
