using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>
/// A connection over System.Net.Sockets: reads without waiting, and where nothing is there waits with a read of no bytes, so that an
/// idle connection holds no buffer here either.
/// </summary>
internal sealed class SocketConnection : StreamConnection
{
    private readonly SocketTransport _transport;
    private Socket _socket = null!;      // a client's is made on the lane, where it may fail
    private SocketAsyncEventArgs? _receiving;
    private SocketAsyncEventArgs? _sending;
    private object? _beginning;
    private EndPoint? _local;
    private int _sentBySystem;
    private int _receiveInFlight;
    private bool _connecting;
    private volatile bool _sendInFlight;
    private Sent? _sentWork;

    public SocketConnection(SocketTransport transport, IoLane lane, ListenOptions options, Socket socket, IAcceptor acceptor)
        : base(lane, options)
    {
        _transport = transport;
        _socket = socket;
        _beginning = acceptor;
        RemoteEndPoint = socket.RemoteEndPoint is IPEndPoint ip ? ip : null;
        _local = socket.LocalEndPoint;
    }

    public SocketConnection(SocketTransport transport, IoLane lane, ConnectOptions options, IConnectionObserver observer)
        : base(lane, options)
    {
        _transport = transport;
        _beginning = options;
        _connecting = true;
        RemoteEndPoint = options.EndPoint;
        Observer = observer;
    }

    public override EndPoint? RemoteEndPoint { get; }

    public override EndPoint? LocalEndPoint => _local;

    protected override bool ShortReadDrains => false;

    protected internal override void Run()
    {
        var beginning = _beginning;
        if (beginning is not null)
        {
            _beginning = null;
            _transport.Remember(this);
            if (beginning is IAcceptor acceptor)
            {
                Lane.Accepted++;
                _socket.Blocking = false;
                MarkReadable(end: false);
                Introduce(acceptor);
            }
            else
            {
                Lane.Connected++;
                Connect((ConnectOptions)beginning);
            }
        }

        base.Run();
    }

    protected override PeerPresence Look()
    {
        try
        {
            return !_socket.Poll(0, SelectMode.SelectRead) || _socket.Available > 0 ? PeerPresence.There : PeerPresence.Ended;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return PeerPresence.Gone;
        }
    }

    protected override int Receive(Span<byte> room, out CloseReason reason)
    {
        reason = default;
        try
        {
            var got = _socket.Receive(room, SocketFlags.None, out var error);
            return Judge(got, error, out reason);
        }
        catch (ObjectDisposedException)
        {
            reason = CloseReason.Aborted;
            return -2;
        }
    }

    protected override int Send(ReadOnlySpan<byte> bytes, out CloseReason reason)
    {
        reason = default;
        try
        {
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            return Judge(sent, error, out reason);
        }
        catch (ObjectDisposedException)
        {
            reason = CloseReason.Aborted;
            return -2;
        }
    }

    protected override void AwaitReadable()
    {
        if (Interlocked.Exchange(ref _receiveInFlight, 1) == 1)
        {
            return;
        }

        if (_receiving is null)
        {
            _receiving = new SocketAsyncEventArgs { UserToken = this };
            _receiving.SetBuffer(Memory<byte>.Empty);
            _receiving.Completed += static (_, args) =>
            {
                var connection = (SocketConnection)args.UserToken!;
                Volatile.Write(ref connection._receiveInFlight, 0);
                connection.MarkReadable(end: false);
                connection.Kick();
            };
        }

        try
        {
            if (!_socket.ReceiveAsync(_receiving))
            {
                Volatile.Write(ref _receiveInFlight, 0);
                MarkReadable(end: false);
            }
        }
        catch (ObjectDisposedException)
        {
            // The end is told elsewhere.
        }
    }

    protected override void AwaitWritable()
    {
        if (_sending is null)
        {
            _sending = new SocketAsyncEventArgs { UserToken = this };
            _sending.Completed += static (_, args) => ((SocketConnection)args.UserToken!).OnSent();
            _sentWork = new Sent(this);
        }

        _sendInFlight = true;
        _sending.SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(PendingOutput));
        try
        {
            if (!_socket.SendAsync(_sending))
            {
                OnSent();
            }
        }
        catch (ObjectDisposedException)
        {
            _sendInFlight = false;
        }
    }

    /// <summary>A buffer the system is sending from is not to be lent to others; the garbage collector has it.</summary>
    protected override void GiveBack(byte[] output)
    {
        if (!_sendInFlight)
        {
            base.GiveBack(output);
        }
    }

    protected override void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }

    protected override void Forget() => _transport.Forget(this);

    protected override void Release() => _socket?.Dispose();

    protected override CloseReason OnOverdue() => _connecting ? CloseReason.ConnectTimedOut : CloseReason.Failed;

    private static int Judge(int count, SocketError error, out CloseReason reason)
    {
        reason = default;
        switch (error)
        {
            case SocketError.Success:
                return count;
            case SocketError.WouldBlock:
            case SocketError.NoBufferSpaceAvailable:
            case SocketError.IOPending:
                return -1;
            case SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.TimedOut:
                reason = CloseReason.Reset;
                return -2;
            case SocketError.OperationAborted:
                reason = CloseReason.Aborted;
                return -2;
            default:
                reason = CloseReason.Failed;
                return -2;
        }
    }

    private void OnSent()
    {
        _sentBySystem = _sending!.SocketError == SocketError.Success ? _sending.BytesTransferred : 0;
        Lane.Post(_sentWork!);
    }

    private void Connect(ConnectOptions options)
    {
        var args = new SocketAsyncEventArgs { RemoteEndPoint = options.EndPoint, UserToken = this };
        args.Completed += static (_, a) => ((SocketConnection)a.UserToken!).OnConnect(a);
        try
        {
            var unix = options.EndPoint is UnixDomainSocketEndPoint;
            _socket = new Socket(options.EndPoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
            if (!unix)
            {
                _socket.NoDelay = true;
            }

            if (options.From is { } from)
            {
                _socket.Bind(from);
            }

            SetDeadline(options.Timeout);
            if (!_socket.ConnectAsync(args))
            {
                OnConnect(args);
            }
        }
        catch (SocketException e)
        {
            End(ConnectReason(e.SocketErrorCode), e.Message);
        }
    }

    private void OnConnect(SocketAsyncEventArgs args)
    {
        var error = args.SocketError;
        args.Dispose();
        Lane.Post(new ConnectDone(this, error));
    }

    private static CloseReason ConnectReason(SocketError error) => error switch
    {
        SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.AddressNotAvailable when error != SocketError.AddressNotAvailable =>
            CloseReason.Refused,
        SocketError.TimedOut => CloseReason.ConnectTimedOut,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown
            or SocketError.AddressNotAvailable or SocketError.AccessDenied => CloseReason.Unreachable,
        _ => CloseReason.Failed,
    };

    private void OnConnectDone(SocketError error)
    {
        if (IsDead)
        {
            return;
        }

        if (error != SocketError.Success)
        {
            var missing = RemoteEndPoint is UnixDomainSocketEndPoint unix && !Path.Exists(unix.ToString());
            End(missing ? CloseReason.Refused : ConnectReason(error), new SocketException((int)error).Message);
            Serve();
            return;
        }

        _connecting = false;
        _local = _socket.LocalEndPoint;
        SetDeadline(TimeSpan.Zero);
        _socket.Blocking = false;
        MarkReadable(end: false);
        Tell(static (observer, connection) => observer.OnConnected(connection));
    }

    /// <summary>The system has sent some of what was pending; or the attempt failed, which the next one will find.</summary>
    private sealed class Sent(SocketConnection connection) : IoWork
    {
        protected internal override void Run()
        {
            connection._sendInFlight = false;
            connection.MarkWritable(connection._sentBySystem);
            connection.Serve();
        }
    }

    private sealed class ConnectDone(SocketConnection connection, SocketError error) : IoWork
    {
        protected internal override void Run() => connection.OnConnectDone(error);
    }
}
