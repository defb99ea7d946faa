using ActorSmtp.Storage.Tests;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>What a node does again and again goes on, whatever happens in it.</summary>
public sealed class ChoreTests
{
    [Fact]
    public async Task A_chore_that_fails_is_shown_and_done_again_until_it_is_done()
    {
        await using var stores = Stores();
        var chores = stores.Database.Chores;
        using var stop = new CancellationTokenSource();
        var fails = true;
        var done = 0;
        var repeating = chores.RepeatAsync(
            "sweeping",
            TimeSpan.FromMilliseconds(10),
            _ =>
            {
                if (Volatile.Read(ref fails))
                {
                    throw new InvalidOperationException("a mistake.");
                }

                Interlocked.Increment(ref done);
                return Task.CompletedTask;
            },
            stop.Token);
        await Eventually.True(() => chores.Trouble == "sweeping fails: a mistake (InvalidOperationException)", "it is shown");
        Volatile.Write(ref fails, false);
        await Eventually.True(() => Volatile.Read(ref done) > 1 && chores.Trouble is null, "it is done, and nothing is shown any more");
        Assert.False(chores.Fault.IsCompleted);
        await stop.CancelAsync();
        await repeating;
    }

    [Fact]
    public async Task A_mistake_that_comes_every_time_is_a_fault_in_the_end_and_what_the_database_says_is_none()
    {
        await using var stores = Stores();
        var chores = stores.Database.Chores;
        using var stop = new CancellationTokenSource();
        for (var i = 0; i < 2 * Chores.MostMistakes; i++)
        {
            _ = chores.Of("claiming").FailedAsync(new DatabaseException(DatabaseTrouble.Refused, "permission denied"), stop.Token);
        }

        Assert.Equal("claiming fails: permission denied", chores.Trouble);
        Assert.False(chores.Fault.IsCompleted);
        for (var i = 0; i < Chores.MostMistakes; i++)
        {
            Assert.False(chores.Fault.IsCompleted);
            _ = chores.Of("sweeping").FailedAsync(new InvalidOperationException("a mistake"), stop.Token);
        }

        Assert.Equal("sweeping", (await chores.Fault).Operation);
        await stop.CancelAsync();
    }

    [SkippableFact]
    public async Task A_row_that_cannot_be_read_does_not_keep_the_others_from_being_taken_over()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        node.Execute("INSERT INTO accepted VALUES ('\\x0102', now() - INTERVAL '1 day', 0, '', 0, 1, '{}', '\\x00')");
        await using var dead = await Node.OpenAsync(database, "dead", TimeSpan.FromMinutes(10));
        var id = await dead.StoreAsync(TestMail.Content(1, 10));
        await dead.DieAsync();
        node.Execute("UPDATE accepted SET due = now()");
        Assert.Equal(id, (await node.TakeAsync()).Id);
    }

    [SkippableFact]
    public async Task What_is_not_done_is_told_by_the_store()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var node = await Node.OpenAsync(database);
        Assert.Null(node.Mail.Trouble);
        node.Execute("ALTER TABLE released RENAME TO hidden");
        await Eventually.True(() => node.Mail.Trouble?.StartsWith("sweeping fails: ", StringComparison.Ordinal) == true, "it is told");
        Assert.Equal(PressureLevel.Normal, node.Mail.Pressure.Level);
        node.Execute("ALTER TABLE hidden RENAME TO released");
        await Eventually.True(() => node.Mail.Trouble is null, "it is mended");
    }

    private static PostgresStores Stores() => new(Node.Settings("Host=127.0.0.1;Port=1;Username=x;Database=y"), TestMail.Settings("unused"), TimeProvider.System);
}
