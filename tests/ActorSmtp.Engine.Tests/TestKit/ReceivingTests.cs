using Akka.Actor;
using Xunit.Sdk;

namespace ActorSmtp.Engine.Tests;

/// <summary>Taking messages without saying which they must be.</summary>
public sealed class ReceivingTests : PatientTestKit
{
    [Fact]
    public void Fishing_throws_away_what_comes_before_the_fish()
    {
        Send(0, 1, 2, 3, 4);

        Assert.Equal(3, FishForMessage<int>(i => i == 3));
        ExpectMsg(4);
    }

    [Fact]
    public void Fishing_in_silence_fails() =>
        Assert.ThrowsAny<XunitException>(() => FishForMessage(_ => true, TimeSpan.FromMilliseconds(100)));

    [Fact]
    public void ReceiveN_gives_that_many_in_order()
    {
        Send(1, 2, 3);

        Assert.Equal([1, 2], ReceiveN(2));
        ExpectMsg(3);
    }

    [Fact]
    public void ReceiveN_fails_when_too_few_come()
    {
        Send(1);

        Assert.ThrowsAny<XunitException>(() => ReceiveN(2, TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void ReceiveWhile_leaves_the_first_message_that_does_not_fit()
    {
        Send(1, 2, 3, 100);

        Assert.Equal([1, 2, 3], ReceiveWhile<int>((Predicate<int>)(i => i < 10)));
        ExpectMsg(100);
    }

    [Fact]
    public void ReceiveWhile_by_filter_gives_what_the_filter_makes()
    {
        Send(1, 2, 100);

        Assert.Equal(["1", "2"], ReceiveWhile(TimeSpan.FromSeconds(30), m => m is < 10 ? m.ToString() : null));
        ExpectMsg(100);
    }

    [Fact]
    public void ReceiveWhile_stops_when_nothing_has_come_for_the_idle_time()
    {
        Send(1);

        Assert.Equal([1], ReceiveWhile<object>(TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(100), m => m));
    }

    [Fact]
    public void ReceiveOne_with_no_time_gives_null_at_once() => Assert.Null(ReceiveOne(TimeSpan.Zero));

    [Fact]
    public void ReceiveOne_with_no_time_gives_what_is_there()
    {
        Send(1);

        AwaitAssert(() => Assert.Equal(1, ReceiveOne(TimeSpan.Zero)));
    }

    [Fact]
    public void PeekOne_leaves_the_message()
    {
        Send(1);

        Assert.Equal(1, PeekOne());
        ExpectMsg(1);
    }

    [Fact]
    public async Task ReceiveN_can_be_awaited_as_they_come()
    {
        Send(1, 2);

        var received = new List<object>();
        await foreach (var message in ReceiveNAsync(2))
            received.Add(message);

        Assert.Equal([1, 2], received);
    }

    private void Send(params int[] messages)
    {
        foreach (var message in messages)
            TestActor.Tell(message);
    }
}
