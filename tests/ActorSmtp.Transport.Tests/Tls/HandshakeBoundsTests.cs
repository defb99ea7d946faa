using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>How many handshakes there are, how long they last, and what becomes of those that come to nothing.</summary>
public sealed class HandshakeBoundsTests : TlsTestKit
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_handshake_does_not_last_for_ever()
    {
        var (_, server) = Clear(new TransportOptions { Time = _time, HandshakeTimeout = TimeSpan.FromSeconds(30) });
        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        var began = _time.GetUtcNow();
        Peer.Until(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return server.Closings == 1;
            },
            "the handshake's time-out");
        Assert.Equal(CloseReason.TlsTimedOut, server.Reason);
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(29));
    }

    [Fact]
    public void Handshakes_are_bounded_in_number_and_their_places_are_free_again()
    {
        var transport = Made(new TransportOptions { MaxHandshakes = 2 });
        var acceptor = new Acceptor();
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var servers = new List<Peer>();
        var clients = new List<Peer>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(new Peer());
            transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, clients[i]);
            clients[i].Expect("connected");
            servers.Add(acceptor.Next());
            servers[i].Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        }

        Assert.Equal(CloseReason.TlsBusy, servers[2].ExpectClosed());
        clients[0].Connection.Abort();
        clients[1].Connection.Abort();
        servers[0].ExpectClosed();
        servers[1].ExpectClosed();
        Peer.Until(() => Secured(transport), "a place to be free");
    }

    [Fact]
    public async Task Junk_and_aborted_handshakes_end_only_themselves()
    {
        var (transport, listener) = Echoing();
        var random = new Random(7);
        for (var i = 0; i < 100; i++)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
            var junk = new byte[random.Next(1, 600)];
            random.NextBytes(junk);
            if (i % 2 == 0)
            {
                junk[0] = 22;       // looks like a handshake at first
            }

            await tcp.GetStream().WriteAsync(junk);
            if (i % 3 == 0)
            {
                tcp.Client.LingerState = new LingerOption(true, 0);
            }
        }

        Peer.Until(() => transport.Counters.Open == 0, "all junk is gone");
        Assert.Equal(0, transport.Counters.Handshakes);
        Assert.True(Secured(transport, listener));
    }
}
