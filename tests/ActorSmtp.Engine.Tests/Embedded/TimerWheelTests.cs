using Akka.Actor.Internal;
using Akka.Actor.Scheduling;

namespace ActorSmtp.Engine.Tests.Embedded;

/// <summary>Timers by a clock that is moved by hand.</summary>
public sealed class TimerWheelTests : IDisposable
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);
    private readonly ManualTime _time = new();
    private readonly TimerWheel _wheel;
    private readonly List<string> _fired = [];

    public TimerWheelTests() => _wheel = new TimerWheel(new Clockwork(_time), s_tick);

    public void Dispose() => _wheel.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(635)]
    [InlineData(641)]
    [InlineData(40_961)]
    [InlineData(300_000)]
    [InlineData(86_400_000)]
    public void An_entry_fires_within_a_tick_after_its_time_and_never_before(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(12_345));
        Set("x", milliseconds);

        _time.Advance(TimeSpan.FromMilliseconds(Math.Max(0, milliseconds - 1)));
        Assert.Empty(milliseconds == 0 ? [] : _fired);
        _time.Advance(TimeSpan.FromMilliseconds(1) + s_tick);

        Assert.Equal(["x"], _fired);
    }

    [Fact]
    public void Entries_fire_in_the_order_of_their_times_whatever_the_order_they_were_set_in()
    {
        var random = new Random(1);
        var times = Enumerable.Range(0, 2_000).Select(_ => random.Next(1, 1_000_000) * 10).ToList();
        var fired = new List<int>();
        foreach (var time in times)
        {
            _wheel.Once(TimeSpan.FromMilliseconds(time), () => fired.Add(time));
        }

        _time.Advance(TimeSpan.FromHours(3));

        Assert.Equal(times.Order(), fired);
        Assert.Equal(0, _wheel.Count);
    }

    [Fact]
    public void Entries_of_one_time_fire_in_the_order_they_were_set()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            Set(name, 700);
        }

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["a", "b", "c"], _fired);
    }

    [Fact]
    public void A_cancelled_entry_is_gone_at_once()
    {
        var entry = Set("cancelled", 50);

        Assert.True(entry.Cancel());

        Assert.Equal(0, _wheel.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_fired);
        Assert.False(entry.Cancel());
    }

    [Fact]
    public void An_entry_that_waits_can_be_moved_and_one_that_has_fired_cannot()
    {
        var entry = Set("moved", 50);

        Assert.True(_wheel.TryReset(entry, TimeSpan.FromMilliseconds(500)));
        _time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Empty(_fired);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(["moved"], _fired);

        Assert.False(_wheel.TryReset(entry, s_tick));
    }

    [Fact]
    public void A_repeating_entry_counts_from_its_last_firing()
    {
        var entry = new Naming("tick", _fired);
        _wheel.Set(entry, s_tick, s_tick * 10);

        _time.Advance(s_tick * 35);

        Assert.Equal(4, _fired.Count);
        entry.Cancel();
        _time.Advance(s_tick * 35);
        Assert.Equal(4, _fired.Count);
    }

    [Fact]
    public void An_idle_wheel_does_not_tick()
    {
        Assert.Equal(0, _time.Armed);
        Set("x", 300_000);
        var wakes = _time.Advance(TimeSpan.FromMinutes(6));

        Assert.InRange(wakes, 1, 4);
        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public void An_entry_that_throws_does_not_hold_up_the_next()
    {
        _wheel.Once(s_tick, () => throw new InvalidOperationException());
        Set("next", 10);

        _time.Advance(s_tick * 3);

        Assert.Equal(["next"], _fired);
    }

    [Fact]
    public void A_wheel_that_has_ended_drops_what_waited_and_what_comes()
    {
        Set("before", 50);

        _wheel.Dispose();
        Set("after", 50);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(_fired);
    }

    private Naming Set(string name, int milliseconds)
    {
        var entry = new Naming(name, _fired);
        _wheel.Set(entry, TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero);
        return entry;
    }

    private sealed class Naming(string name, List<string> fired) : TimerEntry
    {
        internal override void Fire() => fired.Add(name);
    }

    private sealed class Clockwork(TimeProvider time) : EngineEnvironment
    {
        internal override TimeProvider Time => time;

        internal override void ReportFailure(Exception e)
        {
        }
    }
}
