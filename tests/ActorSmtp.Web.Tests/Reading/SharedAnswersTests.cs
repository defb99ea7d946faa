using ActorSmtp.Storage.Access;
using ActorSmtp.Web.Reading;

namespace ActorSmtp.Web.Tests.Reading;

/// <summary>One answer for all pages while mail comes in a crowd, and a fresh one for each the rest of the time.</summary>
public sealed class SharedAnswersTests
{
    private readonly Clock _time = new();
    private readonly Crowd _crowd;
    private readonly SharedAnswers _shared;
    private int _reads;

    public SharedAnswersTests()
    {
        _crowd = new Crowd(_time);
        _shared = new SharedAnswers(_crowd, _time);
    }

    [Fact]
    public async Task Without_a_crowd_each_question_is_answered_anew()
    {
        for (var i = 0; i < Crowd.PerSecond - 1; i++)
        {
            _crowd.Count();
        }

        Assert.Equal((1, 2, 3), (await Ask("a"), await Ask("a"), await Ask("a")));
    }

    [Fact]
    public async Task In_a_crowd_the_same_question_is_answered_once_for_two_seconds()
    {
        Crowded();
        Assert.Equal((1, 1, 2), (await Ask("a"), await Ask("a"), await Ask("b")));

        Later(TimeSpan.FromSeconds(1.9));
        Assert.Equal(1, await Ask("a"));
        Later(TimeSpan.FromSeconds(0.2));
        Assert.Equal((3, 3), (await Ask("a"), await Ask("a")));
        Assert.Equal(3, _shared.Reads);
    }

    [Fact]
    public async Task When_the_crowd_is_over_nothing_old_is_answered()
    {
        Crowded();
        Assert.Equal(1, await Ask("a"));
        _time.Advance(TimeSpan.FromSeconds(1));         // nothing comes any more
        Assert.True(_crowd.IsThere);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_crowd.IsThere);
        Assert.Equal(2, await Ask("a"));
    }

    [Fact]
    public async Task Who_asks_while_it_is_read_waits_for_that()
    {
        Crowded();
        var read = new TaskCompletionSource<int>();
        var first = _shared.AskAsync("a", _ => read.Task, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var second = _shared.AskAsync<int>("a", _ => throw new InvalidOperationException("asked twice"), gone.Token);
        var third = _shared.AskAsync<int>("a", _ => throw new InvalidOperationException("asked twice"), CancellationToken.None);

        await gone.CancelAsync();                       // one of them goes: the others are answered all the same
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        read.SetResult(7);

        Assert.Equal((7, 7), (await first, await third));
    }

    [Fact]
    public async Task What_was_changed_here_is_seen_at_once_even_by_who_asks_while_the_old_is_read()
    {
        Crowded();
        var read = new TaskCompletionSource<int>();
        var before = _shared.AskAsync("a", _ => read.Task, CancellationToken.None);
        _shared.Drop();
        Assert.Equal(1, await Ask("a"));
        read.SetResult(0);
        Assert.Equal(0, await before);
        Assert.Equal(1, await Ask("a"));
    }

    [Fact]
    public async Task What_takes_long_is_kept_longer_but_never_for_long()
    {
        Crowded();
        Assert.Equal(1, await Ask("a", takes: TimeSpan.FromMilliseconds(200)));
        Later(TimeSpan.FromSeconds(3.9));
        Assert.Equal(1, await Ask("a"));
        Later(TimeSpan.FromSeconds(0.2));
        Assert.Equal(2, await Ask("a", takes: TimeSpan.FromSeconds(5)));
        Later(TimeSpan.FromSeconds(9.9));
        Assert.Equal(2, await Ask("a"));
        Later(TimeSpan.FromSeconds(0.2));
        Assert.Equal(3, await Ask("a"));
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        Crowded();
        await Assert.ThrowsAsync<IOException>(() => _shared.AskAsync<int>("a", _ => throw new IOException("broken"), CancellationToken.None));
        Assert.Equal(1, await Ask("a"));
    }

    [Fact]
    public async Task However_many_questions_there_are_few_answers_are_kept()
    {
        Crowded();
        for (var i = 0; i < 200; i++)
        {
            await Ask($"q{i}");
        }

        Assert.Equal(200, await Ask("q199"));
        Assert.Equal(201, await Ask("q0"));
    }

    private Task<int> Ask(string question, TimeSpan takes = default) => _shared.AskAsync(
        question,
        _ =>
        {
            _time.Advance(takes);
            return Task.FromResult(++_reads);
        },
        CancellationToken.None);

    private void Crowded()
    {
        for (var i = 0; i < Crowd.PerSecond; i++)
        {
            _crowd.Count();
        }
    }

    /// <summary>So much later, and mail came all the time.</summary>
    private void Later(TimeSpan time)
    {
        _time.Advance(time);
        Crowded();
    }

    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
    }
}
