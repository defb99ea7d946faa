using System.Net;
using ActorSmtp.Server.Listening;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>Who is one too many, and that everything counted is given back.</summary>
public sealed class ConnectionGateTests
{
    private static readonly IPEndPoint One = Peer("192.0.2.1");

    [Fact]
    public void The_total_is_limited_and_what_leaves_makes_room()
    {
        var gate = new ConnectionGate(limit: 2, limitPerAddress: 10);
        Assert.True(gate.TryEnter(One));
        Assert.True(gate.TryEnter(Peer("192.0.2.2")));
        Assert.False(gate.TryEnter(Peer("192.0.2.3")));
        gate.Leave(One);
        Assert.True(gate.TryEnter(Peer("192.0.2.3")));
        Assert.Equal(2, gate.Total);
    }

    [Fact]
    public void An_address_is_limited_and_a_refusal_counts_nothing()
    {
        var gate = new ConnectionGate(limit: 10, limitPerAddress: 1);
        Assert.True(gate.TryEnter(One));
        Assert.False(gate.TryEnter(One));
        Assert.False(gate.TryEnter(Peer("::ffff:192.0.2.1")));
        Assert.True(gate.TryEnter(Peer("192.0.2.2")));
        Assert.Equal((2, 2), (gate.Total, gate.Addresses));
    }

    [Fact]
    public void An_IPv6_network_of_64_bits_counts_as_one_address_and_loopback_as_itself()
    {
        var gate = new ConnectionGate(limit: 10, limitPerAddress: 1);
        Assert.True(gate.TryEnter(Peer("2001:db8:0:1::1")));
        Assert.False(gate.TryEnter(Peer("2001:db8:0:1:ffff::2")));
        Assert.True(gate.TryEnter(Peer("2001:db8:0:2::1")));
        Assert.True(gate.TryEnter(Peer("::1")));
    }

    [Fact]
    public void A_peer_without_an_address_counts_in_total_only()
    {
        var gate = new ConnectionGate(limit: 2, limitPerAddress: 1);
        Assert.True(gate.TryEnter(null));
        Assert.True(gate.TryEnter(null));
        Assert.False(gate.TryEnter(null));
        gate.Leave(null);
        gate.Leave(null);
        Assert.Equal((0, 0), (gate.Total, gate.Addresses));
    }

    [Fact]
    public void After_any_coming_and_going_on_many_threads_nothing_is_left()
    {
        var gate = new ConnectionGate(limit: 50, limitPerAddress: 5);
        Parallel.For(0, 200_000, i =>
        {
            var peer = Peer($"192.0.2.{i % 20}");
            if (gate.TryEnter(peer))
            {
                gate.Leave(peer);
            }
        });

        Assert.Equal((0, 0), (gate.Total, gate.Addresses));
    }

    private static IPEndPoint Peer(string address) => new(IPAddress.Parse(address), 1234);
}
