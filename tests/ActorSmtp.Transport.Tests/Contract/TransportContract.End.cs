using System.Text;

namespace ActorSmtp.Transport.Tests;

/// <summary>Ends: told once, last, with the right reason, and nothing that was said gets lost.</summary>
public abstract partial class TransportContract
{
    [SkippableFact]
    public void Close_sends_all_that_is_pending_first()
    {
        var size = 3_000_000 / Share;
        var (client, server, _) = Pair(listen: o => o with { OutputLimit = 8 << 20 });
        var text = new string('x', size - 1) + "\n";
        server.Connection.Write(Encoding.Latin1.GetBytes(text));
        server.Connection.Close();
        var got = 0;
        client.OnData = p =>
        {
            got += p.Connection.Input.Length;
            p.Connection.Consume(p.Connection.Input.Length);
            p.Connection.RequestInput();
        };
        client.Connection.RequestInput();
        Assert.Equal(CloseReason.PeerClosed, client.ExpectClosed());
        Assert.Equal(size, got);
        Assert.Equal(CloseReason.Closed, server.ExpectClosed());
    }

    [SkippableFact]
    public void The_last_reply_reaches_a_peer_that_goes_on_talking()
    {
        var (client, server, _) = Pair();
        client.Say("QUIT\r\n");
        server.Read(6);
        client.Say("and more that nobody reads\r\n");
        server.Connection.Consume(server.Connection.Input.Length);
        server.Connection.Write("221 bye\r\n"u8);
        server.Connection.Close();
        client.Say("and yet more\r\n");
        Assert.Equal("221 bye\r\n", client.ReadAndConsume(9));
        client.Connection.RequestInput();
        Assert.Equal(CloseReason.PeerClosed, client.ExpectClosed());
        Assert.Equal(CloseReason.Closed, server.ExpectClosed());
    }

    [SkippableFact]
    public void A_close_without_linger_still_brings_the_last_reply()
    {
        var (client, server, _) = Pair();
        client.Say("QUIT\r\n");
        server.ReadAndConsume(6);
        server.Connection.Write("221 bye\r\n"u8);
        server.Connection.Close(linger: false);
        Assert.Equal("221 bye\r\n", client.ReadAndConsume(9));
        client.Connection.RequestInput();
        Assert.Equal(CloseReason.PeerClosed, client.ExpectClosed());
        Assert.Equal(CloseReason.Closed, server.ExpectClosed());
    }

    [SkippableFact]
    public void The_end_comes_after_all_input_and_only_when_asked_for()
    {
        var (client, server, _) = Pair();
        client.Say("last words");
        client.Connection.Close();
        Assert.Equal("last words", server.Read(10));
        server.ExpectNothing();
        server.Connection.Consume(10);
        server.Connection.RequestInput();
        Assert.Equal(CloseReason.PeerClosed, server.ExpectClosed());
        Assert.Equal(CloseReason.Closed, client.ExpectClosed());
        server.Connection.RequestInput();       // into a closed connection: nothing
        server.Connection.Write("x"u8);
        server.Connection.Flush();
        server.Connection.Close();
        server.Connection.Abort();
        server.ExpectNothing();
        Assert.Equal(1, server.Closings);
    }

    [SkippableFact]
    public void Abort_ends_both_sides()
    {
        var (client, server, _) = Pair();
        server.Connection.RequestInput();
        client.Connection.Abort();
        Assert.Equal(CloseReason.Aborted, client.ExpectClosed());
        Assert.Contains(server.ExpectClosed(), new[] { CloseReason.PeerClosed, CloseReason.Reset });
        Assert.Equal(1, client.Closings);
    }

    [SkippableFact]
    public void Close_while_input_is_asked_for_ends_without_input()
    {
        var (client, server, _) = Pair();
        server.Connection.RequestInput();
        server.Connection.Write("421 too slow\r\n"u8);
        server.Connection.Close();
        Assert.Equal("421 too slow\r\n", client.ReadAndConsume(14));
        client.Say("too late");
        client.Connection.Close();
        Assert.Equal(CloseReason.Closed, server.ExpectClosed());
        Assert.Equal(1, server.Closings);
        Assert.Equal(CloseReason.Closed, client.ExpectClosed());
    }

    [SkippableFact]
    public void A_closing_side_does_not_wait_for_ever()
    {
        var (client, server, _) = Pair(new TransportOptions { Time = Time });
        server.Connection.Close();
        Peer.Until(
            () =>
            {
                Time.Advance(TimeSpan.FromMilliseconds(500));
                return server.Closings == 1;
            },
            "the linger time-out");
        Assert.Equal(CloseReason.Closed, server.Reason);
        Assert.Equal(0, client.Closings);
    }

    [SkippableFact]
    public void A_peer_that_takes_nothing_is_left_after_a_while()
    {
        var (_, server, _) = Pair(
            new TransportOptions { Time = Time },
            o => o with { WriteStallTimeout = TimeSpan.FromSeconds(60), OutputLimit = 64 << 20 });
        FillUp(server, 48 << 20);
        Assert.True(server.Connection.OutputPending);
        var began = Time.GetUtcNow();
        Peer.Until(
            () =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return server.Closings == 1;
            },
            "the stall time-out");
        Assert.Equal(CloseReason.PeerDoesNotRead, server.Reason);
        Assert.True(Time.GetUtcNow() - began >= TimeSpan.FromSeconds(59), "it ended too early");
    }

    [SkippableFact]
    public void A_peer_that_lets_too_much_pile_up_is_left_at_once()
    {
        var (_, server, _) = Pair(listen: o => o with { OutputLimit = 100_000 });
        FillUp(server, 64 << 20);
        Assert.Equal(CloseReason.PeerDoesNotRead, server.ExpectClosed());
    }

    [SkippableFact]
    public void A_peer_that_never_reads_is_not_read_either_until_it_does()
    {
        var transport = Start();
        var (listener, acceptor) = Listen(transport, p =>
        {
            p.Echo();
            p.Connection.RequestInput();
        });
        var client = Connect(transport, listener, o => o with { OutputLimit = 64 << 20 });
        var server = acceptor.Next();
        var size = IsReal ? 24 << 20 : 1 << 20;
        var data = new byte[size];
        client.Connection.Write(data);
        client.Connection.Flush();
        Peer.Until(() => server.Connection.OutputPending && client.Connection.OutputPending, "both sides are full");
        Assert.Equal(0, server.Closings);
        var got = 0;
        using var all = new ManualResetEventSlim();
        client.OnDrained = _ => { };
        client.OnData = p =>
        {
            got += p.Connection.Input.Length;
            p.Connection.Consume(p.Connection.Input.Length);
            if (got == size)
            {
                all.Set();
            }
            else
            {
                p.Connection.RequestInput();
            }
        };
        client.Connection.RequestInput();
        Assert.True(all.Wait(Peer.Patience * 2), $"only {got} of {size} came back");
    }

    [SkippableFact]
    public void What_waits_for_a_peer_that_does_not_read_is_held_in_a_buffer_of_its_own_size()
    {
        var (client, server, _) = Pair(listen: o => o with { SendAt = 4096 });
        server.OnDrained = _ => { };
        var piece = new byte[300];
        var sent = 0;
        for (; !server.Connection.OutputPending; sent += piece.Length)
        {
            server.Connection.Write(piece);
        }

        Assert.InRange(((StreamConnection)server.Connection).HeldBytes, 0, 8 << 10);
        for (; sent % 3000 != 0; sent += piece.Length)
        {
            server.Connection.Write(piece);
        }

        server.Connection.Flush();
        for (var read = 0; read < sent; read += 3000)
        {
            client.ReadAndConsume(3000);
        }

        Assert.True(client.Connection.Input.IsEmpty);
    }

    [SkippableFact]
    public void An_observer_that_throws_loses_its_own_connection_alone()
    {
        var transport = Start(expectErrors: true);
        var (listener, acceptor) = Listen(transport);
        var bad = Connect(transport, listener);
        var badServer = acceptor.Next();
        var good = Connect(transport, listener);
        var goodServer = acceptor.Next();
        badServer.OnData = _ => throw new InvalidOperationException("a bug above");
        badServer.Connection.RequestInput();
        bad.Say("x");
        Assert.Equal(CloseReason.Failed, badServer.ExpectClosed());
        Assert.Equal("a bug above", badServer.Connection.CloseDetail);
        good.Say("still there");
        Assert.Equal("still there", goodServer.ReadAndConsume(11));
    }

    [SkippableFact]
    public async Task Disposing_the_transport_ends_every_connection()
    {
        var (client, server, transport) = Pair();
        server.Connection.RequestInput();
        await transport.DisposeAsync();
        Assert.Equal(CloseReason.TransportStopped, client.ExpectClosed());
        Assert.Contains(server.ExpectClosed(), new[] { CloseReason.TransportStopped, CloseReason.PeerClosed, CloseReason.Reset });
        Assert.Equal(0, transport.Counters.Open);
    }

    private static void FillUp(Peer peer, int most)
    {
        var piece = new byte[64 << 10];
        for (var sent = 0; sent < most && peer.Closings == 0; sent += piece.Length)
        {
            peer.Connection.Write(piece);
            peer.Connection.Flush();
        }
    }
}
