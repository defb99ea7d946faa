using Akka.Actor;
using ActorSmtp.Server.Outbound;
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
        peer.Standing[1].Write("220 at last\r\n"u8);
        peer.Standing[1].Flush();
        for (var i = 0; i < 5; i++)
        {
            NextReport(parentOfFar);
            NextReport(parentOfNear);
        }

        var order = peer.Said("RCPT").Select(r => r.Contains("far.test") ? 'f' : 'n').ToArray();
        Assert.Equal("fnfnfnfnfn", new string(order));
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
}
