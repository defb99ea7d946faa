using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>The database's clock as a node knows it, whatever the node's own says.</summary>
public sealed class DatabaseClockTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private readonly Given _given = new() { Wall = s_noon.AddMinutes(10) };
    private readonly DatabaseClock _clock;

    public DatabaseClockTests() => _clock = new DatabaseClock(_given);

    [Fact]
    public void Before_the_database_has_said_anything_it_is_the_nodes_own()
    {
        Assert.False(_clock.IsKnown);
        Assert.Equal(_given.Wall, _clock.GetUtcNow());
    }

    [Fact]
    public void It_goes_on_from_what_was_said_by_the_steady_clock_however_the_nodes_own_is_set()
    {
        Hear(s_noon, took: 1);
        Assert.True(_clock.IsKnown);
        Assert.Equal(s_noon.AddSeconds(0.5), _clock.GetUtcNow());       // the middle of the way there and back
        _given.Pass(30);
        _given.Wall -= TimeSpan.FromHours(1);
        Assert.Equal(s_noon.AddSeconds(30.5), _clock.GetUtcNow());
    }

    [Fact]
    public void An_answer_that_agrees_with_it_does_not_move_it()
    {
        Hear(s_noon, took: 0);
        _given.Pass(10);
        Hear(s_noon.AddSeconds(10), took: 4);                           // between 10 and 14 s, where it shows 14
        Assert.Equal(s_noon.AddSeconds(14), _clock.GetUtcNow());
        Hear(s_noon.AddSeconds(14), took: 4);                           // between 14 and 18 s, where it shows 18
        Assert.Equal(s_noon.AddSeconds(18), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(100, 100)]                                              // the machine slept: forwards to the least that is possible
    [InlineData(-100, -99)]                                             // another database took over: backwards to the most
    public void One_that_contradicts_it_moves_it_as_far_as_it_must_and_no_further(int said, int shown)
    {
        Hear(s_noon, took: 0);
        Hear(s_noon.AddSeconds(said), took: 1);
        Assert.Equal(s_noon.AddSeconds(shown), _clock.GetUtcNow());
        _given.Pass(5);
        Assert.Equal(s_noon.AddSeconds(shown + 5), _clock.GetUtcNow());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_queue_that_is_open_goes_by_the_databases_clock_though_its_nodes_own_is_wrong_and_jumps(bool hasJoined)
    {
        var database = Cluster.Shared.NewDatabase();
        var wrong = new Given { Wall = s_noon.AddYears(-10), Steady = TimeProvider.System };
        await using var all = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(database)), TestMail.Settings("unused"), wrong);
        await using var stores = all.Serving(NodeAgreement.None);
        if (hasJoined)
        {
            await stores.Mail.OpenAsync(default);
        }

        await using var queue = all.Queue(1000, TimeSpan.FromDays(5));
        await queue.OpenAsync((_, _, _, _) => { }, new Deaf(), default);
        var clock = queue.Shared!.Clock;
        AssertRight();
        wrong.Wall += TimeSpan.FromDays(1);
        AssertRight();

        void AssertRight()
        {
            var before = Cluster.Shared.Ask<DateTime>(database, "SELECT clock_timestamp()");
            var shown = clock.GetUtcNow();
            var after = Cluster.Shared.Ask<DateTime>(database, "SELECT clock_timestamp()");
            Assert.InRange(shown, before - TimeSpan.FromMinutes(5), after + TimeSpan.FromMinutes(5));
        }
    }

    [SkippableFact]
    public async Task Each_sign_of_life_tells_the_time()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        node.All.Database.Clock.Hear(s_noon.AddYears(10), 0, 0);
        await Eventually.True(() => node.All.Clock.GetUtcNow() < s_noon.AddYears(9), "the next sign");
    }

    /// <summary>The database said this at the beginning of a question that took so many seconds.</summary>
    private void Hear(DateTimeOffset said, double took)
    {
        var asked = _given.GetTimestamp();
        _given.Pass(took);
        _clock.Hear(said, asked, _given.GetTimestamp());
    }

    private sealed class Deaf : IQueueObserver
    {
        public (long Asked, long Stable) Handover => default;

        public void OnDone(ReadOnlySpan<QueueJob> jobs)
        {
        }

        public void OnClaimed(ReadOnlySpan<ClaimedQueueMail> mails)
        {
        }

        public void OnLost(ReadOnlySpan<int> slots)
        {
        }
    }

    /// <summary>A wall clock and a steady one, each as the test sets it.</summary>
    private sealed class Given : TimeProvider
    {
        private long _stamp;

        public DateTimeOffset Wall { get; set; }

        /// <summary>Null: the test's.</summary>
        public TimeProvider? Steady { get; init; }

        public void Pass(double seconds) => _stamp += (long)(seconds * TimeSpan.TicksPerSecond);

        public override long TimestampFrequency => Steady?.TimestampFrequency ?? TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Steady?.GetTimestamp() ?? _stamp;

        public override DateTimeOffset GetUtcNow() => Wall;
    }
}
