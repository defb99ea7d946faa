using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Inboxes that several nodes lend together.</summary>
public sealed class LeaseStoreTests
{
    private static readonly LeaseRoom s_room = new(100, 100);
    private static readonly TimeSpan s_time = TimeSpan.FromMinutes(5);

    [SkippableFact]
    public async Task What_one_node_lends_another_hears_of_by_its_number()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var other = Open(database);
        var (first, second) = (one.Leases(), other.Leases());
        var start = (await second.ReadAsync(0, default)).Number;
        var added = await first.AddAsync(Row("a"), s_time, [Scenario("s1", "a")], s_room, default);
        Assert.Equal(s_time, added.Lease!.Expires - added.Lease.CreatedAt);

        var news = await second.ReadAsync(start, default);
        Assert.Equal(added.Number, news.Number);
        Assert.Equal(added.Lease, Assert.Single(news.Leases));
        Assert.Equal(Scenario("s1", "a"), Assert.Single(news.Scenarios));
        Assert.Empty((await second.ReadAsync(news.Number, default)).Leases);

        Assert.True((await second.AddAsync(Row("a"), s_time, [], s_room, default)).IsTaken);
        Assert.NotNull(await second.EndAsync("a", "removed", default));
        Assert.Null(await first.EndAsync("a", "removed", default));
        news = await first.ReadAsync(news.Number, default);
        Assert.Equal("removed", Assert.Single(news.Leases).Ended);
        Assert.Equal("", news.Leases[0].Verifier);
        Assert.True(Assert.Single(news.Scenarios).IsGone);
        Assert.Equal("removed", (await first.FindAsync("a", default))!.Ended);
        Assert.Null(await first.FindAsync("b", default));
        Assert.Empty(await first.ListAsync(default));
    }

    [SkippableFact]
    public async Task No_more_are_lent_than_there_may_be_however_many_nodes_lend_at_once()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        var added = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(() => one.Leases().AddAsync(
            Row($"l{n}"), s_time, [Scenario($"s{n}", $"l{n}")], new LeaseRoom(5, 100), default))));
        Assert.Equal(5, added.Count(a => a.Lease is not null));
        Assert.Equal(5L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM leases"));
        Assert.Equal(5L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM lease_scenarios"));
        var tooMany = await one.Leases().AddAsync(Row("x"), s_time, [Scenario("x1", "x"), Scenario("x2", "x")], new LeaseRoom(100, 6), default);
        Assert.True(tooMany is { Lease: null, WantsScenarios: true });
        Assert.Null(await one.Leases().AddScenarioAsync(Scenario("y", "l0"), 5, default));
    }

    [SkippableFact]
    public async Task Who_changed_something_knows_when_all_nodes_that_are_alive_have_seen_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = await Node.OpenAsync(database, "one");
        await using var other = await Node.OpenAsync(database, "other");
        var (first, second) = (one.All.Leases(), other.All.Leases());
        await first.SeenAsync(1, default);
        await second.SeenAsync(1, default);
        var number = (await first.AddAsync(Row("a"), s_time, [], s_room, default)).Number;
        Assert.False(await first.IsSeenAsync(number, default));
        Assert.True(await second.IsSeenAsync(number, default) is false);        // the first has not said so
        await second.SeenAsync(number, default);
        Assert.True(await first.IsSeenAsync(number, default));
        await second.SeenAsync(1, default);
        Assert.True(await first.IsSeenAsync(number, default));                  // what was seen stays seen

        number = (await first.AddAsync(Row("b"), s_time, [], s_room, default)).Number;
        await other.DisposeAsync();                                             // who has left is not waited for
        await Eventually.True(() => first.IsSeenAsync(number, default), "all that are left have seen it");
    }

    [SkippableFact]
    public async Task What_has_expired_ends_once_whoever_looks()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        for (var n = 0; n < 20; n++)
        {
            await one.Leases().AddAsync(Row($"l{n}"), s_time, [Scenario($"s{n}", $"l{n}")], s_room, default);
        }

        Assert.Empty(await one.Leases().ExpireAsync(default));
        Assert.NotNull(await one.Leases().RenewAsync("l19", TimeSpan.FromHours(10), default));
        Cluster.Shared.Execute(database, "UPDATE leases SET expires = expires - INTERVAL '1 hour'");
        var ended = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => one.Leases().ExpireAsync(default))));
        Assert.Equal(Enumerable.Range(0, 19).Select(n => $"l{n}").Order(), ended.SelectMany(e => e).Order());
        Assert.Null(await one.Leases().RenewAsync("l0", s_time, default));
        Assert.Equal(1L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM lease_scenarios WHERE NOT gone"));
    }

    [SkippableFact]
    public async Task The_mailbox_of_one_that_ended_is_given_to_one_node_at_a_time_and_forgotten_when_nothing_more_comes()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        var leases = node.All.Leases();
        await leases.AddAsync(Row("a"), s_time, [Scenario("s", "a")], s_room, default);
        await DeliverAsync(node, "a");
        Assert.Single(await leases.ArrivedAsync("a", 0, 10, default));
        await leases.EndAsync("a", "removed", default);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => leases.TakeEndedAsync(8, default))));
        Assert.Equal("a", Assert.Single(taken.SelectMany(t => t)));
        Assert.True(await node.Stores.Mailboxes.DeleteMailboxAsync("a", default));

        await DeliverAsync(node, "a");                                   // it was on its way
        Cluster.Shared.Execute(database, "UPDATE leases SET due = now(), ended_at = now() - INTERVAL '1 hour'");
        Assert.Single(await leases.TakeEndedAsync(8, default));
        await node.Stores.Mailboxes.DeleteMailboxAsync("a", default);
        Assert.Empty(await leases.TakeEndedAsync(8, default));
        Assert.Equal(0L, Cluster.Shared.Ask<long>(database, "SELECT (SELECT count(*) FROM leases) + (SELECT count(*) FROM lease_mail) + (SELECT count(*) FROM lease_scenarios)"));
    }

    [SkippableFact]
    public async Task Messages_have_one_order_for_all_nodes_and_each_one_place()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        await node.All.Leases().AddAsync(Row("a"), s_time, [], s_room, default);
        Assert.Empty(await node.All.Leases().ChangedAsync([("a", 0)], default));
        var seen = new List<string>[3];
        var delivered = Task.Run(async () =>
        {
            for (var n = 0; n < 30; n++)
            {
                await DeliverAsync(node, "a");
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            seen[reader] = [];
            var (leases, place) = (node.All.Leases(), 0);
            await Eventually.True(
                async () =>
                {
                    var isChanged = (await leases.ChangedAsync([("a", place)], default)).Length > 0;
                    foreach (var (at, key) in isChanged ? await leases.ArrivedAsync("a", place, 7, default) : [])
                    {
                        Assert.Equal(place + 1, at);
                        place = at;
                        seen[reader].Add(key);
                    }

                    return seen[reader].Count >= 30;
                },
                "all are seen");
        })));
        await delivered;
        Assert.Equal(30, seen[0].Distinct().Count());
        Assert.All(seen, s => Assert.Equal(seen[0], s));
        await node.All.Leases().EndAsync("a", "removed", default);
        Assert.Equal(["a", "b"], (await node.All.Leases().ChangedAsync([("a", 30), ("b", 0)], default)).Order());
    }

    [SkippableFact]
    public async Task Occurrences_are_counted_by_all_nodes_together_and_of_several_that_are_due_the_oldest_acts()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var other = Open(database);
        await one.Leases().AddAsync(Row("a"), s_time, [Scenario("z", "a") with { Nth = 2, Times = 2 }, Scenario("y", "a") with { Times = null }], s_room, default);
        var acted = new List<string?>();
        for (var n = 0; n < 5; n++)
        {
            acted.Add((await (n % 2 == 0 ? one : other).Leases().CountAsync(["y", "z"], default))?.Id);
        }

        Assert.Equal(["y", "z", "z", "y", "y"], acted);
        Assert.Equal([("y", 3), ("z", 2)], (await one.Leases().HitsAsync(default)).Select(h => (h.Key, h.Value)).Order());
        Assert.Equal(1, (await other.Leases().RemoveScenariosAsync(null, "y", default)).Removed);
        Assert.Null(await one.Leases().CountAsync(["y", "z"], default));
        Assert.Equal(1, (await other.Leases().RemoveScenariosAsync("a", null, default)).Removed);
    }

    [SkippableFact]
    public async Task Something_that_happens_at_many_nodes_at_once_acts_as_often_as_it_was_asked_to()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var other = Open(database);
        await using var third = Open(database);
        await one.Leases().AddAsync(Row("a"), s_time, [Scenario("s", "a") with { Times = 20 }], s_room, default);
        var acted = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Task.Run(() => (n % 3 == 0 ? one : n % 3 == 1 ? other : third).Leases().CountAsync(["s"], default))));
        Assert.Equal(Enumerable.Range(1, 20), acted.OfType<(string Id, int Hits)>().Select(h => h.Hits).Order());
    }

    private static async Task DeliverAsync(Node node, string account)
    {
        await node.StoreAsync(TestMail.Content(1, 10), $"{account}@x.test");
        Assert.True(Assert.Single(await node.DeliverAsync(await node.TakeAsync(), 0)).Delivered);
    }

    private static LeaseRow Row(string id) => new(id, id, "verifier", default, default, null, 0);       // the account is the address

    private static LeaseScenarioRow Scenario(string id, string lease) => new(id, lease, "{}", 1, 1, IsGone: false);

    private static PostgresStores Open(string database) => new(Node.Settings(Cluster.Shared.ConnectionTo(database)), TestMail.Settings("unused"), TimeProvider.System);
}
