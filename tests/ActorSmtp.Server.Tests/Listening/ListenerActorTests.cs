using System.Net;
using Akka.Actor;
using ActorSmtp.Server.Listening;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Tests.Sessions.SessionHarness;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>A listener counts, turns away, goes on after trouble, and ends in order.</summary>
public sealed class ListenerActorTests() : ListenerTestKit(Supervision.EngineSettings(TimeSpan.FromSeconds(20)) + "\n" + TestMailServer.Settings([]).EngineText)
{
    [Fact]
    public async Task One_connection_more_than_the_limit_is_told_421_until_another_ends()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections=2")));
        var first = await Greeted(address, "192.0.2.1");
        var second = await Greeted(address, "192.0.2.2");

        await TurnedAway(address, "192.0.2.3", "421 4.7.0");
        Assert.Equal((2, 2), (Gate.Total, Gate.Addresses));

        first.Send("QUIT\r\n"u8);
        await Expect(first, "221");
        await Counted(1);
        var third = await Greeted(address, "192.0.2.3");
        second.Abort();
        third.Close();
        await Counted(0);
    }

    [Fact]
    public async Task One_connection_more_from_an_address_than_its_limit_is_told_421_and_other_addresses_are_not()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections-per-address=1")));
        var one = await Greeted(address, "192.0.2.1");

        await TurnedAway(address, "192.0.2.1", "421 4.7.0");
        var other = await Greeted(address, "192.0.2.2");

        one.Abort();
        other.Abort();
        await Counted(0);
        await Greeted(address, "192.0.2.1");
    }

    [Fact]
    public async Task Trouble_with_accepting_is_logged_and_the_listener_goes_on()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor()));

        Transport.Acceptor!.OnAcceptTrouble(new AcceptTrouble(AcceptTroubleKind.OutOfDescriptors, "Too many open files", TimeSpan.FromSeconds(1)));

        await Until(() => Lines.All.Any(l => l.StartsWith("Error cannot accept: OutOfDescriptors, Too many open files", StringComparison.Ordinal)), "not logged");
        await Greeted(address);
    }

    [Fact]
    public async Task Trouble_that_goes_on_is_logged_once_a_minute_with_how_often_it_came()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor()));
        var trouble = new AcceptTrouble(AcceptTroubleKind.OutOfDescriptors, "Too many open files", TimeSpan.FromSeconds(0.1));

        for (var i = 0; i < 600; i++)
        {
            Transport.Acceptor!.OnAcceptTrouble(trouble);
        }

        await Greeted(address);                                                         // behind them in the mailbox
        Assert.Single(Lines.All, l => l.StartsWith("Error cannot accept", StringComparison.Ordinal));

        Time.Advance(TimeSpan.FromMinutes(1));
        Transport.Acceptor!.OnAcceptTrouble(trouble);
        await Until(() => Lines.All.Any(l => l.Contains("599 times since", StringComparison.Ordinal)), "the second line does not count the others");
    }

    [Fact]
    public async Task A_flood_of_connections_too_many_is_one_line_a_second_in_the_log()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections=1")));
        await Greeted(address);
        for (var i = 0; i < 20; i++)
        {
            await TurnedAway(address, "192.0.2.1", "421 4.7.0");
        }

        Assert.Single(Lines.All, l => l.Contains("too many connections", StringComparison.Ordinal));
        Time.Advance(TimeSpan.FromSeconds(1));
        await TurnedAway(address, "192.0.2.1", "421 4.7.0");
        await Until(() => Lines.All.Any(l => l.Contains("19 more were not logged", StringComparison.Ordinal)), "the second line does not count the others");
    }

    [Fact]
    public async Task A_connection_counts_until_it_is_gone_not_only_until_its_session_is()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections=1")));
        var peer = await Greeted(address);
        peer.Send("GET / HTTP/1.0\r\n"u8);
        await Expect(peer, "421");                                                      // and the end, which this peer does not look for

        Assert.Equal(1, Gate.Total);
        await TurnedAway(address, "192.0.2.1", "421 4.7.0");

        peer.Abort();
        await Counted(0);
        await Greeted(address);
    }

    [Fact]
    public async Task An_address_that_connects_too_often_is_told_421_until_a_while_later()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections-per-minute=2")));
        (await Greeted(address, "192.0.2.1")).Abort();
        (await Greeted(address, "192.0.2.1")).Abort();

        await TurnedAway(address, "192.0.2.1", "421 4.7.0 Too many new connections");
        (await Greeted(address, "192.0.2.2")).Abort();
        Time.Advance(TimeSpan.FromSeconds(30));
        (await Greeted(address, "192.0.2.1")).Abort();
        await Counted(0);
    }

    [Fact]
    public async Task A_listener_with_a_limit_of_its_own_turns_away_what_is_above_it()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("listeners.mx.connections=1")));
        await Greeted(address, "192.0.2.1");

        await TurnedAway(address, "192.0.2.2", "421 4.7.0");
    }

    [Fact]
    public async Task Behind_a_proxy_the_client_counts_and_not_the_proxy()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor(
            "limits.connections-per-address=1", "listeners.mx.proxy-protocol=required", "listeners.mx.proxy-trusted=[10.0.0.0/8]")));
        var first = await Proxied("192.0.2.1");
        await Expect(first, "220");
        var other = await Proxied("192.0.2.2");
        await Expect(other, "220");

        var second = await Proxied("192.0.2.1");
        await Expect(second, "421 4.7.0 Too many connections from your address");
        await ExpectEnd(second);
        second.Abort();
        await Counted(2);

        first.Abort();
        other.Abort();
        await Counted(0);
        await Expect(await Proxied("192.0.2.1"), "220");

        async Task<DialoguePeer> Proxied(string client)
        {
            var peer = await ConnectAsync(address, "10.1.2.3");
            peer.Send(System.Text.Encoding.ASCII.GetBytes($"PROXY TCP4 {client} 198.51.100.1 4000 25\r\n"));
            return peer;
        }
    }

    [Fact]
    public async Task A_proxy_that_sends_nothing_is_hung_up_on_in_seconds()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("listeners.mx.proxy-protocol=required", "listeners.mx.proxy-trusted=[10.0.0.0/8]")));
        var peer = await ConnectAsync(address, "10.1.2.3");
        peer.Send("PROXY TCP4 192.0.2.1 198."u8);
        await Until(() => Open.All.Any(talk => talk.Deadline != long.MaxValue), "the header is not waited for");   // it is counted a little before
        Time.Advance(TimeSpan.FromSeconds(6));

        await ExpectEnd(peer);
        await Counted(0);
    }

    [Fact]
    public async Task What_XCLIENT_says_counts_and_where_it_is_too_many_the_session_ends()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor("limits.connections-per-address=1", "listeners.mx.xclient-trusted=[10.0.0.0/8]")));
        var one = await Greeted(address, "10.0.0.1");
        one.Send("XCLIENT ADDR=192.0.2.1\r\n"u8);
        await Expect(one, "220");
        var two = await Greeted(address, "10.0.0.1");                                    // the first is somebody else by now
        two.Send("XCLIENT ADDR=192.0.2.1\r\n"u8);

        await Expect(two, "421 4.7.0 Too many connections from your address");
        one.Abort();
        two.Abort();
        await Counted(0);
    }

    [Fact]
    public async Task Unbind_ends_every_session_takes_no_more_and_answers_when_the_last_is_gone()
    {
        Store.OnCommit = _ => { };
        var (listener, address) = Listen(Supervision.OfListener(ContextFor()));
        var idle = await Greeted(address);
        var storing = await Greeted(address);
        storing.Send("HELO c.test\r\nMAIL FROM:<x@c.test>\r\nRCPT TO:<bob@mx.test>\r\nBDAT 1 LAST\r\nx"u8);
        await Until(() => Store.Writers.TryPeek(out var w) && w.Ends == 1, "not committed");

        listener.Tell(ListenerMessages.Unbind.Instance, TestActor);

        await Expect(idle, "421 4.3.2");
        await ExpectEnd(idle);
        await Counted(1);
        await Assert.ThrowsAsync<IOException>(() => ConnectAsync(address));
        listener.Tell(new Identify("still"), TestActor);
        Assert.Equal("still", ExpectMsg<ActorIdentity>().MessageId);                    // and no Ended before it

        Store.Writers.TryPeek(out var writer);
        writer!.Observer.OnStored(writer.Id);
        ExpectMsg<ListenerMessages.Ended>(TimeSpan.FromSeconds(60));
        await Counted(0);
    }

    [Fact]
    public async Task Unbind_of_an_idle_listener_is_answered_at_once_and_who_was_just_accepted_is_told_421()
    {
        var (listener, _) = Listen(Supervision.OfListener(ContextFor()));
        await using var late = new MemoryTransport(Net);
        var door = late.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Transport.Acceptor!);

        listener.Tell(ListenerMessages.Unbind.Instance, TestActor);
        ExpectMsg<ListenerMessages.Ended>();

        await TurnedAway(door.LocalEndPoint, "192.0.2.1", "421 4.3.2");
        Assert.Equal(0, Gate.Total);
    }

    [Fact]
    public void An_address_that_is_taken_is_told_to_the_parent_and_ends_the_listener()
    {
        var (_, address) = Listen(Supervision.OfListener(ContextFor()));

        Sys.ActorOf(Props.Create(() => new Parent(Supervision.OfListener(ContextFor($"listeners.mx.bind=\"{address}\"")), TestActor)));

        var no = ExpectMsg<ListenerMessages.CannotBind>();
        Watch(LastSender);
        Assert.Equal("mx", no.Listener);
        Assert.Contains(address.ToString()!, no.Reason, StringComparison.Ordinal);
        ExpectTerminated(LastSender);
        Assert.Contains(Lines.All, l => l.StartsWith($"Error cannot listen on {address}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listener_that_is_stopped_gives_back_what_its_sessions_counted()
    {
        var (listener, address) = Listen(Supervision.OfListener(ContextFor()));
        await Greeted(address);
        await Greeted(address);
        Assert.Equal(2, Gate.Total);

        Sys.Stop(listener);

        await Counted(0);
    }

    private async Task<DialoguePeer> Greeted(EndPoint address, string from = "127.0.0.1")
    {
        var peer = await ConnectAsync(address, from);
        await Expect(peer, "220");
        return peer;
    }

    private async Task TurnedAway(EndPoint address, string from, string with)
    {
        var peer = await ConnectAsync(address, from);
        await Expect(peer, with);
        await ExpectEnd(peer);
    }
}

/// <summary>In a system that cannot run sessions: their dispatcher is not configured.</summary>
public sealed class ListenerWithoutSessionsTests() : ListenerTestKit("")
{
    [Fact]
    public async Task A_session_that_cannot_be_started_is_told_421_counts_nothing_and_hurts_nobody()
    {
        var at = ContextFor("limits.connections=1");
        var (listener, address) = Listen(Props.Create(() => new ListenerActor(at)));

        for (var i = 0; i < 2; i++)
        {
            var peer = await ConnectAsync(address);
            await Expect(peer, "421 4.3.0");
            await ExpectEnd(peer);
            Assert.Equal((0, 0), (Gate.Total, Gate.Addresses));
        }

        listener.Tell(new Identify("lives"), TestActor);
        Assert.Equal(listener, ExpectMsg<ActorIdentity>().Subject);
        Assert.Contains(Lines.All, l => l.StartsWith("Error no session could be started", StringComparison.Ordinal));
    }
}
