namespace ActorSmtp.Transport;

/// <summary>The transport on Linux: one or more epoll loops of our own, connections dealt out in turn.</summary>
internal sealed class EpollTransport : ITransport
{
    private readonly EpollLoop[] _loops;
    private readonly HandshakeGate _handshakes;
    private readonly HashSet<EpollListener> _listeners = [];
    private int _next;
    private int _stopped;

    public EpollTransport(TransportOptions options)
    {
        Pool = new BufferPool(options.PooledBytes);
        _handshakes = Transports.GateFor(options);
        _loops = [.. Enumerable.Range(0, Math.Max(1, options.Loops)).Select(i => new EpollLoop(options, Pool, _handshakes, i))];
        foreach (var loop in _loops)
        {
            loop.Start();
        }
    }

    public BufferPool Pool { get; }

    public TransportCounters Counters => Transports.Sum(_loops, _handshakes);

    public IListener Listen(ListenOptions options, IAcceptor acceptor)
    {
        ObjectDisposedException.ThrowIf(_stopped != 0, this);
        lock (_listeners)
        {
            var listener = new EpollListener(this, _loops[_listeners.Count % _loops.Length], options, acceptor);
            _listeners.Add(listener);
            return listener;
        }
    }

    public void Connect(ConnectOptions options, IConnectionObserver observer)
    {
        ObjectDisposedException.ThrowIf(_stopped != 0, this);
        Transports.Check(options.EndPoint);
        var loop = NextLoop();
        loop.Post(new EpollConnection(loop, options, observer));
    }

    /// <summary>The loop the next connection goes to.</summary>
    public EpollLoop NextLoop() => _loops.Length == 1 ? _loops[0] : _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];

    public void Forget(EpollListener listener)
    {
        lock (_listeners)
        {
            _listeners.Remove(listener);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            await Task.WhenAll(_loops.Select(l => l.Ended)).ConfigureAwait(false);
            return;
        }

        foreach (var loop in _loops)
        {
            loop.Stop();
        }

        await Task.WhenAll(_loops.Select(l => l.Ended)).ConfigureAwait(false);
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }
}
