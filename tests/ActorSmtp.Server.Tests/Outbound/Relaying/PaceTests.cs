using ActorSmtp.Server.Outbound.Relaying;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>How much goes at once.</summary>
public sealed class PaceTests
{
    [Fact]
    public void It_grows_fast_until_it_hears_no_and_slowly_from_then_on()
    {
        var pace = new Pace(2, 20);
        for (var i = 0; i < 10; i++)
        {
            pace.Good();
        }

        Assert.Equal(12, pace.Limit);
        Assert.True(pace.Bad(pace.Begin()));
        Assert.Equal(6, pace.Limit);
        for (var i = 0; i < 5; i++)
        {
            pace.Good();
        }

        Assert.Equal(6, pace.Limit);
        pace.Good();
        Assert.Equal(7, pace.Limit);
    }

    [Fact]
    public void A_round_counts_once()
    {
        var pace = new Pace(16, 20);
        long[] round = [.. Enumerable.Range(0, 16).Select(_ => pace.Begin())];
        Assert.Equal(1, round.Count(pace.Bad));
        Assert.Equal((8, 1), (pace.Limit, pace.BadInRow));
        Assert.True(pace.Bad(pace.Begin()));
        Assert.Equal((4, 2), (pace.Limit, pace.BadInRow));
    }

    [Fact]
    public void It_is_never_less_than_one_and_never_more_than_allowed()
    {
        var pace = new Pace(5, 3);
        Assert.Equal(3, pace.Limit);
        pace.Good();
        Assert.Equal(3, pace.Limit);
        for (var i = 0; i < 5; i++)
        {
            pace.Bad(pace.Begin());
        }

        Assert.Equal((1, 5), (pace.Limit, pace.BadInRow));
        pace.Good();
        Assert.Equal((2, 0), (pace.Limit, pace.BadInRow));
    }
}
