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
