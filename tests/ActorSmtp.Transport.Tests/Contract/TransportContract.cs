using System.Net;

namespace ActorSmtp.Transport.Tests;

/// <summary>
/// What every transport promises, whatever stands behind it. A class per kind derives from this one and says how to make it.
/// </summary>
public abstract partial class TransportContract : IAsyncLifetime
{
    private readonly List<ITransport> _transports = [];
    private readonly List<string> _errors = [];

    /// <summary>True where bytes arrive with all the system's own buffers between, so that sizes are not exact.</summary>
    protected virtual bool IsReal => true;

    /// <summary>The connections of this kind speak TLS before a test sees them.</summary>
    protected virtual bool IsSecure => false;

    /// <summary>Tests of many connections or bytes are cut down where each costs much.</summary>
    protected virtual int Share => 1;

    protected abstract ITransport Make(TransportOptions options);

    protected virtual EndPoint Address => new IPEndPoint(IPAddress.Loopback, 0);

    private protected static ITransport Epoll(TransportOptions options)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "epoll is Linux's");
        return Transports.Create(options with { Kind = TransportKind.Epoll });
    }

    internal ManualTime Time { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var transport in _transports)
        {
            await transport.DisposeAsync();
        }

        lock (_errors)
        {
            Assert.Empty(_errors);
        }
    }

    private protected ITransport Start(TransportOptions? options = null, bool expectErrors = false)
    {
        var transport = Make((options ?? new TransportOptions()) with
        {
            OnError = (what, error) =>
            {
                lock (_errors)
                {
                    if (!expectErrors)
                    {
                        _errors.Add($"{what} {error}");
                    }
                }
            },
        });
        _transports.Add(transport);
        return transport;
    }

    private protected (IListener Listener, Acceptor Acceptor) Listen(ITransport transport, Action<Peer>? begin = null, Func<ListenOptions, ListenOptions>? with = null)
    {
        var acceptor = new Acceptor(begin, IsSecure ? TlsServerOptions.For(Certificates.For("mx.test")) : null);
        var options = new ListenOptions { EndPoint = Address };
        return (transport.Listen(with?.Invoke(options) ?? options, acceptor), acceptor);
    }

    private protected Peer Connect(ITransport transport, IListener listener, Func<ConnectOptions, ConnectOptions>? with = null)
    {
        var peer = BeginConnect(transport, listener, with);
        peer.Expect("connected");
        return peer;
    }

    private protected Peer BeginConnect(ITransport transport, IListener listener, Func<ConnectOptions, ConnectOptions>? with = null)
    {
        var peer = new Peer { Tls = IsSecure ? new TlsClientOptions { ServerName = "mx.test", Insecure = true } : null };
        var options = new ConnectOptions { EndPoint = listener.LocalEndPoint };
        transport.Connect(with?.Invoke(options) ?? options, peer);
        return peer;
    }

    /// <summary>Both ends of one connection; the test owns the input of both.</summary>
    private protected (Peer Client, Peer Server, ITransport Transport) Pair(
        TransportOptions? options = null,
        Func<ListenOptions, ListenOptions>? listen = null,
        Func<ConnectOptions, ConnectOptions>? connect = null,
        bool expectErrors = false)
    {
        var transport = Start(options, expectErrors);
        var (listener, acceptor) = Listen(transport, with: listen);
        var client = Connect(transport, listener, connect);
        return (client, acceptor.Next(), transport);
    }
}
