using System.Net;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>What several nodes remember together.</summary>
public sealed class GreylistTests
{
    private static readonly GreylistTriplet s_triplet = new(IPNetwork.Parse("192.0.2.0/24"), "a@x.test", "b@y.test");

    [SkippableFact]
    public async Task Who_waited_at_one_node_is_let_in_by_another()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var one = Open(database);
        await using var other = Open(database);
        await using var first = await GreylistAsync(one, delay: TimeSpan.Zero);
        await using var second = await GreylistAsync(other, delay: TimeSpan.Zero);
        Assert.Equal(GreylistReason.New, (await first.AskAsync(s_triplet, default)).Why);
        Assert.Equal(GreylistReason.CameBack, (await second.AskAsync(s_triplet, default)).Why);
        Assert.Equal(GreylistReason.Known, (await first.AskAsync(s_triplet, default)).Why);
        Assert.Equal(2, await first.ClearAsync(new GreylistFilter(Address: IPAddress.Parse("192.0.2.200")), default));
        Assert.Equal(GreylistReason.New, (await second.AskAsync(s_triplet, default)).Why);
    }

    [SkippableFact]
    public async Task What_is_over_is_swept_and_so_is_what_there_is_no_room_for()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database);
        await using (var before = await GreylistAsync(stores, TimeSpan.Zero))
        {
            for (var n = 0; n < 30; n++)
            {
                await before.AskAsync(s_triplet with { Sender = $"{n}@x.test" }, default);
            }
        }

        Cluster.Shared.Execute(database, "UPDATE greylist SET until = now() - INTERVAL '1 minute' WHERE sender LIKE '1%'");
        await using var after = await GreylistAsync(stores, TimeSpan.Zero, size: 10);
        await Eventually.True(() => Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist") == 10, "ten are left");
        Assert.Equal(0L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist WHERE sender LIKE '1%'"));
        await Eventually.True(() => after.Figures.Evicted == 9, "the nine that had to go are counted");
    }

    [SkippableFact]
    public async Task Strangers_of_one_network_give_way_to_each_other_and_to_nobody_else()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database);
        await using var greylist = await GreylistAsync(stores, TimeSpan.Zero);
        var other = s_triplet with { Network = IPNetwork.Parse("198.51.100.0/24") };
        await greylist.AskAsync(other, default);
        for (var n = 0; n < 500; n++)
        {
            await greylist.AskAsync(s_triplet with { Sender = $"{n}@x.test" }, default);
            if (n % 20 == 0)
            {
                Assert.InRange(Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist"), 1, 1 + (5 * 64) + 1);
            }
        }

        await Eventually.True(() => Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist") == 1 + 64, "sixty-four of them are left, and the other");
        Assert.Equal(GreylistReason.CameBack, (await greylist.AskAsync(other, default)).Why);
        Assert.Equal(GreylistReason.CameBack, (await greylist.AskAsync(s_triplet with { Sender = "499@x.test" }, default)).Why);
        Assert.Equal(GreylistReason.New, (await greylist.AskAsync(s_triplet with { Sender = "0@x.test" }, default)).Why);
    }

    [SkippableFact]
    public async Task A_crowd_of_strangers_takes_what_room_there_is_and_who_has_passed_stays()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database);
        await using var greylist = await GreylistAsync(stores, TimeSpan.Zero, size: 100);
        for (var n = 0; n < 2 * 40; n++)
        {
            await greylist.AskAsync(Of(n % 40, "good@x.test"), default);
        }

        for (var n = 0; n < 600; n++)
        {
            await greylist.AskAsync(Of(1000 + n, "bad@x.test"), default);
        }

        await Eventually.True(() => greylist.Figures is { Waiting: 60, Passed: 40, Evicted: 540 }, "the crowd has the rest of the room");
        Assert.Equal(40L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist WHERE kind = 0 AND passes > 0"));
        Assert.Equal(1L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist WHERE network = '10.0.6.63/32'"));       // the last that came
        Assert.Equal(0L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist WHERE network = '10.0.3.232/32'"));      // the first
    }

    [SkippableFact]
    public async Task What_comes_faster_than_it_is_swept_is_held_up_by_it()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database);
        await using var greylist = await GreylistAsync(stores, TimeSpan.Zero, size: 100);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(part => Task.Run(async () =>
        {
            for (var n = 0; n < 200; n++)
            {
                await greylist.AskAsync(Of((part * 1000) + n, "bad@x.test"), default);
                if (n % 20 != 0)
                {
                    continue;
                }

                Assert.InRange(Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist"), 1, 100 + (2 * 4 * 64) + 16);
            }
        })));
    }

    [SkippableFact]
    public async Task A_greylist_that_takes_long_to_count_does_not_keep_a_node_from_starting()
    {
        var database = Cluster.Shared.NewDatabase();
        await using (var first = Open(database))
        await using (await GreylistAsync(first, TimeSpan.Zero))
        {
        }

        await using var stores = new PostgresStores(
            Node.Settings(Cluster.Shared.ConnectionTo(database), patience: TimeSpan.FromSeconds(5)), TestMail.Settings("unused"), TimeProvider.System);
        await stores.Database.ReadyAsync(default);
        var (held, letGo) = (new ManualResetEventSlim(), new ManualResetEventSlim());
        var holder = Task.Run(() => Cluster.Shared.Hold(database, "LOCK TABLE greylist", held, letGo));
        held.Wait(TimeSpan.FromSeconds(60));
        await using var greylist = stores.Greylist();
        await greylist.OpenAsync(new GreylistRules(TimeSpan.Zero, TimeSpan.FromDays(1), TimeSpan.FromDays(36), 5, 100), new Unheard(), default);
        letGo.Set();
        await holder;
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stranger_is_early_or_late_by_one_clock_though_those_of_the_nodes_differ(bool onlyLooks)
    {
        var database = Cluster.Shared.NewDatabase();
        await using var right = Open(database);
        await using var first = await GreylistAsync(right, TimeSpan.FromMinutes(5));
        Assert.Equal(GreylistReason.New, (await first.AskAsync(Of(1, "a@x.test"), default)).Why);

        await using var wrong = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(database)), TestMail.Settings("unused"), new Ahead());
        await using var second = onlyLooks ? wrong.GreylistAsItIs() : wrong.Greylist();
        await second.OpenAsync(new GreylistRules(TimeSpan.FromMinutes(5), TimeSpan.FromDays(1), TimeSpan.FromDays(36), NetworkPasses: 5, 1000), new Unheard(), default);
        Assert.Equal(GreylistReason.TooEarly, (await second.AskAsync(Of(1, "a@x.test"), default)).Why);
    }

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromMinutes(10);
    }

    private static GreylistTriplet Of(int n, string sender) => new(new IPNetwork(new IPAddress([10, (byte)(n >> 16), (byte)(n >> 8), (byte)n]), 32), sender, "b@y.test");

    private static PostgresStores Open(string database) => new(Node.Settings(Cluster.Shared.ConnectionTo(database)), TestMail.Settings("unused"), TimeProvider.System);

    private static async Task<IGreylistStore> GreylistAsync(PostgresStores stores, TimeSpan delay, int size = 1000)
    {
        var store = stores.Greylist();
        await store.OpenAsync(new GreylistRules(delay, TimeSpan.FromDays(1), TimeSpan.FromDays(36), NetworkPasses: 5, size), new Unheard(), default);
        return store;
    }

    private sealed class Unheard : IGreylistObserver
    {
        public void OnGreylistTrouble(string reason) => Assert.Fail(reason);

        public void OnGreylistKept()
        {
        }
    }
}
