using System.Net;
using ActorSmtp.Server.Listening;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>How often an address may connect, and that counting it costs no more than a table.</summary>
public sealed class ArrivalRateTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Two = IPAddress.Parse("2001:db8:0:1::");

    [Fact]
    public void A_minutes_worth_may_come_at_once_then_one_for_each_part_of_a_minute()
    {
        var rate = new ArrivalRate(perMinute: 6, seed: 1);
        Assert.Equal(6, Taken(rate, One, 100, at: 1000));
        Assert.Equal(0, Taken(rate, One, 100, at: 10_999));
        Assert.Equal(1, Taken(rate, One, 100, at: 11_000));
        Assert.Equal(3, Taken(rate, One, 100, at: 41_000));
        Assert.Equal(6, Taken(rate, One, 100, at: 1_000_000));
    }

    [Fact]
    public void One_address_does_not_pay_for_another()
    {
        var rate = new ArrivalRate(perMinute: 2, seed: 1);
        Assert.Equal(2, Taken(rate, One, 10, at: 0));
        Assert.Equal(2, Taken(rate, Two, 10, at: 0));
    }

    [Fact]
    public void Those_who_are_refused_are_not_held_to_have_come()
    {
        var rate = new ArrivalRate(perMinute: 60, seed: 1);
        Taken(rate, One, 10_000, at: 0);
        Assert.Equal(1, Taken(rate, One, 10, at: 1000));
    }

    [Fact]
    public void A_million_addresses_take_the_room_of_a_few_and_none_is_refused_for_the_others()
    {
        var rate = new ArrivalRate(perMinute: 1, seed: 7);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Span<byte> octets = stackalloc byte[4];
        for (var i = 0; i < 1_000_000; i++)
        {
            BitConverter.TryWriteBytes(octets, i);
            Assert.True(rate.Takes(new IPAddress(octets), now: i / 100));
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1_000_000;
        Assert.InRange(each, 0, 64);                                            // the address object of the test itself
    }

    private static int Taken(ArrivalRate rate, IPAddress address, int tries, long at) => Enumerable.Range(0, tries).Count(_ => rate.Takes(address, at));
}
