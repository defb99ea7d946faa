using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>A listening socket of System.Net.Sockets. One peer that was accepted when the pause began waits until it ends.</summary>
internal sealed class SocketListener : IListener
{
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(100);

    private readonly SocketTransport _transport;
    private readonly ListenOptions _options;
    private readonly IAcceptor _acceptor;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _accepting = new();
    private readonly ITimer _retry;
    private readonly Lock _lock = new();
    private Socket? _held;
    private bool _busy;
    private bool _near = true;          // to the last descriptor
    private bool _paused;
    private bool _resting;
    private bool _disposed;

    public SocketListener(SocketTransport transport, ListenOptions options, IAcceptor acceptor)
    {
        _transport = transport;
        _options = options;
        _acceptor = acceptor;
        _socket = Bind(options);
        LocalEndPoint = options.EndPoint is UnixDomainSocketEndPoint ? options.EndPoint : _socket.LocalEndPoint!;
        _accepting.Completed += (_, _) => OnAccepted(again: true);
        _retry = transport.Options.Time.CreateTimer(static l => ((SocketListener)l!).EndRest(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Accept();
    }

    public EndPoint LocalEndPoint { get; }

    public void Pause()
    {
        lock (_lock)
        {
            _paused = true;
        }
    }

    public void Resume()
    {
        Socket? held;
        lock (_lock)
        {
            _paused = false;
            held = _held;
            _held = null;
        }

        if (held is not null)
        {
            Introduce(held);
        }

        Accept();
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return default;
            }

            _disposed = true;
            _held?.Dispose();
        }

        _retry.Dispose();
        _socket.Dispose();
        if (LocalEndPoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.Remove(unix);
        }

        _transport.Forget(this);
        return default;
    }

    private static Socket Bind(ListenOptions options)
    {
        Transports.Check(options.EndPoint);
        var unix = options.EndPoint as UnixDomainSocketEndPoint;
        if (unix is not null)
        {
            UnixSocketFile.MakeWay(unix);
        }

        var socket = new Socket(options.EndPoint.AddressFamily, SocketType.Stream, unix is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            // The framework itself lets an address be taken again after a restart; its ReuseAddress would share a living one.
            if (options.EndPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode;
            }

            socket.Bind(options.EndPoint);
            if (unix is not null)
            {
                UnixSocketFile.SetMode(unix, options.UnixMode);
            }

            socket.Listen(options.Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new TransportException($"Cannot listen on {options.EndPoint}: {e.Message}.", e) { IsDenied = e.SocketErrorCode == SocketError.AccessDenied };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Accept()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_busy || _paused || _resting || _disposed)
                {
                    return;
                }

                _busy = true;
            }

            if (_near && Descriptors.AreScarce())
            {
                lock (_lock)
                {
                    _busy = false;
                    _resting = true;
                }

                Rest(SocketError.TooManyOpenSockets);
                return;
            }

            try
            {
                _accepting.AcceptSocket = null;
                if (_socket.AcceptAsync(_accepting))
                {
                    return;
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            OnAccepted(again: false);
        }
    }

    private void OnAccepted(bool again)
    {
        var error = _accepting.SocketError;
        var socket = _accepting.AcceptSocket;
        var rest = false;
        lock (_lock)
        {
            _busy = false;
            if (_disposed)
            {
                socket?.Dispose();
                return;
            }

            if (error == SocketError.Success && _paused)
            {
                _held = socket;
                return;
            }

            if (error is not (SocketError.Success or SocketError.ConnectionReset or SocketError.ConnectionAborted))
            {
                rest = _resting = true;
            }
        }

        if (rest)
        {
            Rest(error);
            return;
        }

        if (error == SocketError.Success)
        {
            _near = Descriptors.IsNear((int)socket!.Handle);
            Introduce(socket!);
        }

        if (again)
        {
            Accept();
        }
    }

    private void Rest(SocketError error)
    {
        _retry.Change(_rest, Timeout.InfiniteTimeSpan);
        var kind = error switch
        {
            SocketError.TooManyOpenSockets => AcceptTroubleKind.OutOfDescriptors,
            SocketError.NoBufferSpaceAvailable => AcceptTroubleKind.OutOfMemory,
            _ => AcceptTroubleKind.Other,
        };
        _transport.Trouble(_acceptor, new AcceptTrouble(kind, new SocketException((int)error).Message, _rest));
    }

    private void Introduce(Socket socket)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
            {
                socket.NoDelay = true;
            }

            var lane = _transport.NextLane();
            lane.Post(new SocketConnection(_transport, lane, _options, socket, _acceptor));
        }
        catch (SocketException)
        {
            socket.Dispose();   // it was gone before we looked
        }
    }

    private void EndRest()
    {
        lock (_lock)
        {
            _resting = false;
        }

        Accept();
    }
}
