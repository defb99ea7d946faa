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
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TimeSpan.Zero, book.Begin($"f{i}.test", s_every));
        }

        Assert.Equal(6, book.Count);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, book.Begin($"e{i}.test", s_every));
            Assert.InRange(book.Count, 1, 10);
        }

        Assert.Equal(TimeSpan.FromSeconds(50), book.Begin("long.test", TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Where_it_is_full_one_more_costs_no_look_at_all_of_them()
    {
        const int Most = 5000;
        var book = new RateBook(_time, Most);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 2 * Most; i++)
            {
                Assert.Equal(TimeSpan.Zero, book.Begin($"{round}-{i}.test", s_every));
            }

            for (var i = Most; i < 2 * Most; i++)
            {
                book.Forget($"{round}-{i}.test");
                book.Begin($"{round}-{i}.test", s_every);
            }
        }

        Assert.Equal(Most, book.Count);
        Assert.InRange(book.Moves, 1, 3 * 3 * Most * 2);
    }

    [Fact]
    public void Whoever_begins_again_and_again_is_in_it_once_and_is_not_the_first_to_go()
    {
        var book = new RateBook(_time, 2);
        for (var i = 0; i < 100; i++)
        {
            book.Begin("busy.test", s_every);
            _time.Advance(s_every);
        }

        Assert.Equal(1, book.Count);
        book.Begin("busy.test", TimeSpan.FromMinutes(1));
        book.Begin("a.test", s_every);
        book.Begin("b.test", s_every);
        Assert.Equal(2, book.Count);
        Assert.Equal(TimeSpan.FromMinutes(1), book.Begin("busy.test", TimeSpan.FromMinutes(1)));
    }
}
