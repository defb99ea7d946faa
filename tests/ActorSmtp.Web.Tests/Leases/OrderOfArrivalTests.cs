using ActorSmtp.Web.Leases;

namespace ActorSmtp.Web.Tests.Leases;

/// <summary>What a lease knows of the order in which its mail came.</summary>
public sealed class OrderOfArrivalTests
{
    private readonly Lease _lease = new("id", "id@a.test", default, default);

    [Fact]
    public void However_many_came_before_a_wait_sees_the_next_one()
    {
        Receive(0, Lease.MostArrivals);
        var (_, from, changed) = _lease.After(Lease.MostArrivals);
        Assert.Equal(Lease.MostArrivals, from);
        Receive(Lease.MostArrivals, 1);
        Assert.True(changed.IsCompleted);
        var (keys, place, _) = _lease.After(Lease.MostArrivals);
        Assert.Equal(["10000"], keys);
        Assert.Equal(Lease.MostArrivals, place);
        Assert.Equal(Lease.MostArrivals + 1, _lease.Messages);
    }

    [Fact]
    public void Who_asks_for_what_is_forgotten_gets_what_is_remembered_and_the_place_of_it()
    {
        const int Many = 3 * Lease.MostArrivals;
        Receive(0, Many);
        var (keys, from, _) = _lease.After(0);
        Assert.InRange(keys.Length, Lease.MostArrivals / 2, Lease.MostArrivals);
        Assert.Equal(Many, from + keys.Length);
        Assert.Equal($"{from}", keys[0]);
        Assert.Equal($"{Many - 1}", keys[^1]);
        Assert.Equal((Many, 0), (_lease.After(int.MaxValue).From, _lease.After(int.MaxValue).Keys.Length));
    }

    [Fact]
    public void Messages_are_counted_also_where_their_order_is_forgotten()
    {
        const int Many = 2 * Lease.MostArrivals;
        Receive(0, Many);
        Receive(Many - 10, 10);                             // told twice
        Assert.Equal(Many, _lease.Messages);
        _lease.Gone(["0", "1", $"{Many - 1}"]);
        Assert.Equal(Many - 3, _lease.Messages);
        _lease.Gone([$"{Many - 1}"]);
        Assert.Equal(Many - 3, _lease.Messages);
        _lease.Gone([]);
        Assert.Equal(0, _lease.Messages);
        _lease.Gone(["2"]);
        Assert.Equal(0, _lease.Messages);
    }

    private void Receive(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            _lease.Arrived($"{i}");
        }
    }
}
