using System.Net;

namespace ActorSmtp.Transport;

/// <summary>A socket in an epoll loop: registered once, edge-triggered; waits for room only after the kernel refused bytes.</summary>
internal sealed unsafe class EpollConnection : StreamConnection, IEpollTarget
{
    private const uint Events = Linux.EPOLLIN | Linux.EPOLLRDHUP | Linux.EPOLLET;

    private readonly EpollLoop _loop;
    private readonly SocketName _remoteName;
    private EndPoint? _remote;
    private EndPoint? _local;
    private object? _beginning;     // until it is registered: the acceptor, or the address to connect to
    private int _descriptor;
    private bool _connecting;
    private bool _awaitsRoom;

    /// <summary>An accepted socket. <see cref="Begin"/> follows on the lane.</summary>
    public EpollConnection(EpollLoop loop, ListenOptions options, int descriptor, SocketName remote, EndPoint? local, IAcceptor acceptor)
        : base(loop, options)
    {
        _loop = loop;
        _descriptor = descriptor;
        _remoteName = remote;
        _local = local;
        _beginning = acceptor;
    }

    /// <summary>A connection to make. <see cref="Begin"/> follows on the lane.</summary>
    public EpollConnection(EpollLoop loop, ConnectOptions options, IConnectionObserver observer)
        : base(loop, options)
    {
        _loop = loop;
        _descriptor = -1;
        _remote = options.EndPoint;
        _beginning = options;
        _connecting = true;
        Observer = observer;
    }

    public uint Generation { get; set; }

    public override EndPoint? RemoteEndPoint => _remote ??= _remoteName.ToEndPoint();

    public override EndPoint? LocalEndPoint => _local ??= NameOf(_descriptor);

    /// <summary>The address a descriptor is bound to, if it is an IP address.</summary>
    public static EndPoint? NameOf(int descriptor)
    {
        if (descriptor < 0)
        {
            return null;
        }

        var address = stackalloc byte[SocketName.MostBytes];
        uint length = SocketName.MostBytes;
        return Linux.getsockname(descriptor, address, &length) == 0 ? new SocketName(address, length).ToEndPoint() : null;
    }

    public void OnEvents(uint events)
    {
        if (_connecting)
        {
            FinishConnect(events);
            return;
        }

        if ((events & (Linux.EPOLLIN | Linux.EPOLLRDHUP | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0)
        {
            MarkReadable((events & (Linux.EPOLLRDHUP | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0);
        }

        if ((events & (Linux.EPOLLOUT | Linux.EPOLLHUP | Linux.EPOLLERR)) != 0)
        {
            MarkWritable();
        }

        Serve();
    }

    public void OnStopping()
    {
        End(CloseReason.TransportStopped, null);
        Serve();
    }

    /// <summary>Posted to the lane, a connection begins first; later posts serve it.</summary>
    protected internal override void Run()
    {
        if (_beginning is not null)
        {
            Begin();
        }

        base.Run();
    }

    /// <summary>Lane: registers it and tells whoever is to know.</summary>
    public void Begin()
    {
        var beginning = _beginning;
        _beginning = null;
        if (beginning is ConnectOptions options)
        {
            Connect(options);
            return;
        }

        _loop.Accepted++;
        if (!_loop.Add(_descriptor, this, Events))
        {
            End(CloseReason.Failed, $"epoll_ctl: {Linux.Describe(Linux.Error)}");
            Serve();
            return;
        }

        Introduce((IAcceptor)beginning!);
    }

    protected override PeerPresence Look()
    {
        byte one;
        return Linux.recv(_descriptor, &one, 1, Linux.MSG_PEEK | Linux.MSG_DONTWAIT) switch
        {
            > 0 => PeerPresence.There,
            0 => PeerPresence.Ended,
            _ => Linux.Error is Linux.EAGAIN or Linux.EINTR ? PeerPresence.There : PeerPresence.Gone,
        };
    }

    protected override int Receive(Span<byte> room, out CloseReason reason)
    {
        reason = default;
        fixed (byte* to = room)
        {
            while (true)
            {
                var got = Linux.recv(_descriptor, to, (nuint)room.Length, 0);
                if (got >= 0)
                {
                    return (int)got;
                }

                var error = Linux.Error;
                if (error == Linux.EAGAIN)
                {
                    return -1;
                }

                if (error != Linux.EINTR)
                {
                    reason = Reason(error);
                    return -2;
                }
            }
        }
    }

    protected override int Send(ReadOnlySpan<byte> bytes, out CloseReason reason)
    {
        reason = default;
        fixed (byte* from = bytes)
        {
            while (true)
            {
                var sent = Linux.send(_descriptor, from, (nuint)bytes.Length, Linux.MSG_NOSIGNAL);
                if (sent >= 0)
                {
                    return (int)sent;
                }

                var error = Linux.Error;
                if (error is Linux.EAGAIN or Linux.ENOBUFS)
                {
                    return -1;
                }

                if (error != Linux.EINTR)
                {
                    reason = Reason(error);
                    return -2;
                }
            }
        }
    }

    protected override void AwaitWritable()
    {
        if (!_awaitsRoom)
        {
            _awaitsRoom = true;
            _loop.Change(_descriptor, this, Events | Linux.EPOLLOUT);
        }
    }

    protected override void EndSending() => _ = Linux.shutdown(_descriptor, Linux.SHUT_WR);

    protected override void Forget()
    {
        if (_descriptor >= 0)
        {
            _loop.Remove(_descriptor);
        }
    }

    protected override void Release()
    {
        var descriptor = _descriptor;
        _descriptor = -1;
        if (descriptor >= 0)
        {
            _ = Linux.close(descriptor);
        }
    }

    protected override CloseReason OnOverdue() => _connecting ? CloseReason.ConnectTimedOut : CloseReason.Failed;

    private static CloseReason Reason(int error) => error switch
    {
        Linux.ECONNRESET or Linux.EPIPE or Linux.ECONNABORTED => CloseReason.Reset,
        Linux.ECONNREFUSED => CloseReason.Refused,
        Linux.ETIMEDOUT => CloseReason.Reset,
        _ => CloseReason.Failed,
    };

    private static CloseReason ConnectReason(int error) => error switch
    {
        Linux.ECONNREFUSED or 2 /* ENOENT: no such Unix socket */ or Linux.ECONNRESET => CloseReason.Refused,
        Linux.ETIMEDOUT => CloseReason.ConnectTimedOut,
        Linux.ENETUNREACH or Linux.EHOSTUNREACH or Linux.EHOSTDOWN or Linux.ENETDOWN or Linux.EADDRNOTAVAIL or Linux.EACCES => CloseReason.Unreachable,
        _ => CloseReason.Failed,
    };

    private void Connect(ConnectOptions options)
    {
        _loop.Connected++;
        var error = TryConnect(options);
        if (error != 0)
        {
            End(ConnectReason(error), Linux.Describe(error));
            Serve();
            return;
        }

        SetDeadline(options.Timeout);
    }

    private int TryConnect(ConnectOptions options)
    {
        var address = stackalloc byte[SocketName.MostBytes];
        var length = SocketName.Write(options.EndPoint, address, out var family);
        _descriptor = Linux.socket(family, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0);
        if (_descriptor < 0)
        {
            return Linux.Error;
        }

        if (Descriptors.IsNear(_descriptor) && Descriptors.AreScarce())
        {
            return Linux.EMFILE;
        }

        if (family != Linux.AF_UNIX)
        {
            _ = Linux.SetOption(_descriptor, Linux.IPPROTO_TCP, Linux.TCP_NODELAY, 1);
        }

        if (options.From is { } from)
        {
            var source = stackalloc byte[SocketName.MostBytes];
            var sourceLength = SocketName.Write(from, source, out _);
            if (Linux.bind(_descriptor, source, sourceLength) != 0)
            {
                return Linux.Error;
            }
        }

        // EAGAIN: a Unix listener whose backlog is full. There is nothing to wait for, so it counts as a refusal.
        if (Linux.connect(_descriptor, address, length) != 0 && Linux.Error is var error && error != Linux.EINPROGRESS)
        {
            return error == Linux.EAGAIN ? Linux.ECONNREFUSED : error;
        }

        _awaitsRoom = true;
        return _loop.Add(_descriptor, this, Events | Linux.EPOLLOUT) ? 0 : Linux.Error;
    }

    private void FinishConnect(uint events)
    {
        var error = 0;
        uint length = sizeof(int);
        _ = Linux.getsockopt(_descriptor, Linux.SOL_SOCKET, Linux.SO_ERROR, &error, &length);
        if (error != 0)
        {
            End(ConnectReason(error), Linux.Describe(error));
            Serve();
            return;
        }

        if ((events & Linux.EPOLLOUT) == 0)
        {
            return;
        }

        _connecting = false;
        SetDeadline(TimeSpan.Zero);
        if ((events & (Linux.EPOLLIN | Linux.EPOLLRDHUP | Linux.EPOLLHUP)) != 0)
        {
            MarkReadable((events & (Linux.EPOLLRDHUP | Linux.EPOLLHUP)) != 0);
        }

        Tell(static (observer, connection) => observer.OnConnected(connection));
    }
}
