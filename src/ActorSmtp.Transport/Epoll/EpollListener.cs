using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>
/// A listening socket in an epoll loop. Before descriptors run out it rests, tells so, and tries again; if that goes on for a second,
/// whoever waits is hung up on, if need be with the help of a descriptor kept in reserve, rather than left waiting for minutes.
/// </summary>
internal sealed unsafe class EpollListener : IoWork, IListener, IEpollTarget
{
    private const int MostAtOnce = 64;
    private const int Patience = 10;    // troubles in a row
    private static readonly TimeSpan _rest = TimeSpan.FromMilliseconds(100);

    private readonly EpollTransport _transport;
    private readonly EpollLoop _loop;
    private readonly ListenOptions _options;
    private readonly IAcceptor _acceptor;
    private readonly EndPoint? _localOfAll;     // every connection's local address, where the listener is bound to a single one
    private readonly ITimer _retry;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _descriptor;
    private int _reserve;
    private int _burst = 1;
    private int _troubles;
    private int _posted;
    private bool _registered;
    private bool _near = true;          // to the last descriptor
    private volatile bool _paused;
    private volatile bool _resting;
    private volatile bool _disposed;

    public EpollListener(EpollTransport transport, EpollLoop loop, ListenOptions options, IAcceptor acceptor)
    {
        _transport = transport;
        _loop = loop;
        _options = options;
        _acceptor = acceptor;
        _reserve = Descriptors.OpenNothing();
        try
        {
            _descriptor = Bind(options);
        }
        catch
        {
            _ = Linux.close(_reserve);
            throw;
        }

        LocalEndPoint = options.EndPoint is UnixDomainSocketEndPoint ? options.EndPoint : EpollConnection.NameOf(_descriptor)!;
        _localOfAll = LocalEndPoint is IPEndPoint { Address: var address } && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? null
            : LocalEndPoint;
        _retry = loop.Options.Time.CreateTimer(static l => ((EpollListener)l!).EndRest(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();
    }

    public EndPoint LocalEndPoint { get; }

    public uint Generation { get; set; }

    public void Pause()
    {
        _paused = true;
        Look();
    }

    public void Resume()
    {
        _paused = false;
        Look();
    }

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        Look();
        return new(_closed.Task);
    }

    public void OnStopping()
    {
        _disposed = true;
        Run();
    }

    public void OnEvents(uint events)
    {
        // As many as last time, and more if they were there: a lone peer costs no second accept4 that finds nothing.
        var most = _burst;
        var taken = 0;
        var address = stackalloc byte[SocketName.MostBytes];
        while (taken < most && !_paused && !_resting && !_disposed)
        {
            if (_near && Descriptors.AreScarce())
            {
                Rest(Linux.EMFILE);
                break;
            }

            uint length = SocketName.MostBytes;
            var descriptor = Linux.accept4(_descriptor, address, &length, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
            if (descriptor < 0)
            {
                var error = Linux.Error;
                if (error is Linux.EINTR or Linux.ECONNABORTED)
                {
                    continue;
                }

                if (error != Linux.EAGAIN)
                {
                    Rest(error);
                }

                break;
            }

            taken++;
            _troubles = 0;
            _near = Descriptors.IsNear(descriptor);
            var loop = _transport.NextLoop();
            var connection = new EpollConnection(loop, _options, descriptor, new SocketName(address, length), _localOfAll, _acceptor);
            if (ReferenceEquals(loop, _loop))
            {
                connection.Begin();
            }
            else
            {
                loop.Post(connection);
            }
        }

        _burst = taken >= most ? Math.Min(most * 2, MostAtOnce) : Math.Max(1, taken);
    }

    /// <summary>Brings the registration in line with what was asked for. Posted, so that it comes on the loop's thread.</summary>
    protected internal override void Run()
    {
        Volatile.Write(ref _posted, 0);
        if (_descriptor < 0)
        {
            return;
        }

        if (_disposed)
        {
            Close();
            return;
        }

        var wanted = !_paused && !_resting;
        if (!_registered)
        {
            _registered = _loop.Add(_descriptor, this, wanted ? Linux.EPOLLIN : 0);
            if (!_registered)
            {
                _loop.Report($"Cannot listen on {LocalEndPoint}: epoll_ctl: {Linux.Describe(Linux.Error)}", null);
            }

            return;
        }

        _loop.Change(_descriptor, this, wanted ? Linux.EPOLLIN : 0);
    }

    private static int Bind(ListenOptions options)
    {
        var address = stackalloc byte[SocketName.MostBytes];
        var length = SocketName.Write(options.EndPoint, address, out var family);
        var unix = options.EndPoint as UnixDomainSocketEndPoint;
        if (unix is not null)
        {
            UnixSocketFile.MakeWay(unix);
        }

        var descriptor = Linux.socket(family, Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC, 0);
        var step = "socket";
        try
        {
            if (descriptor >= 0)
            {
                if (unix is null)
                {
                    _ = Linux.SetOption(descriptor, Linux.SOL_SOCKET, Linux.SO_REUSEADDR, 1);
                    _ = Linux.SetOption(descriptor, Linux.IPPROTO_TCP, Linux.TCP_NODELAY, 1);      // what is accepted inherits it
                    if (family == Linux.AF_INET6)
                    {
                        _ = Linux.SetOption(descriptor, Linux.IPPROTO_IPV6, Linux.IPV6_V6ONLY, options.DualMode ? 0 : 1);
                    }
                }

                step = "bind";
                if (Linux.bind(descriptor, address, length) == 0)
                {
                    if (unix is not null)
                    {
                        UnixSocketFile.SetMode(unix, options.UnixMode);
                    }

                    step = "listen";
                    if (Linux.listen(descriptor, options.Backlog) == 0)
                    {
                        var result = descriptor;
                        descriptor = -1;
                        return result;
                    }
                }
            }

            var error = Linux.Error;
            throw new TransportException($"Cannot listen on {options.EndPoint}: {step}: {Linux.Describe(error)}.")
            {
                IsDenied = error is 1 or 13 or 30,                  // EPERM, EACCES, EROFS
            };
        }
        finally
        {
            if (descriptor >= 0)
            {
                _ = Linux.close(descriptor);
            }
        }
    }

    private void Look()
    {
        if (Interlocked.Exchange(ref _posted, 1) == 0)
        {
            _loop.Post(this);
        }
    }

    private void Rest(int error)
    {
        _resting = true;
        _troubles++;
        if (error is Linux.EMFILE or Linux.ENFILE && _troubles >= Patience)
        {
            HangUpOnWaiting();
        }

        Run();
        _retry.Change(_rest, Timeout.InfiniteTimeSpan);
        var kind = error switch
        {
            Linux.EMFILE or Linux.ENFILE => AcceptTroubleKind.OutOfDescriptors,
            Linux.ENOMEM or Linux.ENOBUFS => AcceptTroubleKind.OutOfMemory,
            _ => AcceptTroubleKind.Other,
        };
        _acceptor.OnAcceptTrouble(new AcceptTrouble(kind, Linux.Describe(error), _rest));
    }

    private void EndRest()
    {
        _resting = false;
        Look();
    }

    private void HangUpOnWaiting()
    {
        if (_reserve < 0)
        {
            return;
        }

        _ = Linux.close(_reserve);
        _reserve = -1;
        for (var i = 0; i < MostAtOnce; i++)
        {
            var waiting = Linux.accept4(_descriptor, null, null, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
            if (waiting < 0)
            {
                break;
            }

            _ = Linux.close(waiting);
        }

        _reserve = Descriptors.OpenNothing();
    }

    private void Close()
    {
        _retry.Dispose();
        if (_registered)
        {
            _loop.Remove(_descriptor);
        }

        _ = Linux.close(_descriptor);
        _descriptor = -1;
        if (_reserve >= 0)
        {
            _ = Linux.close(_reserve);
        }

        if (LocalEndPoint is UnixDomainSocketEndPoint unix)
        {
            UnixSocketFile.Remove(unix);
        }

        _transport.Forget(this);
        _closed.TrySetResult();
    }
}
