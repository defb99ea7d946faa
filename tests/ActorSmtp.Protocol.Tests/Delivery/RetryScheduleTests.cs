using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Protocol.Tests.Delivery;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset _in = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RetrySchedule _schedule = new(
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)], TimeSpan.FromDays(5), TimeSpan.FromHours(4), JitterPercent: 0);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(3, 60)]
    [InlineData(4, 60)]
    [InlineData(1_000_000, 60)]
    public void Waits_grow_and_the_last_one_repeats(int failures, int minutes) =>
        Assert.Equal(_in + TimeSpan.FromMinutes(10 + minutes), _schedule.After(_in, failures, false, _in + TimeSpan.FromMinutes(10), 7).NextAt);

    [Fact]
    public void Chance_adds_up_to_its_share_and_the_same_luck_adds_the_same()
    {
        var schedule = _schedule with { JitterPercent = 20 };
        var waits = Enumerable.Range(0, 1000).Select(i => (schedule.After(_in, 3, false, _in, (ulong)i).NextAt!.Value - _in).TotalMinutes).ToArray();
        Assert.All(waits, w => Assert.InRange(w, 60, 72));
        Assert.True(waits.Min() < 60.5 && waits.Max() > 71.5 && waits.Average() is > 65 and < 67);
        Assert.Equal(schedule.After(_in, 3, false, _in, 9), schedule.After(_in, 3, false, _in, 9));
    }

    [Fact]
    public void The_last_attempt_is_at_the_end_and_then_it_is_given_up()
    {
        var last = _schedule.After(_in, 50, true, _in + TimeSpan.FromDays(5) - TimeSpan.FromMinutes(20), 1);
        Assert.Equal(_schedule.ExpiresAt(_in), last.NextAt);
        Assert.False(last.IsExpired);
        Assert.True(_schedule.After(_in, 51, true, _in + TimeSpan.FromDays(5), 1).IsExpired);
        Assert.True(_schedule.After(_in, 1, false, _in + TimeSpan.FromDays(500), 1).IsExpired);
    }

    [Fact]
    public void The_sender_is_warned_once_when_it_takes_long()
    {
        Assert.False(_schedule.After(_in, 5, false, _in + TimeSpan.FromHours(3.9), 1).WarnsNow);
        Assert.True(_schedule.After(_in, 5, false, _in + TimeSpan.FromHours(4), 1).WarnsNow);
        Assert.False(_schedule.After(_in, 6, true, _in + TimeSpan.FromHours(5), 1).WarnsNow);
        Assert.False(_schedule.After(_in, 6, false, _in + TimeSpan.FromDays(5), 1).WarnsNow);        // the bounce says enough
        Assert.False((_schedule with { WarnAfter = TimeSpan.Zero }).After(_in, 5, false, _in + TimeSpan.FromDays(1), 1).WarnsNow);
        Assert.Equal(_in + TimeSpan.FromHours(4), _schedule.WarnsAt(_in));
        Assert.Null((_schedule with { WarnAfter = TimeSpan.Zero }).WarnsAt(_in));
    }

    [Fact]
    public void A_clock_that_was_set_back_does_no_harm() =>
        Assert.Equal(_in - TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1), _schedule.After(_in, 1, false, _in - TimeSpan.FromDays(30), 1).NextAt);

    [Fact]
    public void Five_days_of_failures_are_so_many_attempts()
    {
        var (now, failures, warnings) = (_in, 0, 0);
        while (true)
        {
            var step = _schedule.After(_in, ++failures, warnings > 0, now, (ulong)failures);
            warnings += step.WarnsNow ? 1 : 0;
            if (step.NextAt is not { } next)
            {
                break;
            }

            Assert.True(next > now);
            now = next;
        }

        Assert.Equal((_schedule.ExpiresAt(_in), 123, 1), (now, failures, warnings));                 // 0, 1 and 6 minutes, then hourly, and the end
    }
}
