using ActorSmtp.Storage.Postgres.Schema;
using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Nodes of a version and of the next one side by side: what the schema's steps may do (they only add), and what nodes do with each other.</summary>
public sealed class VersionTests
{
    private static readonly string[] s_tables =
        ["accepted", "accounts", "bodies", "chunks", "documents", "greylist", "guesses", "leases", "lease_mail", "lease_readers", "lease_scenarios", "mail", "mailboxes", "nodes", "outbound",
            "outbound_lines", "questions", "answers", "released", "uploads", "versions"];

    /// <summary>Everything that a next step may do: a column in every table that this program writes, an index, a table of its own.</summary>
    private static readonly Migration s_next = new(
        Migrations.All[^1].Number + 1,
        Oldest: 1,
        "of the next version",
        [
            .. s_tables.Select(table => $"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS of_the_next text NOT NULL DEFAULT 'x'"),
            "CREATE INDEX IF NOT EXISTS of_the_next ON accepted (of_the_next)",
            "CREATE TABLE IF NOT EXISTS of_the_next_too (n int4)",
        ],
        []);

    [SkippableFact]
    public async Task A_node_goes_on_when_the_next_version_makes_its_tables_and_another_one_of_its_kind_may_still_come()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var running = await Node.OpenAsync(database, "running");
        var before = await running.StoreAsync(TestMail.Content(1, 1000));
        var large = await running.StoreAsync(TestMail.Content(2, 300_000));

        await new Migrator(running.All.Database, TimeProvider.System, [.. Migrations.All, s_next]).RunAsync(default);

        await using var late = await Node.OpenAsync(database, "late");                      // an older program starts on a newer schema
        var after = await late.StoreAsync(TestMail.Content(3, 1000));
        Assert.Equal(after, await TakenAndDelivered(late));
        Assert.Equal([before, large], new[] { await TakenAndDelivered(running), await TakenAndDelivered(running) });
        Assert.Equal((0, 3, 1), (running.Count("accepted"), running.Count("mail"), running.Count("mailboxes")));
        await running.Stores.Users.UpdateAsync(table => table.With(new UserAccount("bob", "", [], false, false)), default);
        await running.All.Documents().SaveAsync("x", [1], default);
        Assert.Equal(["late", "running"], (await running.All.NodesAsync(default)).Select(n => n.Name));
    }

    [SkippableFact]
    public async Task What_a_node_held_is_taken_over_by_one_of_the_version_before()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var next = await Node.OpenAsync(database, "next", TimeSpan.FromSeconds(3));
        await new Migrator(next.All.Database, TimeProvider.System, [.. Migrations.All, s_next]).RunAsync(default);
        await using var older = await Node.OpenAsync(database, "older");
        var id = await next.StoreAsync(TestMail.Content(1, 1000));
        await next.DieAsync();
        var mail = await older.TakeAsync();
        Assert.Equal((id, "next"), (mail.Id, mail.TakenFrom));
        Assert.True(Assert.Single(await older.DeliverAsync(mail, 0)).Delivered);
        await older.StoreAsync(TestMail.Content(2, 10));
        Assert.Null((await older.TakeAsync()).TakenFrom);           // its own
    }

    [SkippableFact]
    public async Task A_node_does_not_wait_for_a_step_that_it_does_not_know()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var first = await Node.OpenAsync(database, "first");
        first.Execute("INSERT INTO schema_lease (one, holder, until) VALUES (1, 'of the next version', now() + INTERVAL '1 hour') "
            + "ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until");
        await using var second = await Node.OpenAsync(database, "second");
        Assert.Equal(2, (await second.All.NodesAsync(default)).Count);
    }

    /// <summary>As the version before step 7 gave its sign of life, word by word: it knows nothing of questions.</summary>
    [SkippableFact]
    public async Task A_node_of_the_version_before_is_listed_is_not_waited_for_and_its_work_is_taken_over()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database, "node", poll: TimeSpan.FromHours(1));
        node.Execute(
            """
            WITH n AS (
              INSERT INTO nodes (id, name, program, agreement, started_at, seen_at, until, state, held, stored)
              VALUES ('old/1', 'old', '0.9', '{"actorsmtp.domains":"example.com"}', now(), now(), now() + INTERVAL '10 minutes', 'up', 1, 1)
              ON CONFLICT (id) DO UPDATE SET seen_at = now(), until = excluded.until, state = excluded.state, held = excluded.held, stored = excluded.stored
              RETURNING id)
            SELECT name, version FROM versions
            """);
        var old = (await node.All.NodesAsync(default)).Single(n => n.Name == "old");
        Assert.Equal(("0.9", "up", ""), (old.Program, old.State, old.Run));

        var told = await node.All.Questions!.AskAsync("it", default);
        Assert.Equal("old", Assert.Single(told.Silent).Name);

        var id = await node.StoreAsync(TestMail.Content(1, 10));
        node.Execute("UPDATE accepted SET holder = 'old', token = 7, claims = 1, due = now() - INTERVAL '1 second'");      // it died, and its lease has ended
        await using var other = await Node.OpenAsync(database, "other");
        Assert.Equal(id, await TakenAndDelivered(other));
    }

    private static async Task<Protocol.Delivery.MailId> TakenAndDelivered(Node node)
    {
        var mail = await node.TakeAsync();
        Assert.True(Assert.Single(await node.DeliverAsync(mail, 0)).Delivered);
        return mail.Id;
    }
}
