using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Testing.Dialogues;

namespace ActorSmtp.Server.Tests.Sessions;

/// <summary>Until when a message must have gone on, in milliseconds.</summary>
public sealed class BodyPaceTests
{
    private static readonly LimitSettings Limits =
        TestMailServer.Settings(["limits.data-timeout=5m", "limits.minimum-data-rate=100", "limits.data-rate-grace=1m"]).Limits;

    [Fact]
    public void After_the_grace_time_what_has_come_buys_the_time_it_would_take_at_the_least_rate()
    {
        var pace = default(BodyPace);
        pace.Begin(1000);
        Assert.Equal(61_000, pace.Deadline(now: 1000, octets: 0, Limits));
        Assert.Equal(61_010, pace.Deadline(now: 50_000, octets: 1, Limits));
        Assert.Equal(161_000, pace.Deadline(now: 50_000, octets: 10_000, Limits));
    }

    [Fact]
    public void However_much_has_come_it_may_not_stand_still_for_longer_than_the_data_timeout()
    {
        var pace = default(BodyPace);
        pace.Begin(0);
        Assert.Equal(310_000, pace.Deadline(now: 10_000, octets: 4L << 30, Limits));
    }

    [Fact]
    public void Time_that_the_server_took_is_not_held_against_the_peer()
    {
        var pace = default(BodyPace);
        pace.Begin(0);
        pace.Pause(10_000);
        pace.Resume(100_000);
        Assert.Equal(150_000, pace.Deadline(now: 100_000, octets: 0, Limits));
    }

    [Fact]
    public void Without_a_least_rate_only_standing_still_counts()
    {
        var pace = default(BodyPace);
        pace.Begin(0);
        Assert.Equal(1_300_000, pace.Deadline(now: 1_000_000, octets: 1, Limits with { MinimumDataRate = 0 }));
    }
}
