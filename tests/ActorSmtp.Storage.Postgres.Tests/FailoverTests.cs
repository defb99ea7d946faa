using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Several hosts in the connection text, of which one takes writes.</summary>
public sealed class FailoverTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    [SkippableFact]
    public async Task When_the_host_in_use_dies_without_a_word_the_other_one_is_used()
    {
        var database = Cluster.Shared.NewDatabase();
        using var first = new Proxy(Cluster.Shared.Address);
        using var second = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, patience: s_patience, ports: [first.Port, second.Port]);
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(1, 10), out _) is null, "mail is taken");
        first.Freeze();
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(2, 10), out _) is null, "mail is taken by way of the second host");
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(3, 10), out _) is null, "and so it goes on");
        Assert.True(second.Open > 0);

        first.Mend();
        second.Freeze();                                                    // and back
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(4, 10), out _) is null, "mail is taken by way of the first host");
    }

    [SkippableFact]
    public async Task A_first_host_that_says_nothing_from_the_start_keeps_nobody_from_the_second()
    {
        var database = Cluster.Shared.NewDatabase();
        using var first = new Proxy(Cluster.Shared.Address);
        using var second = new Proxy(Cluster.Shared.Address);
        first.Freeze();
        await using var node = await Node.OpenAsync(database, patience: s_patience, ports: [first.Port, second.Port]);
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(1, 10), out _) is null, "mail is taken");
    }

    [SkippableFact]
    public async Task A_host_that_takes_no_writes_is_passed_over_and_left_when_it_becomes_one()
    {
        var database = Cluster.Shared.NewDatabase();
        using var others = new Cluster();
        others.Execute("postgres", $"CREATE DATABASE {database}");
        others.Execute("postgres", $"ALTER DATABASE {database} SET default_transaction_read_only = on");
        using var standby = new Proxy(others.Address);
        using var primary = new Proxy(Cluster.Shared.Address);
        await using var node = await Node.OpenAsync(database, ports: [standby.Port, primary.Port]);
        await node.StoreAsync(TestMail.Content(1, 10));
        Assert.Equal(1, node.Count("accepted"));

        // They change places; connections that are open learn of it by the refusal of what they are asked.
        others.Execute("postgres", $"ALTER DATABASE {database} RESET default_transaction_read_only");
        Cluster.Shared.Execute("postgres", $"ALTER DATABASE {database} SET default_transaction_read_only = on");
        await using (var made = new PostgresStores(Node.Settings(others.ConnectionTo(database)), TestMail.Settings("unused"), TimeProvider.System))
        {
            await made.Database.ReadyAsync(default);
        }

        Cluster.Shared.Execute("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        await Eventually.True(async () => await node.TryStoreAsync(TestMail.Content(2, 10), out _) is null, "mail is taken by the new primary");
        Assert.Equal(1, others.Ask<long>(database, "SELECT count(*) FROM accepted"));
    }

    [SkippableFact]
    public async Task A_reader_gives_up_at_once_also_where_the_database_says_nothing()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var stores = new PostgresStores(
            Node.Settings(Cluster.Shared.ConnectionTo(database, proxy.Port), patience: TimeSpan.FromMinutes(10)), TestMail.Settings("unused"), TimeProvider.System);
        Assert.Equal(1, await AskAsync(stores, default));                   // a connection is open
        proxy.Freeze();
        using var stop = new CancellationTokenSource();
        var asked = AskAsync(stores, stop.Token);
        await Eventually.True(() => proxy.Held > 0, "it is on its way");
        await Task.Run(stop.Cancel).WaitAsync(TimeSpan.FromSeconds(60));    // the driver itself would wait here for its connection's time, ten minutes
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(TimeSpan.FromSeconds(60)));
        await Eventually.True(() => proxy.Held > 1, "the driver asks the database to stop");
    }

    [SkippableFact]
    public async Task Settings_of_a_connection_that_get_lost_on_the_way_are_noticed_before_anything_is_promised()
    {
        var database = Cluster.Shared.NewDatabase();
        using var pooler = new Proxy(Cluster.Shared.Address);
        pooler.Replace("synchronous_commit=on", "synchronous_commit=no");
        var refused = await Assert.ThrowsAsync<StoreException>(() => Node.OpenAsync(database, port: pooler.Port));
        Assert.Contains("synchronous_commit", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM nodes"));
    }

    private static Task<int> AskAsync(PostgresStores stores, CancellationToken stop) => stores.Database.QueryAsync(
        "SELECT 1", [], async (rows, reading) => await rows.ReadAsync(reading) ? rows.GetInt32(0) : 0, stop);
}
