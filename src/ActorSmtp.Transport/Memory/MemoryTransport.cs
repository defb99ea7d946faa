using System.Net;

namespace ActorSmtp.Transport;

/// <summary>
/// A transport within the process, with the same promises as the others. Call-backs run in turns that a <see cref="MemoryNetwork"/>
/// schedules: with a scheduler of one thread everything is deterministic. Time-outs follow <see cref="TransportOptions.Time"/>.
/// TLS works over it too, but its handshakes run on the thread pool.
/// </summary>
public sealed class MemoryTransport : ITransport
{
    private readonly PoolLane _lane;
    private readonly HandshakeGate _handshakes;
    private readonly HashSet<MemoryConnection> _connections = [];       // sets, for they are gone through in the order of their making
    private readonly HashSet<MemoryListener> _listeners = [];
    private volatile bool _stopped;

    /// <summary>A host in a network; both sides of a connection may be the same host.</summary>
    public MemoryTransport(MemoryNetwork? network = null, TransportOptions? options = null)
    {
        Network = network ?? new MemoryNetwork();
        options ??= new TransportOptions();
        Pool = new BufferPool(options.PooledBytes);
        _handshakes = Transports.GateFor(options);
        _lane = new PoolLane(options, Pool, _handshakes, turn => Network.Run(new MemoryEvent(MemoryEventKind.Turn, null, false, this), turn));
    }

    /// <summary>Where this host is.</summary>
    public MemoryNetwork Network { get; }

    public TransportCounters Counters => Transports.Sum([_lane], _handshakes);

    internal BufferPool Pool { get; }

    public IListener Listen(ListenOptions options, IAcceptor acceptor)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        var listener = new MemoryListener(this, options, acceptor);
        lock (_listeners)
        {
            _listeners.Add(listener);
        }

        return listener;
    }

    public void Connect(ConnectOptions options, IConnectionObserver observer)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        var listener = Network.Find(options.EndPoint);
        MemoryLink? link = null;
        if (listener is not null)
        {
            link = new MemoryLink(Network, options.From ?? new IPEndPoint(IPAddress.Loopback, Network.NextPort()), listener.LocalEndPoint);
        }

        var connection = new MemoryConnection(this, _lane, options, link, observer);
        if (link is not null)
        {
            Network.Add(link);
            listener!.Arrive(link);
        }

        connection.Begin();
    }

    /// <summary>Ends all connections in a next turn, which the scheduler must still run.</summary>
    public ValueTask DisposeAsync()
    {
        _stopped = true;
        MemoryListener[] listeners;
        lock (_listeners)
        {
            listeners = [.. _listeners];
        }

        foreach (var listener in listeners)
        {
            _ = listener.DisposeAsync();
        }

        MemoryConnection[] connections;
        lock (_connections)
        {
            connections = [.. _connections];
        }

        foreach (var connection in connections)
        {
            connection.End(CloseReason.TransportStopped, null);
        }

        return default;
    }

    internal void Begin(MemoryLink link, ListenOptions options, IAcceptor acceptor) =>
        new MemoryConnection(this, _lane, options, link, acceptor).Begin();

    internal void Remember(MemoryConnection connection)
    {
        lock (_connections)
        {
            _connections.Add(connection);
        }

        if (_stopped)
        {
            connection.End(CloseReason.TransportStopped, null);
        }
    }

    internal void Forget(MemoryConnection connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
        }
    }

    internal void Forget(MemoryListener listener)
    {
        lock (_listeners)
        {
            _listeners.Remove(listener);
        }
    }
}

/// <summary>An address in a network in memory. While it is paused, peers wait.</summary>
internal sealed class MemoryListener : IListener
{
    private readonly MemoryTransport _transport;
    private readonly ListenOptions _options;
    private readonly IAcceptor _acceptor;
    private readonly Queue<MemoryLink> _waiting = new();
    private bool _paused;
    private bool _disposed;

    public MemoryListener(MemoryTransport transport, ListenOptions options, IAcceptor acceptor)
    {
        _transport = transport;
        _options = options;
        _acceptor = acceptor;
        LocalEndPoint = transport.Network.Bind(this, options.EndPoint);
    }

    public EndPoint LocalEndPoint { get; }

    public void Arrive(MemoryLink link)
    {
        lock (_waiting)
        {
            if (_disposed || _waiting.Count >= _options.Backlog)
            {
                Refuse(link);
                return;
            }

            if (_paused)
            {
                _waiting.Enqueue(link);
                return;
            }
        }

        _transport.Begin(link, _options, _acceptor);
    }

    public void Pause()
    {
        lock (_waiting)
        {
            _paused = true;
        }
    }

    public void Resume()
    {
        List<MemoryLink> waiting;
        lock (_waiting)
        {
            _paused = false;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var link in waiting)
        {
            _transport.Begin(link, _options, _acceptor);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_waiting)
        {
            _disposed = true;
            foreach (var link in _waiting)
            {
                Refuse(link);
            }

            _waiting.Clear();
        }

        _transport.Network.Unbind(LocalEndPoint);
        _transport.Forget(this);
        return default;
    }

    /// <summary>Nobody will ever be at the server's end.</summary>
    private static void Refuse(MemoryLink link)
    {
        link.Cut();
        link.EndClosed();
    }
}
