using System.Net;

namespace ActorSmtp.Transport;

/// <summary>One end of a link in memory.</summary>
internal sealed class MemoryConnection : StreamConnection
{
    private readonly MemoryTransport _transport;
    private readonly MemoryLink? _link;
    private object? _beginning;
    private bool _connecting;
    private MemoryPipe? _in;
    private MemoryPipe? _out;
    private CloseReason _refusal;

    /// <summary>The server's end.</summary>
    public MemoryConnection(MemoryTransport transport, IoLane lane, StreamOptions options, MemoryLink link, IAcceptor acceptor)
        : base(lane, options)
    {
        _transport = transport;
        _link = link;
        _beginning = acceptor;
        (_in, _out) = (link.ToServer, link.ToClient);
        (RemoteEndPoint, LocalEndPoint) = (link.ClientEndPoint, link.ServerEndPoint);
        (_in.Reader, _out.Writer) = (this, this);
    }

    /// <summary>The client's end; without a link, one that was refused.</summary>
    public MemoryConnection(MemoryTransport transport, IoLane lane, ConnectOptions options, MemoryLink? link, IConnectionObserver observer)
        : base(lane, options)
    {
        _transport = transport;
        _link = link;
        _beginning = options;
        _connecting = true;
        _refusal = CloseReason.Refused;
        RemoteEndPoint = options.EndPoint;
        LocalEndPoint = link?.ClientEndPoint;
        Observer = observer;
        if (link is not null)
        {
            (_in, _out) = (link.ToClient, link.ToServer);
            (_in.Reader, _out.Writer) = (this, this);
        }
    }

    public override EndPoint? RemoteEndPoint { get; }

    public override EndPoint? LocalEndPoint { get; }

    protected override bool ShortReadDrains => false;

    /// <summary>Asks for its first turn, noted like any other: bytes may arrive before that, and must not queue it twice.</summary>
    public void Begin() => Kick();

    public void OnReadable()
    {
        MarkReadable(end: false);
        Kick();
    }

    public void OnRoom() => Lane.Post(new Room(this));

    protected internal override void Run()
    {
        if (_beginning is { } beginning)
        {
            _beginning = null;
            _transport.Remember(this);
            MarkReadable(end: false);       // what arrived before there was anybody to tell
            if (beginning is IAcceptor acceptor)
            {
                Lane.Accepted++;
                Introduce(acceptor);
            }
            else
            {
                Lane.Connected++;
                _connecting = false;
                if (_link is null)
                {
                    End(_refusal, null);
                }
                else
                {
                    Tell(static (observer, connection) => observer.OnConnected(connection));
                }
            }
        }

        base.Run();
    }

    protected override PeerPresence Look() => _in?.Look() ?? PeerPresence.There;

    protected override int Receive(Span<byte> room, out CloseReason reason)
    {
        reason = CloseReason.Reset;
        return _in!.Receive(room);
    }

    protected override int Send(ReadOnlySpan<byte> bytes, out CloseReason reason)
    {
        reason = CloseReason.Reset;
        return _out!.Send(bytes);
    }

    /// <summary>The pipe remembers the refusal.</summary>
    protected override void AwaitWritable()
    {
    }

    protected override void EndSending() => _out!.End();

    protected override void Forget() => _transport.Forget(this);

    protected override void Release()
    {
        if (_link is null || _connecting)
        {
            return;
        }

        if (_in!.CloseReader())
        {
            _out!.Reset();
        }
        else
        {
            _out!.End();
        }

        _link.EndClosed();
    }

    private sealed class Room(MemoryConnection connection) : IoWork
    {
        protected internal override void Run()
        {
            connection.MarkWritable();
            connection.Serve();
        }
    }
}
