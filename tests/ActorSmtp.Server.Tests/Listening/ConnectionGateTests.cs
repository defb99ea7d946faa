using System.Net;
using ActorSmtp.Server.Listening;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>Who is one too many, and that everything counted is given back.</summary>
public sealed class ConnectionGateTests
{
    private static readonly IPEndPoint One = Peer("192.0.2.1");

    [Fact]
    public void The_total_is_limited_and_what_leaves_makes_room()
    {
        var gate = Gate(total: 2);
        Assert.Equal(Admission.In, Enter(gate, One));
        Assert.Equal(Admission.In, Enter(gate, Peer("192.0.2.2")));
        Assert.Equal(Admission.Full, Enter(gate, Peer("192.0.2.3")));
        gate.Leave(One);
        Assert.Equal(Admission.In, Enter(gate, Peer("192.0.2.3")));
        Assert.Equal(2, gate.Total);
    }

    [Fact]
    public void An_address_is_limited_and_a_refusal_counts_nothing()
    {
        var gate = Gate(perAddress: 1);
        Assert.Equal(Admission.In, Enter(gate, One));
        Assert.Equal(Admission.AddressFull, Enter(gate, One));
        Assert.Equal(Admission.AddressFull, Enter(gate, Peer("::ffff:192.0.2.1")));
        Assert.Equal(Admission.In, Enter(gate, Peer("192.0.2.2")));
        Assert.Equal((2, 2), (gate.Total, gate.Addresses));
    }

    [Fact]
    public void An_IPv6_network_of_64_bits_counts_as_one_address_and_loopback_as_itself()
    {
        var gate = Gate(perAddress: 1);
        Assert.Equal(Admission.In, Enter(gate, Peer("2001:db8:0:1::1")));
        Assert.Equal(Admission.AddressFull, Enter(gate, Peer("2001:db8:0:1:ffff::2")));
        Assert.Equal(Admission.In, Enter(gate, Peer("2001:db8:0:2::1")));
        Assert.Equal(Admission.In, Enter(gate, Peer("::1")));
    }

    [Fact]
    public void A_peer_without_an_address_counts_in_total_only()
    {
        var gate = Gate(total: 2, perAddress: 1);
        Assert.Equal(Admission.In, Enter(gate, null));
        Assert.Equal(Admission.In, Enter(gate, null));
        Assert.Equal(Admission.Full, Enter(gate, null));
        gate.Leave(null);
        gate.Leave(null);
        Assert.Equal((0, 0), (gate.Total, gate.Addresses));
    }

    [Fact]
    public void A_listener_has_a_limit_of_its_own_and_gives_back_what_the_whole_refused()
    {
        var all = Gate(total: 3);
        var narrow = new ListenerGate(all, limit: 2, mayUseReserve: false);
        var wide = new ListenerGate(all, limit: 0, mayUseReserve: false);
        Assert.Equal(Admission.In, narrow.TryEnter(One, 0));
        Assert.Equal(Admission.In, narrow.TryEnter(One, 0));
        Assert.Equal(Admission.ListenerFull, narrow.TryEnter(One, 0));
        Assert.Equal(Admission.In, wide.TryEnter(One, 0));
        Assert.Equal(Admission.Full, wide.TryEnter(One, 0));
        narrow.Leave(One);
        Assert.Equal((1, 1, 2), (narrow.Count, wide.Count, all.Total));
    }

    [Fact]
    public void What_is_kept_for_submission_nobody_else_gets()
    {
        var all = new ConnectionGate(new GateLimits(Total: 10, PerAddress: 100, Reserved: 2));
        var mx = new ListenerGate(all, limit: 0, mayUseReserve: false);
        var submission = new ListenerGate(all, limit: 0, mayUseReserve: true);
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(Admission.In, mx.TryEnter(One, 0));
        }

        Assert.Equal(Admission.Full, mx.TryEnter(One, 0));
        Assert.Equal(Admission.In, submission.TryEnter(One, 0));
        Assert.Equal(Admission.In, submission.TryEnter(One, 0));
        Assert.Equal(Admission.Full, submission.TryEnter(One, 0));
    }

    [Fact]
    public void The_share_is_of_all_connections_and_none_where_nobody_can_submit()
    {
        Assert.Equal(0, GateLimits.Of(TestMailServer.Settings([])).Reserved);
        var limits = GateLimits.Of(TestMailServer.Settings(["limits.connections=1000", "limits.submission-share=25", "listeners.mx.role=submission"]));
        Assert.Equal((250, 750), (limits.Reserved, limits.StressAt));
    }

    [Fact]
    public void Under_stress_is_who_has_come_to_the_mark()
    {
        var gate = new ConnectionGate(new GateLimits(Total: 10, PerAddress: 10, StressAt: 2));
        Enter(gate, One);
        Assert.False(gate.IsStressed);
        Enter(gate, One);
        Assert.True(gate.IsStressed);
        gate.Leave(One);
        Assert.False(gate.IsStressed);
    }

    [Fact]
    public void Recipients_of_open_messages_are_many_above_the_mark_and_few_again_when_given_back()
    {
        var gate = new ConnectionGate(new GateLimits(Total: 10, PerAddress: 10, OpenRecipients: 5));
        gate.CountRecipients(5);
        Assert.False(gate.HasManyRecipients);
        gate.CountRecipients(1);
        Assert.True(gate.HasManyRecipients);
        gate.CountRecipients(-6);
        Assert.False(gate.HasManyRecipients);
    }

    [Fact]
    public void A_connection_that_turns_out_to_be_anothers_counts_as_theirs()
    {
        var all = Gate(perAddress: 1);
        var gate = new ListenerGate(all, limit: 0, mayUseReserve: false);
        gate.TryEnter(null, 0);
        gate.TryEnter(null, 0);
        Assert.Equal(Admission.In, gate.TryRename(null, One, 0));
        Assert.Equal(Admission.AddressFull, gate.TryRename(null, One, 0));
        Assert.Equal(Admission.In, gate.TryRename(One, Peer("192.0.2.9"), 0));
        Assert.Equal(Admission.In, gate.TryRename(null, One, 0));
        gate.Leave(One);
        gate.Leave(Peer("192.0.2.9"));
        Assert.Equal((0, 0), (all.Total, all.Addresses));
    }

    [Fact]
    public void Only_so_many_are_told_at_once_that_they_are_too_many()
    {
        var gate = Gate();
        for (var i = 0; i < 256; i++)
        {
            Assert.True(gate.TurningAway.TryTake());
        }

        Assert.False(gate.TurningAway.TryTake());
        gate.TurningAway.GiveBack();
        Assert.True(gate.TurningAway.TryTake());
    }

    [Fact]
    public void After_any_coming_and_going_on_many_threads_nothing_is_left()
    {
        var gate = Gate(total: 50, perAddress: 5);
        Parallel.For(0, 200_000, i =>
        {
            var peer = Peer($"192.0.2.{i % 20}");
            if (Enter(gate, peer) == Admission.In)
            {
                gate.Leave(peer);
            }
        });

        Assert.Equal((0, 0), (gate.Total, gate.Addresses));
    }

    private static ConnectionGate Gate(int total = 10, int perAddress = 10) => new(new GateLimits(total, perAddress));

    private static Admission Enter(ConnectionGate gate, IPEndPoint? peer) => gate.TryEnter(peer, mayUseReserve: false, now: 0);

    private static IPEndPoint Peer(string address) => new(IPAddress.Parse(address), 1234);
}
