using System.Collections.Immutable;
using ActorSmtp.Storage.Postgres.Nodes;
using ActorSmtp.Storage.Postgres.Schema;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Tables, and what nodes agree on.</summary>
public sealed class SchemaTests
{
    [SkippableFact]
    public async Task Many_nodes_that_start_at_once_make_the_tables_once()
    {
        var database = Cluster.Shared.NewDatabase();
        var all = Enumerable.Range(0, 8).Select(i => Open(database, $"n{i}")).ToArray();
        await Task.WhenAll(all.Select(stores => stores.Database.ReadyAsync(default)));
        Assert.Equal(Migrations.All.Length, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM schema_steps"));
        foreach (var stores in all)
        {
            await stores.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task A_step_that_was_cut_off_is_run_again_and_later_steps_follow()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database, "n");
        Migration[] steps =
        [
            .. Migrations.All,
            new(Migrations.All.Length + 1, Oldest: 1, "one more", ["CREATE TABLE IF NOT EXISTS more (n int)", "ALTER TABLE more ADD COLUMN IF NOT EXISTS m int"], ["ALTER TABLE more SET (nonsense = 1)"]),
        ];
        await new Migrator(stores.Database, TimeProvider.System).RunAsync(default);
        Cluster.Shared.Execute(database, "CREATE TABLE more (n int)");           // as a dead node left it, with its lease
        Cluster.Shared.Execute(database, "UPDATE schema_lease SET holder = 'dead', until = now() + INTERVAL '2 seconds'");
        await new Migrator(stores.Database, TimeProvider.System, steps).RunAsync(default);
        Cluster.Shared.Execute(database, "INSERT INTO more (n, m) VALUES (1, 2)");
        Assert.Equal(steps.Length, Cluster.Shared.Ask<int>(database, "SELECT max(number) FROM schema_steps"));
        await new Migrator(stores.Database, TimeProvider.System).RunAsync(default);     // an older program goes on with it
    }

    [SkippableFact]
    public async Task Where_columns_have_no_collation_and_texts_are_in_the_order_of_octets_anyhow_the_tables_are_made_without()
    {
        var database = Cluster.Shared.NewDatabase();
        using var other = new Proxy(Cluster.Shared.Address);
        other.Replace("COLLATE \"C\"", "COLLATE \"?\"");                    // as CockroachDB refuses it
        await using var stores = new PostgresStores(Node.Settings(Cluster.Shared.ConnectionTo(database, other.Port), "n"), TestMail.Settings("unused"), TimeProvider.System);
        await stores.Database.ReadyAsync(default);
        Assert.Equal("default", Cluster.Shared.Ask<string>(
            database, "SELECT collname::text FROM pg_attribute a JOIN pg_collation c ON c.oid = attcollation WHERE attrelid = 'mail'::regclass AND attname = 'key'"));
    }

    [SkippableFact]
    public async Task A_schema_that_an_older_program_cannot_serve_is_refused()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(database, "n");
        await stores.Database.ReadyAsync(default);
        Cluster.Shared.Execute(database, "INSERT INTO schema_steps (number, oldest, name) VALUES (99, 98, 'of the future')");
        await using var late = Open(database, "late");
        var refused = await Assert.ThrowsAsync<StoreException>(() => late.Users().LoadAsync(default));
        Assert.Contains("use a newer actorsmtp", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_commit_is_flushed_whatever_the_database_is_set_to()
    {
        var database = Cluster.Shared.NewDatabase();
        Cluster.Shared.Execute(database, $"ALTER DATABASE {database} SET synchronous_commit = off");
        await using var stores = Open(database, "n");
        for (var i = 0; i < 3; i++)                                             // also on a connection used again
        {
            Assert.Equal("on", await stores.Database.QueryAsync(
                "SHOW synchronous_commit", [], async (rows, stop) => await rows.ReadAsync(stop) ? rows.GetString(0) : "", default));
        }
    }

    [SkippableFact]
    public async Task A_node_that_was_told_something_else_does_not_join()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first", agreement: Agreement("domains", "example.com"));
        await using (await Node.OpenAsync(database, "second", agreement: Agreement("other", "x")))
        {
        }

        var refused = await Assert.ThrowsAsync<StoreException>(() => Node.OpenAsync(database, "third", agreement: Agreement("domains", "example.org")));
        Assert.Contains("the node first has domains = example.com, and here it is example.org", refused.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Where_nodes_may_differ_one_joins_and_what_differs_is_said()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first", agreement: Agreement("retry", "1m"));
        await using var second = await Node.OpenAsync(database, "second", agreement: Agreement("retry", "5m") with { MayDiffer = ["retry"] });
        Assert.Equal("the node first has retry = 1m, and here it is 5m", Assert.Single(second.All.Differences));
        Assert.Empty(first.All.Differences);                        // it was there before
        Assert.Equal(["1m", "5m"], (await first.All.NodesAsync(default)).Select(n => n.Agreement.Settings["retry"]));
    }

    [SkippableFact]
    public async Task What_nodes_must_agree_on_is_changed_by_those_who_say_that_they_do()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first", agreement: Agreement("domains", "example.com"));
        var changing = Agreement("domains", "example.org") with { IsChanging = true };
        await using var second = await Node.OpenAsync(database, "second", agreement: changing);
        Assert.Single(second.All.Differences);
        await Assert.ThrowsAsync<StoreException>(() => Node.OpenAsync(database, "third", agreement: changing with { IsChanging = false }));     // the first still has the old one

        first.All.Agree(Agreement("domains", "example.org"));       // as after SIGHUP: said with the next sign of life
        await Eventually.True(
            async () => (await first.All.NodesAsync(default)).All(n => n.Agreement.Settings["domains"] == "example.org"), "the others know");
        await using var fourth = await Node.OpenAsync(database, "fourth", agreement: changing with { IsChanging = false });
        Assert.Empty(fourth.All.Differences);
    }

    [SkippableFact]
    public async Task What_another_program_wrote_in_place_of_an_agreement_stops_nobody()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first");
        first.Execute("INSERT INTO nodes (id, name, program, agreement, started_at, seen_at, until, state, held, stored) "
            + "VALUES ('x/1', 'x', '9', '[1]', now(), now(), now() + INTERVAL '10 minutes', 'up', 0, 0)");
        await using var second = await Node.OpenAsync(database, "second", agreement: Agreement("domains", "example.com"));
        Assert.Empty(second.All.Differences);
    }

    [SkippableTheory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Database=y", "cannot be used")]
    [InlineData("Hostess=127.0.0.1", "cannot be understood")]
    public async Task A_database_that_cannot_be_used_says_why(string connection, string why)
    {
        var wrong = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            await using var stores = new PostgresStores(Node.Settings(connection, patience: TimeSpan.FromSeconds(3)), TestMail.Settings("unused"), TimeProvider.System);
            await stores.Serving(NodeAgreement.None).Mail.OpenAsync(default);
        });
        Assert.Contains(why, wrong.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_change_of_the_accounts_is_told_to_other_nodes()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Stores.Users.Changed += () => told.TrySetResult();
        await using var stores = Open(database, "command");
        await stores.Users().UpdateAsync(table => table.With(new UserAccount("bob", "", [], false, false)), default);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True((await node.Stores.Users.LoadAsync(default)).Accounts.ContainsKey("bob"));
    }

    [SkippableFact]
    public async Task Tokens_and_documents_are_the_same_for_all_nodes()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        var seen = await node.All.TokensAsync(default);
        await using var stores = Open(database, "command");
        var token = new KeptToken("1", "ci", new string('a', 64), TestMail.Noon, null);
        await (await stores.TokensAsync(default)).UpdateAsync(all => all.Add(token), default);
        await Eventually.True(() => seen.Current.Length == 1, "the token is seen");
        Assert.Equal(token, seen.Current[0]);

        var (ours, theirs) = (node.All.Documents(), stores.Documents());
        Assert.Null(await ours.ReadAsync("x", default));
        await theirs.SaveAsync("x", [1, 2, 3], default);
        Assert.Equal([1, 2, 3], await ours.ReadAsync("x", default));
        Assert.Equal("x.unreadable-1", await ours.SetAsideAsync("x", default));
        await ours.SaveAsync("x", [4], default);
        Assert.Equal("x.unreadable-2", await theirs.SetAsideAsync("x", default));
        await Assert.ThrowsAsync<StoreException>(() => ours.SetAsideAsync("x", default));
        await ours.SaveAsync("x.unreadable-2", null, default);
        Assert.Null(await ours.ReadAsync("x.unreadable-2", default));
    }

    private static PostgresStores Open(string database, string name) =>
        new(Node.Settings(Cluster.Shared.ConnectionTo(database), name), TestMail.Settings("unused"), TimeProvider.System);

    private static NodeAgreement Agreement(string key, string value) =>
        new("1.0", ImmutableSortedDictionary<string, string>.Empty.Add(key, value));
}
