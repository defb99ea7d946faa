using ActorSmtp.Storage.Tests;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>How long statements may take, and what their failures mean.</summary>
public sealed class StatementTests
{
    [SkippableFact]
    public async Task A_statement_that_nobody_waits_for_any_more_ends_in_the_database_too()
    {
        var database = Cluster.Shared.NewDatabase();
        using var proxy = new Proxy(Cluster.Shared.Address);
        await using var stores = Open(Cluster.Shared.ConnectionTo(database, proxy.Port), TimeSpan.FromSeconds(3));
        Assert.Equal("1", await AskAsync(stores, "SELECT '1'"));            // a connection is open
        var asked = AskAsync(stores, "SELECT pg_sleep(600)::text");
        await Eventually.True(() => Sleeping() == 1, "it has begun");
        proxy.Freeze();                                                     // so that the database is not asked to stop
        await Assert.ThrowsAsync<DatabaseException>(() => asked);
        await Eventually.True(() => Sleeping() == 0, "its end");

        long Sleeping() => Cluster.Shared.Ask<long>(database, $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND state = 'active' AND query LIKE 'SELECT pg_sleep%'");
    }

    [SkippableFact]
    public async Task Who_says_that_he_has_patience_gets_it_from_the_database_too_and_nobody_else()
    {
        var database = Cluster.Shared.NewDatabase();
        await using var stores = Open(Cluster.Shared.ConnectionTo(database), TimeSpan.FromSeconds(20));
        for (var again = 0; again < 5; again++)
        {
            Assert.Equal("21s", await AskAsync(stores, "SHOW statement_timeout"));
            Assert.Equal("121s", await AskAsync(stores, "SELECT current_setting('statement_timeout')", TimeSpan.FromMinutes(2)));
            await Assert.ThrowsAsync<DatabaseException>(() => AskAsync(stores, "SELECT (1 / (now() - now() = INTERVAL '1 second')::int)::text", TimeSpan.FromMinutes(2)));
        }

        Assert.Equal("21s", await AskAsync(stores, "SHOW statement_timeout"));
    }

    [Fact]
    public void Whether_a_statement_was_done_is_unknown_where_the_database_says_so()
    {
        var unknown = Said(PostgresErrorCodes.StatementCompletionUnknown);
        Assert.False(DatabaseException.IsCollision(unknown));
        Assert.Equal(DatabaseTrouble.Away, DatabaseException.Of(unknown)!.Kind);
        Assert.True(DatabaseException.IsCollision(Said(PostgresErrorCodes.SerializationFailure)));
        Assert.True(DatabaseException.IsCollision(Said(PostgresErrorCodes.DeadlockDetected)));

        static PostgresException Said(string state) => new("said", "ERROR", "ERROR", state);
    }

    private static PostgresStores Open(string connection, TimeSpan patience) => new(Node.Settings(connection, patience: patience), TestMail.Settings("unused"), TimeProvider.System);

    private static Task<string> AskAsync(PostgresStores stores, string statement, TimeSpan? patience = null) => stores.Database.QueryAsync(
        statement, [], async (rows, stop) => await rows.ReadAsync(stop) ? rows.GetString(0) : "", default, patience);
}
