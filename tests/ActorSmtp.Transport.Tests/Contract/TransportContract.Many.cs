using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport.Tests;

/// <summary>Listeners, and many connections at once.</summary>
public abstract partial class TransportContract
{
    [SkippableFact]
    public void Two_thousand_connections_are_served()
    {
        var count = 2000 / Share;
        var transport = Start();
        var (listener, _) = Listen(transport, p =>
        {
            p.Echo();
            p.Connection.RequestInput();
        });
        var clients = new List<Peer>();
        for (var i = 0; i < count; i += 100)
        {
            var some = Enumerable.Range(0, Math.Min(100, count - i)).Select(_ => BeginConnect(transport, listener)).ToList();
            some.ForEach(c => c.Expect("connected"));
            clients.AddRange(some);
        }

        for (var round = 0; round < 3; round++)
        {
            clients.ForEach(c => c.Say($"round {round}\r\n"));
            clients.ForEach(c => Assert.Equal($"round {round}\r\n", c.ReadAndConsume(9)));
        }

        Assert.Equal(2 * count, transport.Counters.Open);
    }

    [SkippableFact]
    public void Nothing_leaks_over_five_thousand_connections()
    {
        var count = 5000 / Share;
        var transport = Start();
        var (listener, _) = Listen(transport, p =>
        {
            p.OnData = static peer =>
            {
                peer.Connection.Write(peer.Connection.Input);
                peer.Connection.Consume(peer.Connection.Input.Length);
                peer.Connection.Close(linger: false);
            };
            p.Connection.RequestInput();
        });
        var random = new Random(1);
        Talk(transport, listener, 50, random);
        Peer.Until(() => transport.Counters.Open == 0, "all are closed");
        var descriptors = Descriptors();
        Talk(transport, listener, count, random);
        Peer.Until(() => transport.Counters.Open == 0, "all are closed");
        Assert.Equal(transport.Counters.Accepted, count + 50);

        // One of each size is at hand on each I/O thread; an abort may drop one, never hundreds.
        Peer.Until(() => Outstanding(transport) < 20, $"buffers are given back, {Outstanding(transport)} are out");
        if (IsReal)
        {
            Peer.Until(() => Descriptors() <= descriptors + 10, $"descriptors are closed, {Descriptors()} after {descriptors}");
        }
    }

    [SkippableFact]
    public void A_paused_listener_lets_peers_wait_and_takes_them_when_it_resumes()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport);
        var first = Connect(transport, listener);
        acceptor.Next();
        listener.Pause();
        var waiting = BeginConnect(transport, listener);
        first.Say("a round trip, so that the listener has had its turn");
        Assert.False(acceptor.Accepted.TryTake(out _, TimeSpan.FromMilliseconds(50)));
        listener.Resume();
        acceptor.Next();
        waiting.Expect("connected");
    }

    [SkippableFact]
    public async Task A_closed_listener_refuses_and_its_address_is_free_again()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport);
        var client = Connect(transport, listener);
        var server = acceptor.Next();
        await listener.DisposeAsync();
        var late = BeginConnect(transport, listener);
        Assert.Equal(CloseReason.Refused, late.ExpectClosed());
        client.Say("still there");
        Assert.Equal("still there", server.ReadAndConsume(11));
        await transport.Listen(new ListenOptions { EndPoint = listener.LocalEndPoint }, acceptor).DisposeAsync();
    }

    [SkippableFact]
    public void An_address_in_use_is_said_to_be()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport);
        var error = Assert.Throws<TransportException>(() => transport.Listen(new ListenOptions { EndPoint = listener.LocalEndPoint }, acceptor));
        Assert.Contains(listener.LocalEndPoint.ToString()!, error.Message);
    }

    [SkippableFact]
    public void Addresses_are_known_on_both_sides_and_after_the_end()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport);
        var client = Connect(transport, listener);
        var server = acceptor.Next();
        Assert.Equal(listener.LocalEndPoint, client.Connection.RemoteEndPoint);
        if (listener.LocalEndPoint is not UnixDomainSocketEndPoint)
        {
            Assert.Equal(listener.LocalEndPoint, server.Connection.LocalEndPoint);
            Assert.Equal(client.Connection.LocalEndPoint, server.Connection.RemoteEndPoint);
            Assert.Equal(((IPEndPoint)Address).Address, ((IPEndPoint)server.Connection.RemoteEndPoint!).Address);
        }

        server.Connection.Abort();
        server.ExpectClosed();
        if (listener.LocalEndPoint is not UnixDomainSocketEndPoint)
        {
            Assert.Equal(client.Connection.LocalEndPoint, server.Connection.RemoteEndPoint);
        }
    }

    private void Talk(ITransport transport, IListener listener, int count, Random random)
    {
        for (var i = 0; i < count; i += 50)
        {
            var some = Enumerable.Range(0, Math.Min(50, count - i)).Select(_ => Connect(transport, listener)).ToList();
            foreach (var client in some)
            {
                if (random.Next(10) == 0)
                {
                    client.Connection.Abort();
                    client.ExpectClosed();
                    continue;
                }

                client.Say(new string('x', random.Next(1, 3000)));
                client.OnData = static p =>
                {
                    p.Connection.Consume(p.Connection.Input.Length);
                    p.Connection.RequestInput();
                };
                client.Connection.RequestInput();
            }

            some.Where(c => c.Closings == 0).ToList().ForEach(c => c.ExpectClosed());
        }
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;

    private static long Outstanding(ITransport transport) => transport switch
    {
        EpollTransport t => t.Pool.Outstanding,
        SocketTransport t => t.Pool.Outstanding,
        MemoryTransport t => t.Pool.Outstanding,
        _ => 0,
    };
}
