using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>How often messages to one destination begin.</summary>
public sealed class RateBookTests
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);

    private readonly StandingTime _time = new();

    [Fact]
    public void One_begins_and_the_next_waits()
    {
        var book = new RateBook(_time, 10);
        Assert.Equal(TimeSpan.Zero, book.Begin("far.test", s_every));
        Assert.Equal(s_every, book.Begin("far.test", s_every));
        Assert.Equal(TimeSpan.Zero, book.Begin("near.test", s_every));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(6), book.Begin("far.test", s_every));
        book.Forget("far.test");
        Assert.Equal(TimeSpan.Zero, book.Begin("far.test", s_every));
    }

    [Fact]
    public void Who_is_a_little_late_does_not_lose_it_and_who_was_away_does_not_save_it_up()
    {
        var book = new RateBook(_time, 10);
        book.Begin("far.test", s_every);
        _time.Advance(TimeSpan.FromSeconds(13));
        Assert.Equal(TimeSpan.Zero, book.Begin("far.test", s_every));
        Assert.Equal(TimeSpan.FromSeconds(7), book.Begin("far.test", s_every));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, book.Begin("far.test", s_every));
        Assert.Equal(s_every, book.Begin("far.test", s_every));
    }

    [Fact]
    public void It_never_holds_more_than_it_may_and_forgets_first_who_may_begin_anyway()
    {
        var book = new RateBook(_time, 10);
        book.Begin("long.test", TimeSpan.FromMinutes(1));
        for (var i = 0; i < 9; i++)
        {
            book.Begin($"d{i}.test", s_every);
        }

        _time.Advance(s_every);
        Assert.Equal(TimeSpan.Zero, book.Begin("one.test", s_every));
        Assert.Equal(2, book.Count);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, book.Begin($"e{i}.test", s_every));
            Assert.InRange(book.Count, 1, 10);
        }

        Assert.Equal(TimeSpan.FromSeconds(50), book.Begin("long.test", TimeSpan.FromMinutes(1)));
    }
}
