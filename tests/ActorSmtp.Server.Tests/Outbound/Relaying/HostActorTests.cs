using System.Net;
using Akka.Actor;
using Akka.TestKit;
using ActorSmtp.Client;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>Connections: how many, for how long, used again, and whose turn it is.</summary>
public sealed class HostActorTests : RelayTestKit
{
    [Fact]
    public void Connections_are_used_again_by_all_destinations_that_lead_there()
    {
        var peer = Peer("192.0.2.1:25");
        var (far, parentOfFar) = Start();
        var (near, parentOfNear) = Start("near.test");
        Carry(far, parentOfFar, Errand());
        Carry(near, parentOfNear, Errand("ann@near.test"));
        Carry(far, parentOfFar, Errand());
        Assert.Equal((1, 3), (peer.Connections, peer.Contents.Count));
    }

    [Fact]
    public void An_idle_connection_is_kept_for_a_while_and_then_left_politely()
    {
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Time.Advance(TimeSpan.FromSeconds(4));
        Carry(relay, parent, Errand());
        Assert.Equal(0, peer.Times("QUIT"));
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal((1, 0), (peer.Times("QUIT"), peer.Open));
        });
        Carry(relay, parent, Errand());
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_connection_carries_so_many_messages()
    {
        Sets = ["actorsmtp.outbound.servers.messages=2"];
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        for (var i = 0; i < 5; i++)
        {
            Carry(relay, parent, Errand());
        }

        Assert.Equal(3, peer.Connections);
    }

    [Fact]
    public void A_destination_has_its_own_number_of_messages_over_a_connection_and_others_keep_theirs()
    {
        Sets = ["actorsmtp.outbound.servers.messages=3", "actorsmtp.outbound.limits-for.\"near.test\".messages=1"];
        var peer = Peer("192.0.2.1:25");
        var (far, parentOfFar) = Start();
        var (near, parentOfNear) = Start("near.test");
        for (var i = 0; i < 3; i++)
        {
            Carry(far, parentOfFar, Errand());
            Carry(near, parentOfNear, Errand("ann@near.test"));
        }

        // "near" never goes over a connection that has carried something, nor anything after it; "far" has one for its three.
        var byConnection = peer.Heard.Select(heard => heard.Split(' ')).Where(words => words[1] == "RCPT").GroupBy(words => words[0], words => words[2].EndsWith("@near.test>", StringComparison.Ordinal) ? 'n' : 'f');
        Assert.Equal(["fff", "n", "n", "n"], byConnection.Select(line => string.Concat(line)).Order());
    }

    [Fact]
    public void A_server_says_how_many_it_takes_over_one_connection()
    {
        var peer = Peer("192.0.2.1:25");
        peer.Offers = ["LIMITS MAILMAX=1"];
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Carry(relay, parent, Errand());
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_connection_does_not_become_old()
    {
        var peer = Peer("192.0.2.1:25");
        Sets = ["actorsmtp.outbound.servers.idle=5m", "actorsmtp.outbound.servers.age=1m"];
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Time.Advance(TimeSpan.FromSeconds(61));
        Carry(relay, parent, Errand());                                 // the last over the old one
        Carry(relay, parent, Errand());
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_connection_that_the_server_has_left_is_replaced_without_a_word()
    {
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        peer.Standing[1].Close();
        AwaitAssert(() => Assert.Equal(0, peer.Open));
        var report = Assert.Single(Carry(relay, parent, Errand()));
        Assert.Equal(OutcomeKind.Delivered, report.Outcomes[0].Kind);
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_connection_whose_server_says_421_to_the_next_message_is_replaced()
    {
        var peer = Peer("192.0.2.1:25").OnInTurn("MAIL", null, "421 4.4.2 idle too long CLOSE");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Assert.Equal(OutcomeKind.Delivered, Assert.Single(Carry(relay, parent, Errand())).Outcomes[0].Kind);
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void There_are_so_many_connections_to_a_server()
    {
        Sets = ["actorsmtp.outbound.servers.connections=3"];
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        for (var i = 0; i < 40; i++)
        {
            relay.Tell(new Carry(Errand()), parent);
        }

        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(OutcomeKind.Delivered, NextReport(parent).Report.Outcomes[0].Kind);
        }

        Assert.InRange(peer.MostOpen, 1, 3);
        Assert.Equal(40, peer.Contents.Count);
    }

    [Fact]
    public void Destinations_that_share_a_server_take_turns()
    {
        Sets = ["actorsmtp.outbound.servers.connections=1"];
        var peer = Peer("192.0.2.1:25").On("GREETING", "");
        var (far, parentOfFar) = Start();
        var (near, parentOfNear) = Start("near.test");
        for (var i = 0; i < 5; i++)
        {
            far.Tell(new Carry(Errand($"far{i}@far.test")), parentOfFar);
        }

        AwaitAssert(() => Assert.Equal(1, peer.Connections));
        for (var i = 0; i < 5; i++)
        {
            near.Tell(new Carry(Errand($"near{i}@near.test")), parentOfNear);
        }

        near.Tell(new Identify(1), parentOfNear);
        parentOfNear.FishForMessage(m => m is ActorIdentity);
        Hosts.Tell(new Identify(1), parentOfNear);
        parentOfNear.FishForMessage(m => m is ActorIdentity);
        Greet(peer, 1);
        for (var i = 0; i < 5; i++)
        {
            NextReport(parentOfFar);
            NextReport(parentOfNear);
        }

        var order = peer.Said("RCPT").Select(r => r.Contains("far.test") ? 'f' : 'n').ToArray();
        Assert.Equal("fnfnfnfnfn", new string(order));
    }

    [Fact]
    public void Who_wants_a_server_in_another_way_gets_the_only_connection_after_a_slice()
    {
        Sets = ["actorsmtp.outbound.servers.connections=1"];
        var peer = Peer("192.0.2.1:25").On("GREETING", number => number == "1" ? "" : null);
        var asker = CreateTestProbe();
        for (var ticket = 0; ticket < 30; ticket++)
        {
            Hosts.Tell(To("192.0.2.1:25", ticket), asker);
        }

        Hosts.Tell(To("192.0.2.1:25", 30, "other.test"), asker);
        Passed(asker, alsoTheHost: true);
        Greet(peer, 1);
        var order = Enumerable.Range(0, 31).Select(_ => asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket).ToArray();
        Assert.Equal([.. Enumerable.Range(0, 10), 30, .. Enumerable.Range(10, 20)], order);
        Assert.Equal(3, peer.Connections);
        var heard = peer.Heard.ToList();
        Assert.True(heard.IndexOf("1 QUIT") < heard.IndexOf("2 EHLO us.test"), "one is left before the next is made");
    }

    [Fact]
    public void Who_has_no_connection_gets_one_of_several_at_once()
    {
        Sets = ["actorsmtp.outbound.servers.connections=2"];
        var peer = Peer("192.0.2.1:25").On("GREETING", number => int.Parse(number) < 3 ? "" : null).On("DOT", to => to == "stuck@far.test" ? "" : null);
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 0, to: "stuck@far.test"), asker);
        for (var ticket = 1; ticket < 30; ticket++)
        {
            Hosts.Tell(To("192.0.2.1:25", ticket), asker);
        }

        Hosts.Tell(To("192.0.2.1:25", 30, "other.test"), asker);
        Passed(asker, alsoTheHost: true);
        Greet(peer, 1);
        Greet(peer, 2);
        Assert.Equal([1, 30], [asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket, asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket]);
    }

    [Fact]
    public void Of_many_who_want_a_server_in_their_own_ways_each_has_its_turn()
    {
        Sets = ["actorsmtp.outbound.servers.connections=1"];
        var peer = Peer("192.0.2.1:25").On("GREETING", number => number == "1" ? "" : null);
        var asker = CreateTestProbe();
        for (var way = 0; way < 5; way++)
        {
            for (var ticket = 0; ticket < 20; ticket++)
            {
                Hosts.Tell(To("192.0.2.1:25", (100 * way) + ticket, $"way{way}.test"), asker);
            }
        }

        Passed(asker, alsoTheHost: true);
        Greet(peer, 1);
        var order = Enumerable.Range(0, 100).Select(_ => asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket / 100).ToArray();
        Assert.Equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], order.Chunk(10).Select(slice => Assert.Single(slice.Distinct())));
        Assert.Equal(10, peer.Connections);
    }

    [Fact]
    public void A_rest_is_over_when_its_time_is_over_also_if_the_clock_was_set_back()
    {
        var clock = new SetClock(Time);
        HostTime = clock;
        var peer = Peer("192.0.2.1:25").OnInTurn("GREETING", "421 4.3.2 not now CLOSE");
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 1), asker);
        Assert.NotNull(asker.ExpectMsg<Unreached>(TimeSpan.FromSeconds(20)).RestsUntil);
        clock.Offset = TimeSpan.FromHours(-1);
        Hosts.Tell(To("192.0.2.1:25", 2), asker);
        Assert.False(asker.ExpectMsg<Unreached>(TimeSpan.FromSeconds(20)).WasTried);
        Time.Advance(TimeSpan.FromSeconds(16));
        AwaitAssert(() =>
        {
            Hosts.Tell(To("192.0.2.1:25", 3), asker);
            Assert.IsType<Settled>(asker.ExpectMsg<object>(TimeSpan.FromSeconds(20)));
        });
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_server_that_refuses_connections_is_given_fewer()
    {
        var peer = Peer("192.0.2.1:25").On("GREETING", number => int.Parse(number) > 2 ? "421 4.7.0 too many CLOSE" : null);
        Peer("192.0.2.2:25").On("GREETING", "421 4.7.0 too many CLOSE");
        var (relay, parent) = Start();
        for (var i = 0; i < 30; i++)
        {
            relay.Tell(new Carry(Errand()), parent);
        }

        var delivered = 0;
        parent.FishForMessage(m =>
        {
            delivered += m is Attempted { IsLast: true, Report.Outcomes: [{ Kind: OutcomeKind.Delivered }] } ? 1 : 0;
            return delivered == 30;
        });
        Assert.InRange(peer.Connections, 3, 12);
        Assert.Contains(Lines.All, l => l.Contains("refuses connections"));
    }

    [Fact]
    public void A_server_that_failed_is_left_alone_and_tried_again_later()
    {
        var peer = Peer("192.0.2.1:25").OnInTurn("GREETING", "421 4.3.2 not now CLOSE");
        Peer("192.0.2.2:25");
        var (relay, parent) = Start();
        Assert.Equal(2, Carry(relay, parent, Errand()).Count);
        Assert.Single(Carry(relay, parent, Errand()));
        Assert.Equal(1, peer.Connections);
        Time.Advance(TimeSpan.FromSeconds(16));
        Carry(relay, parent, Errand());
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void To_hurry_is_to_try_at_once()
    {
        var peer = Peer("192.0.2.1:25").OnInTurn("GREETING", "421 4.3.2 not now CLOSE");
        Peer("192.0.2.2:25");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        relay.Tell(Hurry.Instance, parent);
        Carry(relay, parent, Errand());
        Assert.Equal(2, peer.Connections);
    }

    [Fact]
    public void A_host_without_work_is_gone()
    {
        var peer = Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Assert.Equal(1, HostTable.Count);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, HostTable.Count);
        });
        Assert.Equal(1, peer.Times("QUIT"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_there_are_as_many_hosts_as_there_may_be_one_that_rests_or_is_idle_makes_room(bool firstRests)
    {
        MostHosts = 1;
        Sets = ["actorsmtp.outbound.servers.idle=5m"];
        var first = Peer("192.0.2.1:25").On("GREETING", firstRests ? "421 4.3.2 not now CLOSE" : "220 mx");
        var second = Peer("192.0.2.7:25");
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 1), asker);
        asker.ExpectMsg<object>(TimeSpan.FromSeconds(20));
        Hosts.Tell(To("192.0.2.7:25", 2), asker);
        Hosts.Tell(To("192.0.2.7:25", 3), asker);
        Assert.Equal([2L, 3L], new[] { asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket, asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket }.Order());
        Assert.Equal((1, 2), (HostTable.Count, second.Contents.Count));
        AwaitAssert(() => Assert.Equal(0, first.Open));
    }

    [Fact]
    public void Where_all_hosts_are_busy_a_further_one_waits_until_one_is_not()
    {
        MostHosts = 1;
        var first = Peer("192.0.2.1:25").On("DOT", "");
        var second = Peer("192.0.2.7:25");
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 1), asker);
        AwaitAssert(() => Assert.Single(first.Contents));
        Hosts.Tell(To("192.0.2.7:25", 2), asker);
        Passed(asker);
        Assert.Equal((0, 1), (second.Connections, HostTable.Count));
        first.Standing[1].Write("250 2.0.0 at last\r\n"u8);
        first.Standing[1].Flush();
        Assert.Equal(1, asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));                      // asked for room again
            Assert.Single(second.Contents);
        });
        Assert.Equal(2, asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket);
    }

    [Fact]
    public void A_host_that_breaks_leaves_nobody_without_an_answer()
    {
        var time = new BreakingTime(Time);
        HostTime = time;
        var peer = Peer("192.0.2.1:25").On("GREETING", number => number == "1" ? "" : null);
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 1), asker);
        AwaitAssert(() => Assert.Equal(1, peer.Connections));
        time.Arm();
        for (var ticket = 2; ticket <= 5; ticket++)
        {
            Hosts.Tell(To("192.0.2.1:25", ticket), asker);
        }

        Passed(asker);                                                  // 3 to 5 are on their way to who breaks at 2
        time.Break();
        var answers = Enumerable.Range(0, 5).Select(_ => asker.ExpectMsg<Unreached>(TimeSpan.FromSeconds(20))).ToArray();
        Assert.Equal([1, 2, 3, 4, 5], answers.Select(a => a.Ticket).Order());
        Assert.All(answers, a => Assert.Contains("a fault of ours", a.Failure.Why));

        Hosts.Tell(To("192.0.2.1:25", 6), asker);
        Assert.Equal(6, asker.ExpectMsg<Settled>(TimeSpan.FromSeconds(20)).Ticket);
    }

    [Fact]
    public void Who_waits_is_answered_also_when_all_hosts_begin_anew()
    {
        var peer = Peer("192.0.2.1:25").On("GREETING", number => number == "1" ? "" : null);
        var asker = CreateTestProbe();
        Hosts.Tell(To("192.0.2.1:25", 1), asker);
        AwaitAssert(() => Assert.Equal(1, peer.Connections));
        Hosts.Tell(new Take(2, null!, null!), asker);                   // a bug of ours
        Assert.Equal([1, 2], Enumerable.Range(0, 2).Select(_ => asker.ExpectMsg<Unreached>(TimeSpan.FromSeconds(20)).Ticket).Order());
        AwaitAssert(() =>
        {
            Hosts.Tell(To("192.0.2.1:25", 3), asker);                   // what comes before the old host's end is known is answered too
            Assert.IsType<Settled>(asker.ExpectMsg<object>(TimeSpan.FromSeconds(20)));
        });
    }

    [Fact]
    public void Of_many_that_were_taken_none_is_answered_twice_when_the_host_breaks()
    {
        var time = new BreakingTime(Time);
        HostTime = time;
        var peer = Peer("192.0.2.1:25").On("GREETING", "");
        var asker = CreateTestProbe();
        for (var ticket = 0; ticket < 100; ticket++)
        {
            Hosts.Tell(To("192.0.2.1:25", ticket), asker);
        }

        AwaitAssert(() => Assert.InRange(peer.Connections, 5, 5));
        time.Arm();
        Hosts.Tell(To("192.0.2.1:25", 100), asker);
        time.Break();
        Assert.Equal(Enumerable.Range(0, 101).Select(t => (long)t), Enumerable.Range(0, 101).Select(_ => asker.ExpectMsg<Unreached>(TimeSpan.FromSeconds(20)).Ticket).Order());
        Passed(asker);
        Assert.False(asker.HasMessages);
    }

    private static Take To(string address, long ticket, string name = "mx.test", string to = "ann@far.test") => new(
        ticket,
        new NextHop(IPEndPoint.Parse(address), name, TlsDemand.Opportunistic),
        new MailToSend(
            new ReversePath(Mailbox.Parse("bob@us.test")), [new RecipientToSend(Mailbox.Parse(to))], new MemoryContent("Subject: hi\r\n\r\nHello\r\n"u8.ToArray())));

    /// <summary>What was told to the hosts before, they have passed on; and the only one of them has seen it.</summary>
    private void Passed(TestProbe asker, bool alsoTheHost = false)
    {
        Hosts.Tell(new Identify("passed"), asker);
        asker.ExpectMsg<ActorIdentity>(TimeSpan.FromSeconds(20));
        if (alsoTheHost)
        {
            HostTable.All.Single().Actor.Tell(new Identify("seen"), asker);
            asker.ExpectMsg<ActorIdentity>(TimeSpan.FromSeconds(20));
        }
    }

    private void Greet(NextHopPeer peer, int number)
    {
        AwaitAssert(() => Assert.True(peer.Standing.ContainsKey(number)));
        peer.Say(number, "220 at last");
    }

    /// <summary>A clock that somebody sets; the time that nobody sets goes on.</summary>
    private sealed class SetClock(TimeProvider inner) : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            set => Volatile.Write(ref _offset, value.Ticks);
        }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offset));
    }

    /// <summary>A clock that stops who reads it, when it is told to, and then breaks him.</summary>
    private sealed class BreakingTime(TimeProvider inner) : TimeProvider
    {
        private readonly ManualResetEventSlim _break = new();
        private int _armed;

        public void Arm() => Volatile.Write(ref _armed, 1);

        public void Break() => _break.Set();

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Exchange(ref _armed, 0) == 1)
            {
                _break.Wait(TimeSpan.FromSeconds(30));
                throw new InvalidOperationException("a clock that a test broke");
            }

            return inner.GetUtcNow();
        }
    }
}
