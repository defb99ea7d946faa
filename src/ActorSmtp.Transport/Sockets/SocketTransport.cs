using System.Collections.Concurrent;

namespace ActorSmtp.Transport;

/// <summary>The transport over System.Net.Sockets, for where there is no epoll: call-backs run in turns on the thread pool.</summary>
internal sealed class SocketTransport : ITransport
{
    private readonly PoolLane[] _lanes;
    private readonly HandshakeGate _handshakes;
    private readonly ConcurrentDictionary<SocketConnection, bool> _connections = new();
    private readonly ConcurrentDictionary<SocketListener, bool> _listeners = new();
    private int _next;
    private volatile bool _stopped;

    public SocketTransport(TransportOptions options)
    {
        Options = options;
        Pool = new BufferPool(options.PooledBytes);
        _handshakes = Transports.GateFor(options);
        _lanes = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new PoolLane(options, Pool, _handshakes))];
    }

    public TransportOptions Options { get; }

    public BufferPool Pool { get; }

    public TransportCounters Counters => Transports.Sum(_lanes, _handshakes);

    public IListener Listen(ListenOptions options, IAcceptor acceptor)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        var listener = new SocketListener(this, options, acceptor);
        _listeners[listener] = true;
        return listener;
    }

    public void Connect(ConnectOptions options, IConnectionObserver observer)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        Transports.Check(options.EndPoint);
        var lane = NextLane();
        lane.Post(new SocketConnection(this, lane, options, observer));
    }

    public PoolLane NextLane() => _lanes[(uint)Interlocked.Increment(ref _next) % (uint)_lanes.Length];

    public void Remember(SocketConnection connection)
    {
        _connections[connection] = true;
        if (_stopped)
        {
            connection.End(CloseReason.TransportStopped, null);
        }
    }

    public void Forget(SocketConnection connection) => _connections.TryRemove(connection, out _);

    public void Forget(SocketListener listener) => _listeners.TryRemove(listener, out _);

    /// <summary>Tells an acceptor of trouble, on a lane.</summary>
    public void Trouble(IAcceptor acceptor, AcceptTrouble why) => NextLane().Post(new TroubleWork(acceptor, why));

    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        foreach (var listener in _listeners.Keys)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var connection in _connections.Keys)
        {
            connection.End(CloseReason.TransportStopped, null);
        }

        // Behind all that, each lane says when it is through.
        foreach (var lane in _lanes)
        {
            var last = new Last();
            lane.Post(last);
            await last.Done.ConfigureAwait(false);
            lane.Dispose();
        }
    }

    private sealed class TroubleWork(IAcceptor acceptor, AcceptTrouble why) : IoWork
    {
        protected internal override void Run() => acceptor.OnAcceptTrouble(why);
    }

    private sealed class Last : IoWork
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        protected internal override void Run() => _done.TrySetResult();
    }
}
