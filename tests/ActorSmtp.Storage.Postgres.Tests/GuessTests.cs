using System.Collections.Immutable;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Wrong passwords, counted by several nodes together.</summary>
public sealed class GuessTests
{
    private static readonly GuessRules s_rules = new(TimeSpan.FromMinutes(10), Noteworthy: 3, Table: 100);
    private static readonly GuessKey s_network = new(GuessKind.Network, 1);
    private static readonly GuessKey s_name = new(GuessKind.Name, 2);
    private static readonly GuessKey s_known = new(GuessKind.Known, UInt128.MaxValue);

    [SkippableFact]
    public async Task What_each_node_counted_is_added_and_each_hears_the_sum()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var other = Open(database);
        await using var first = one.Guesses(s_rules);
        await using var second = other.Guesses(s_rules);
        Assert.Equal(2, Only(await ShareAsync(first, Wrong(s_network, 2)), s_network), 0.4);
        Assert.Equal(5, Only(await ShareAsync(second, Wrong(s_network, 3), Wrong(s_name, 1)), s_network), 0.4);
        Assert.Equal(5, Only(await ShareAsync(first), s_network), 0.4);         // without having counted anything
        Assert.DoesNotContain(await ShareAsync(first), c => c.Key == s_name);   // not worth hearing of yet
    }

    [SkippableFact]
    public async Task A_node_that_begins_anew_hears_all_there_is()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using (var before = one.Guesses(s_rules))
        {
            await ShareAsync(before, Wrong(s_network, 7), Good(s_known));
        }

        Cluster.Shared.Execute(database, "UPDATE guesses SET changed_at = now() - INTERVAL '10 minutes'");
        await using var after = one.Guesses(s_rules);
        var all = await after.ShareAsync([], all: true, default);
        Assert.Equal(3.5, Only(all, s_network), 0.4);                           // half of it is forgotten
        var known = Assert.Single(all, c => c.Key == s_known);
        Assert.Equal(0, known.Failures);
        Assert.InRange(known.Age.TotalSeconds, 600, 900);
        Assert.Empty(await after.ShareAsync([], all: false, default));          // nothing is new
    }

    [SkippableFact]
    public async Task Half_is_forgotten_by_the_databases_clock_before_more_is_added()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var guesses = one.Guesses(s_rules);
        await ShareAsync(guesses, Wrong(s_name, 8));
        Cluster.Shared.Execute(database, "UPDATE guesses SET changed_at = changed_at - INTERVAL '10 minutes'");
        Assert.Equal(5, Only(await ShareAsync(guesses, Wrong(s_name, 1)), s_name), 0.4);
        Cluster.Shared.Execute(database, "UPDATE guesses SET changed_at = changed_at - INTERVAL '1000 days'");
        Assert.Equal(1, Only(await ShareAsync(guesses, Wrong(s_name, 1)), s_name), 0.4);
        Assert.Equal(GuessRules.MostFailures, Only(await ShareAsync(guesses, Wrong(s_name, GuessRules.MostFailures)), s_name), 0.4);
    }

    [SkippableFact]
    public async Task What_was_right_forgives_what_went_wrong_there_before()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var guesses = one.Guesses(s_rules);
        await ShareAsync(guesses, Good(s_known));
        Assert.Equal(6, Only(await ShareAsync(guesses, Wrong(s_known, 6)), s_known), 0.4);
        Assert.Equal(1, Only(await ShareAsync(guesses, Good(s_known) with { Failures = 1 }), s_known), 0.4);
        Assert.True(Cluster.Shared.Ask<bool>(database, "SELECT until > now() + INTERVAL '29 days' FROM guesses"));
    }

    [SkippableFact]
    public async Task What_comes_twice_in_one_call_is_added_up()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var guesses = one.Guesses(s_rules);
        Assert.Equal(3, Only(await ShareAsync(guesses, Wrong(s_name, 1), Wrong(s_name, 2)), s_name), 0.4);
    }

    [SkippableFact]
    public async Task Nodes_that_count_the_same_at_once_lose_nothing_and_never_hold_each_other_up()
    {
        var database = Cluster.Shared.NewDatabase();
        var keys = Enumerable.Range(0, 50).Select(n => new GuessKey(GuessKind.Network, (UInt128)n)).ToArray();
        await using var all = Open(database);
        var nodes = Enumerable.Range(0, 4).Select(_ => all.Guesses(s_rules with { HalfForgotten = TimeSpan.FromDays(1) })).ToArray();
        await Task.WhenAll(nodes.Select((node, n) => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                await node.ShareAsync([.. (n % 2 == 0 ? keys : keys.Reverse()).Select(k => Wrong(k, 1))], all: false, default);
            }
        })));
        var sums = await nodes[0].ShareAsync([.. keys.Select(k => Wrong(k, 0))], all: false, default);
        Assert.All(keys, key => Assert.Equal(40, Only(sums, key), 1));
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task What_is_forgotten_is_swept_and_so_is_what_there_is_no_room_for()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var guesses = one.Guesses(s_rules with { Table = 10 });     // a hundred for all nodes
        await ShareAsync(guesses, [.. Enumerable.Range(0, 5).Select(n => Wrong(new GuessKey(GuessKind.Name, (UInt128)n), 1))]);
        Cluster.Shared.Execute(database, "UPDATE guesses SET until = now() - INTERVAL '1 second'");
        await ShareAsync(guesses, [.. Enumerable.Range(0, 300).Select(n => Wrong(new GuessKey(GuessKind.Network, (UInt128)n), n < 50 ? 9 : 1))]);
        await Eventually.True(
            () => Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM guesses WHERE kind = 0") == 100 && Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM guesses WHERE kind = 1") == 0,
            "a hundred are left, and none that is over");
        Assert.Equal(50L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM guesses WHERE failures = 9"));       // who guessed most stays
    }

    [SkippableFact]
    public async Task Where_the_database_is_away_it_says_so_and_is_asked_again()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var one = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(database, proxy.Port)), TestMail.Settings("unused"), TimeProvider.System);
        await using var guesses = one.Guesses(s_rules);
        await ShareAsync(guesses, Wrong(s_network, 4));
        proxy.Refuse();
        await Assert.ThrowsAsync<StoreException>(() => ShareAsync(guesses, Wrong(s_network, 1)));
        proxy.Mend();
        ImmutableArray<GuessCount> heard = [];
        await Eventually.True(
            async () =>
            {
                try
                {
                    heard = await ShareAsync(guesses, Wrong(s_network, 1));
                    return true;
                }
                catch (StoreException)
                {
                    return false;
                }
            },
            "it answers again");
        Assert.InRange(Only(heard, s_network), 3.5, 6.1);
    }

    private static PostgresStores Open(string database) => new(Node.Settings(Cluster.Shared.ConnectionTo(database)), TestMail.Settings("unused"), TimeProvider.System);

    private static GuessChange Wrong(GuessKey key, double failures) => new(key, failures, IsGood: false);

    private static GuessChange Good(GuessKey key) => new(key, 0, IsGood: true);

    private static Task<ImmutableArray<GuessCount>> ShareAsync(IGuessStore store, params GuessChange[] changes) => store.ShareAsync([.. changes], all: false, default);

    private static double Only(ImmutableArray<GuessCount> counts, GuessKey key) => counts.Last(c => c.Key == key).Failures;
}
