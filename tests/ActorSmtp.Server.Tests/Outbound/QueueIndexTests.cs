using ActorSmtp.Server.Outbound;

namespace ActorSmtp.Server.Tests.Outbound;

/// <summary>What the queue has in memory, against a plain model of it.</summary>
public sealed class QueueIndexTests
{
    private readonly QueueIndex _index = new();

    [Fact]
    public void A_message_keeps_its_number_and_is_found_by_it_or_what_comes_behind()
    {
        var random = new Random(1);
        var (free, there) = (new Stack<int>(), new SortedDictionary<long, int>());
        for (var (i, next) = (0, 0); i < 40_000; i++)
        {
            if (random.Next(5) < 3 || there.Count == 0)
            {
                var slot = free.TryPop(out var old) ? old : next++;
                _index.Add(slot, (uint)i, MessageMarks.None);
                there.Add(_index.NumberOf(slot), slot);
            }
            else
            {
                var (number, slot) = random.Next(3) == 0 ? there.First() : there.ElementAt(random.Next(Math.Min(there.Count, 50)));
                _index.Remove(slot);
                there.Remove(number);
                free.Push(slot);
            }

            if (i % 97 == 0)
            {
                var wanted = random.Next(i + 10);
                Assert.Equal(there.Where(entry => entry.Key >= wanted).Select(entry => entry.Value).DefaultIfEmpty(-1).First(), _index.FromNumber(wanted));
            }
        }

        var order = new List<int>();
        for (var slot = _index.FromNumber(0); slot >= 0; slot = _index.After(slot))
        {
            order.Add(slot);
        }

        Assert.Equal(there.Values, order);
        Assert.Equal(there.Count, _index.Messages);
    }

    [Fact]
    public void Sorted_by_arrival_the_oldest_has_the_first_number()
    {
        uint[] arrivals = [50, 20, 70, 20, 10];
        for (var slot = 0; slot < arrivals.Length; slot++)
        {
            _index.Add(slot, arrivals[slot], MessageMarks.None);
        }

        _index.SortByArrival();
        Assert.Equal([4, 1, 3, 0, 2], Enumerable.Range(0, 5).Select(number => _index.FromNumber(number)));
        Assert.Equal(-1, _index.FromNumber(5));
        _index.Remove(4);
        Assert.Equal((1, 1), (_index.FromNumber(0), _index.First));
    }

    [Fact]
    public void Legs_are_counted_by_their_states_and_a_destination_without_any_is_forgotten()
    {
        _index.Add(0, 1, MessageMarks.MayWarn);
        var (far, near) = (_index.AddLeg(0, "far.example", 0), _index.AddLeg(0, "near.example", 2));
        _index.Wait(far, 100);
        _index.Queue(near, 5);
        Assert.Equal((2, 2, 0, 0), (_index.Legs, _index.Destinations, _index.Out, _index.Held));
        Assert.Equal((100u, -1, far), (_index.NextDue, _index.TakeDue(99), _index.TakeDue(100)));
        _index.Queue(far, 100);
        Assert.Equal(far, _index.TakeReady(_index.Find("far.example")!));
        Assert.Equal(-1, _index.TakeReady(_index.Find("far.example")!));
        Assert.Equal(1, _index.Out);
        _index.Hold(far);
        Assert.Equal((0, 1, 1), (_index.Out, _index.Held, _index.Find("far.example")!.Held));
        _index.RemoveLeg(near);                     // from the middle of its destination's line
        Assert.Null(_index.Find("near.example"));
        _index.Remove(0);
        Assert.Equal((0, 0, 0, 0), (_index.Messages, _index.Legs, _index.Destinations, _index.Held));
        Assert.False(_index.Has(0));
        Assert.False(_index.Has(-1));
        Assert.Equal(-1, _index.LegOf(0, "far.example"));
    }

    [Fact]
    public void A_hundred_thousand_for_one_dead_domain_take_few_octets_each_and_are_looked_at_by_nobody()
    {
        const int Messages = 100_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var slot = 0; slot < Messages; slot++)
        {
            _index.Add(slot, (uint)slot, MessageMarks.None);
            _index.Queue(_index.AddLeg(slot, "dead.example", 0), 5);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Messages, 50, 100);

        _index.Add(Messages, 7, MessageMarks.None);
        var other = _index.AddLeg(Messages, "well.example", 0);
        before = GC.GetAllocatedBytesForCurrentThread();
        _index.Wait(other, 10);
        Assert.Equal(other, _index.TakeDue(10));
        _index.Queue(other, 10);
        Assert.Equal(other, _index.TakeReady(_index.Find("well.example")!));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.Equal((Messages, 1), (_index.Find("dead.example")!.Ready, _index.Out));
    }

    [Fact]
    public void Who_is_put_off_again_and_again_leaves_nothing_behind_in_the_clock()
    {
        _index.Add(0, 1, MessageMarks.None);
        var leg = _index.AddLeg(0, "far.example", 0);
        for (uint due = 10; due < 10_000; due++)
        {
            _index.Wait(leg, due);
        }

        Assert.Equal(9_999u, _index.NextDue);
        Assert.Equal(leg, _index.TakeDue(10_000));
        Assert.Null(_index.NextDue);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 1)]
    [InlineData(7, 7)]
    public void Times_are_kept_to_the_second_and_never_early(double seconds, uint kept)
    {
        var epoch = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(kept, QueueIndex.SecondsUp(epoch.AddSeconds(seconds)));
        Assert.Equal(epoch.AddSeconds(kept), QueueIndex.Time(kept));
        Assert.Equal(0u, QueueIndex.Seconds(epoch.AddDays(-1)));
    }
}
