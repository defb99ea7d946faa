using System.Net;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>Connections that speak TLS, in memory and over sockets, and their end.</summary>
public abstract class TlsTestKit : IAsyncLifetime
{
    private readonly List<ITransport> _transports = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var transport in _transports)
        {
            await transport.DisposeAsync();
        }
    }

    /// <summary>A listener on a real socket that answers whatever comes over TLS with the same.</summary>
    private protected (ITransport Transport, IListener Listener) Echoing(string name = "mx.test")
    {
        var transport = Transports.Create(new TransportOptions());
        _transports.Add(transport);
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput(), TlsServerOptions.For(Certificates.For(name)));
        return (transport, transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor));
    }

    private protected bool Secured(ITransport transport)
    {
        var acceptor = new Acceptor(tls: TlsServerOptions.For(Certificates.For("mx.test")));
        return Secured(transport, transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor));
    }

    private protected static bool Secured(ITransport transport, IListener listener)
    {
        var client = new Peer { Tls = new TlsClientOptions { ServerName = "mx.test", Insecure = true } };
        transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, client);
        Peer.Until(() => client.Connection is { IsSecure: true } || client.Closings == 1, "the handshake's end");
        return client.Closings == 0;
    }

    private protected MemoryTransport Made(TransportOptions? options = null)
    {
        var transport = new MemoryTransport(null, options);
        _transports.Add(transport);
        return transport;
    }

    private protected (Peer Client, Peer Server) Clear(TransportOptions? options = null)
    {
        var transport = Made(options);
        var acceptor = new Acceptor();
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var client = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, client);
        client.Expect("connected");
        return (client, acceptor.Next());
    }

    private protected (Peer Client, Peer Server) Begin(TlsServerOptions server, TlsClientOptions client)
    {
        var (one, other) = Clear();
        other.Connection.StartTls(server);
        one.Connection.StartTls(client);
        return (one, other);
    }

    private protected (Peer Client, Peer Server) Secured(TlsServerOptions server, TlsClientOptions client)
    {
        var (one, other) = Begin(server, client);
        one.Expect("connected");
        other.Expect("connected");
        return (one, other);
    }
}
