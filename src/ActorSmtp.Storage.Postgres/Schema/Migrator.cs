using Npgsql;

namespace ActorSmtp.Storage.Postgres.Schema;

/// <summary>
/// Brings the schema to what this program knows. Any number of nodes may start at once: one of them holds a lease (a row, on the database's
/// clock, so no advisory lock is needed) and runs the steps; the others wait until the steps are there. A holder that dies is
/// replaced when its lease has ended, and a step cut off is run again from its start.
/// </summary>
internal sealed class Migrator(Database database, TimeProvider time, Migration[] steps)
{
    private const string ByOctets = " COLLATE \"C\"";

    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly string _holder = $"{database.Settings.Node}/{Guid.NewGuid():N}";

    public Migrator(Database database, TimeProvider time) : this(database, time, Migrations.All) { }

    /// <exception cref="StoreException">The schema is of a newer program that this one cannot work with, or it cannot be changed.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (await IsCurrentAsync(cancellation).ConfigureAwait(false))
        {
            return;
        }

        foreach (var statement in Migrations.Before)
        {
            await MakeAsync(statement, cancellation).ConfigureAwait(false);
        }

        while (!await IsCurrentAsync(cancellation).ConfigureAwait(false))
        {
            if (!await HoldAsync(cancellation).ConfigureAwait(false))
            {
                await Task.Delay(s_pause, time, cancellation).ConfigureAwait(false);
                continue;
            }

            try
            {
                await RunStepsAsync(cancellation).ConfigureAwait(false);
            }
            finally
            {
                await LetGoAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task RunStepsAsync(CancellationToken cancellation)
    {
        var have = await LastAsync(cancellation).ConfigureAwait(false);
        foreach (var step in steps.Where(s => s.Number > have))
        {
            foreach (var statement in step.Statements)
            {
                if (!await HoldAsync(cancellation).ConfigureAwait(false))
                {
                    return;                                         // we slept, and another node goes on
                }

                await MakeAsync(statement, cancellation).ConfigureAwait(false);
            }

            foreach (var statement in step.Tuning)
            {
                await TryAsync(statement, cancellation).ConfigureAwait(false);
            }

            await database.ExecuteAsync(
                "INSERT INTO schema_steps (number, oldest, name) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING",
                [Database.Value(step.Number), Database.Value(step.Oldest), Database.Value(step.Name)],
                cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether every step is there; a schema that is too new is refused.</summary>
    private async Task<bool> IsCurrentAsync(CancellationToken cancellation)
    {
        try
        {
            var (last, oldest) = await database.QueryAsync(
                "SELECT coalesce(max(number), 0), coalesce(max(oldest), 0) FROM schema_steps",
                [],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetInt32(0), rows.GetInt32(1)) : (0, 0),
                cancellation).ConfigureAwait(false);
            return oldest > steps[^1].Number
                ? throw new StoreException($"The database's schema is at step {last} and serves programs that know step {oldest} and later; this one knows step {steps[^1].Number}: use a newer actorsmtp.")
                : last >= steps[^1].Number;
        }
        catch (DatabaseException none) when (none.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    private Task<int> LastAsync(CancellationToken cancellation) => database.QueryAsync(
        "SELECT coalesce(max(number), 0) FROM schema_steps",
        [],
        async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt32(0) : 0,
        cancellation);

    /// <summary>Takes the lease, or prolongs it.</summary>
    private async Task<bool> HoldAsync(CancellationToken cancellation) => await database.ExecuteAsync(
        """
        INSERT INTO schema_lease (one, holder, until) VALUES (1, $1, now() + $2)
        ON CONFLICT (one) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE schema_lease.until < now() OR schema_lease.holder = excluded.holder
        """,
        [Database.Value(_holder), Database.Value(s_lease)],
        cancellation).ConfigureAwait(false) == 1;

    private async Task LetGoAsync()
    {
        try
        {
            await database.ExecuteAsync(
                "UPDATE schema_lease SET until = now() - $2 WHERE one = 1 AND holder = $1",
                [Database.Value(_holder), Database.Value(TimeSpan.FromSeconds(1))],
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // It ends by itself.
        }
    }

    /// <summary>Two nodes that make the same thing at once collide in the catalogue, in spite of IF NOT EXISTS: the second try finds it there.</summary>
    private async Task MakeAsync(string statement, CancellationToken cancellation)
    {
        for (var left = 10; ; left--)
        {
            try
            {
                await database.ExecuteAsync(statement, [], cancellation).ConfigureAwait(false);
                return;
            }
            catch (DatabaseException again) when (left > 0 && again.SqlState
                is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateObject or "XX000")
            {
                await Task.Delay(s_pause, time, cancellation).ConfigureAwait(false);
            }
            catch (DatabaseException cannot) when (cannot.Kind == DatabaseTrouble.Refused)
            {
                if (statement.Contains(ByOctets, StringComparison.Ordinal) && await SortsByOctetsAsync(cancellation).ConfigureAwait(false))
                {
                    statement = statement.Replace(ByOctets, "", StringComparison.Ordinal);  // CockroachDB has no such columns, and needs none
                    continue;
                }

                throw new StoreException($"The database's tables cannot be made: {cannot.Message}. Its user needs the right to create tables: make him the database's owner.", cannot);
            }
        }
    }

    /// <summary>Whether texts are in the order of their octets there, whatever is said of a column.</summary>
    private Task<bool> SortsByOctetsAsync(CancellationToken cancellation) => database.QueryAsync(
        "SELECT 'B' < 'a' AND 'a-c' < 'ab' AND 'Z' < '_' AND 'z' < 'é'",
        [],
        async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) && rows.GetBoolean(0),
        cancellation);

    private async Task TryAsync(string statement, CancellationToken cancellation)
    {
        try
        {
            await database.ExecuteAsync(statement, [], cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException no) when (no.Kind == DatabaseTrouble.Refused)
        {
            // Another database than PostgreSQL: nothing depends on it.
        }
    }
}
