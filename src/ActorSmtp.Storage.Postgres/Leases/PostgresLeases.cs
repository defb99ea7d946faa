using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres.Leases;

/// <summary>
/// Leases of test inboxes in a database that nodes share. A change is a short transaction that begins by taking the next number, so changes follow each other, and what a node has not
/// seen is what has a greater number than it knows. Places of messages are given out when somebody asks, under the lease's lock: deliveries know nothing of leases and cost no more for them.
/// </summary>
/// <param name="node">This node, as <c>nodes</c> has it; null: it has not joined, and nobody waits for it.</param>
internal sealed class PostgresLeases(Database database, string? node) : ILeaseStore
{
    private const int MostPlaced = 5000;

    /// <summary>So long after its end mail for a lease is still looked for.</summary>
    private static readonly TimeSpan s_aftermath = TimeSpan.FromMinutes(5);

    public Task<LeaseNews> ReadAsync(long since, CancellationToken cancellation) => Try(async () =>
    {
        // The number comes first: what is counted in it is there for who looks afterwards.
        var number = await database.ReadAsync("SELECT version FROM versions WHERE name = 'leases'", [], ReadNumber, cancellation).ConfigureAwait(false) ?? 0;
        return number == since
            ? new LeaseNews(number, [], [])
            : new LeaseNews(
                number,
                await database.ReadAsync(LeaseStatements.News, [Database.Value(since)], ReadLeases, cancellation).ConfigureAwait(false),
                await database.ReadAsync(LeaseStatements.ScenarioNews, [Database.Value(since)], ReadScenarios, cancellation).ConfigureAwait(false));
    });

    public Task SeenAsync(long number, CancellationToken cancellation) => node is null ? Task.CompletedTask : Try(async () =>
        await database.ChangeAsync(LeaseStatements.Seen, [Database.Value(node), Database.Value(number)], cancellation).ConfigureAwait(false));

    public Task<bool> IsSeenAsync(long number, CancellationToken cancellation) => Try(async () =>
        await database.ReadAsync(LeaseStatements.Unseen, [Database.Value(number), Database.Value(node ?? "")], ReadNumber, cancellation).ConfigureAwait(false) is null or 0);

    public Task<LeaseRow?> FindAsync(string id, CancellationToken cancellation) => Try(async () =>
        (await database.ReadAsync(LeaseStatements.Find, [Database.Value(id)], ReadLeases, cancellation).ConfigureAwait(false)).FirstOrDefault());

    public Task<ImmutableArray<LeaseRow>> ListAsync(CancellationToken cancellation) => Try(() => database.ReadAsync(LeaseStatements.List, [], ReadLeases, cancellation));

    public Task<LeaseAdded> AddAsync(LeaseRow lease, TimeSpan time, ImmutableArray<LeaseScenarioRow> scenarios, LeaseRoom room, CancellationToken cancellation) => ChangeAsync(
        async (change, number) =>
        {
            if (await change.NumberAsync(LeaseStatements.CountLeases).ConfigureAwait(false) >= room.Leases)
            {
                return new LeaseAdded(null, number);
            }

            if (scenarios.Length > 0 && await change.NumberAsync(LeaseStatements.CountScenarios).ConfigureAwait(false) + scenarios.Length > room.Scenarios)
            {
                return new LeaseAdded(null, number, WantsScenarios: true);
            }

            var made = await change.ReadAsync(
                LeaseStatements.Add,
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false)
                    ? lease with { CreatedAt = rows.GetFieldValue<DateTimeOffset>(0), Expires = rows.GetFieldValue<DateTimeOffset>(1) }
                    : null,
                Database.Value(lease.Id), Database.Value(lease.Address), Database.Value(lease.Verifier), Database.Value(time), Database.Value(number)).ConfigureAwait(false);
            foreach (var scenario in made is null ? [] : scenarios)
            {
                await AddScenarioAsync(change, scenario, number).ConfigureAwait(false);
            }

            return new LeaseAdded(made, number, IsTaken: made is null);
        },
        cancellation);

    public Task<LeaseRow?> RenewAsync(string id, TimeSpan time, CancellationToken cancellation) => ChangeAsync(
        async (change, number) =>
        {
            await change.DoAsync(LeaseStatements.Renew, Database.Value(id), Database.Value(time), Database.Value(number)).ConfigureAwait(false);
            return (await change.ReadAsync(LeaseStatements.Find, ReadLeases, Database.Value(id)).ConfigureAwait(false)).FirstOrDefault(l => l.Ended is null);
        },
        cancellation);

    public Task<long?> EndAsync(string id, string how, CancellationToken cancellation) => ChangeAsync<long?>(
        async (change, number) =>
        {
            var ended = await change.ReadAsync(LeaseStatements.End, ReadTexts, Database.Value(id), Database.Value(how), Database.Value(number)).ConfigureAwait(false);
            await EndScenariosAsync(change, ended, number).ConfigureAwait(false);
            return ended.IsEmpty ? null : number;
        },
        cancellation);

    public async Task<ImmutableArray<string>> ExpireAsync(CancellationToken cancellation)
    {
        // Nearly always there is none, and nobody need wait for a number.
        if (await Try(() => database.ReadAsync(LeaseStatements.AnyExpired, [], ReadAny, cancellation)).ConfigureAwait(false))
        {
            return await ChangeAsync(
                async (change, number) =>
                {
                    var ended = await change.ReadAsync(LeaseStatements.Expire, ReadTexts, Database.Value(number)).ConfigureAwait(false);
                    await EndScenariosAsync(change, ended, number).ConfigureAwait(false);
                    return ended;
                },
                cancellation).ConfigureAwait(false);
        }

        return [];
    }

    public Task<ImmutableArray<string>> TakeEndedAsync(int most, CancellationToken cancellation) => Try(async () =>
    {
        var over = await database.ReadAsync(LeaseStatements.Over, [Database.Value(s_aftermath)], ReadTexts, cancellation).ConfigureAwait(false);
        if (!over.IsEmpty)
        {
            foreach (var statement in new[] { LeaseStatements.ForgetPlaces, LeaseStatements.ForgetScenarios, LeaseStatements.Forget })
            {
                await database.ChangeAsync(statement, [Database.Value(over.ToArray())], cancellation).ConfigureAwait(false);
            }
        }

        await database.ChangeAsync(LeaseStatements.ForgetReaders, [], cancellation).ConfigureAwait(false);
        return await database.ReadAsync(LeaseStatements.TakeEnded, [Database.Value((long)most)], ReadTexts, cancellation).ConfigureAwait(false);
    });

    public Task<long?> AddScenarioAsync(LeaseScenarioRow scenario, int most, CancellationToken cancellation) => ChangeAsync<long?>(
        async (change, number) =>
            await change.NumberAsync(LeaseStatements.CountScenarios).ConfigureAwait(false) < most && await AddScenarioAsync(change, scenario, number).ConfigureAwait(false) ? number : null,
        cancellation);

    public Task<(int Removed, long Number)> RemoveScenariosAsync(string? lease, string? id, CancellationToken cancellation) => ChangeAsync(
        async (change, number) => (
            await change.DoAsync(LeaseStatements.RemoveScenarios, Optional(lease), Optional(id), Database.Value(number)).ConfigureAwait(false),
            number),
        cancellation);

    public Task<(string Id, int Hits)?> CountAsync(IReadOnlyCollection<string> scenarios, CancellationToken cancellation) => Try(() => database.TransactAsync<(string, int)?>(
        async (connection, stop) =>
        {
            var change = new Change(connection, stop);
            var all = await change.ReadAsync(
                LeaseStatements.LockScenarios,
                async (rows, stop) =>
                {
                    var each = new List<(string Id, int Seen, int Hits, int Nth, int? Times)>();
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        each.Add((rows.GetString(0), rows.GetInt32(1), rows.GetInt32(2), rows.GetInt32(3), rows.IsDBNull(4) ? null : rows.GetInt32(4)));
                    }

                    return each;
                },
                Database.Value(scenarios.ToArray())).ConfigureAwait(false);
            var due = all.FirstOrDefault(s => s.Seen + 1 >= s.Nth && s.Hits < (s.Times ?? int.MaxValue));
            await change.DoAsync(LeaseStatements.CountScenario, Database.Value(scenarios.ToArray()), Optional(due.Id)).ConfigureAwait(false);
            return due.Id is null ? null : (due.Id, due.Hits + 1);
        },
        cancellation));

    public Task<ImmutableDictionary<string, int>> HitsAsync(CancellationToken cancellation) => Try(() => database.ReadAsync(
        LeaseStatements.Hits,
        [],
        async (rows, stop) =>
        {
            var all = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all[rows.GetString(0)] = rows.GetInt32(1);
            }

            return all.ToImmutable();
        },
        cancellation));

    public Task<ImmutableArray<(int Place, string Key)>> ArrivedAsync(string id, int after, int most, CancellationToken cancellation) => Try(async () =>
    {
        if (await database.ReadAsync(LeaseStatements.HasUnplaced, [Database.Value(id)], ReadAny, cancellation).ConfigureAwait(false))
        {
            await database.TransactAsync(async (connection, stop) => await PlaceAsync(new Change(connection, stop), id).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }

        return await database.ReadAsync(
            LeaseStatements.Arrived,
            [Database.Value(id), Database.Value((long)after), Database.Value((long)most)],
            async (rows, stop) =>
            {
                var all = ImmutableArray.CreateBuilder<(int, string)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    all.Add(((int)rows.GetInt64(0), rows.GetString(1)));
                }

                return all.ToImmutable();
            },
            cancellation).ConfigureAwait(false);
    });

    public Task<ImmutableArray<string>> ChangedAsync(IReadOnlyCollection<(string Id, int Place)> leases, CancellationToken cancellation) => Try(() => database.ReadAsync(
        LeaseStatements.Changed,
        [Database.Value(leases.Select(l => l.Id).ToArray()), Database.Value(leases.Select(l => (long)l.Place).ToArray())],
        ReadTexts,
        cancellation));

    /// <summary>
    /// What the mailbox counted before it was looked at is in what is found; what it counts later has another number, and is found the next time. Of mail that was removed the places go now and then.
    /// </summary>
    private static async Task<bool> PlaceAsync(Change change, string id)
    {
        var lease = await change.ReadAsync(
            LeaseStatements.LockPlaces,
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (Arrivals: rows.GetInt64(0), Address: rows.GetString(1)) : default,
            Database.Value(id)).ConfigureAwait(false);
        if (lease.Address is null)
        {
            return false;
        }

        var changes = await change.NumberAsync(LeaseStatements.Changes, Database.Value(lease.Address)).ConfigureAwait(false);
        var placed = await change.DoAsync(
            LeaseStatements.Place, Database.Value(id), Database.Value(lease.Address), Database.Value(lease.Arrivals), Database.Value((long)MostPlaced)).ConfigureAwait(false);
        if ((lease.Arrivals + placed) / MostPlaced != lease.Arrivals / MostPlaced)
        {
            await change.DoAsync(LeaseStatements.ForgetGone, Database.Value(id), Database.Value(lease.Address), Database.Value(lease.Arrivals)).ConfigureAwait(false);
        }

        await change.DoAsync(
            LeaseStatements.Placed, Database.Value(id), Database.Value(lease.Arrivals + placed), Database.Value(placed == MostPlaced ? -1 : changes)).ConfigureAwait(false);
        return true;
    }

    private static async Task<bool> AddScenarioAsync(Change change, LeaseScenarioRow scenario, long number) => await change.DoAsync(
        LeaseStatements.AddScenario,
        Database.Value(scenario.Id), Database.Value(scenario.Lease), Database.Value(scenario.Spec), Database.Value(scenario.Nth),
        new NpgsqlParameter { Value = scenario.Times is { } times ? times : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
        Database.Value(change.NextPlace(number)), Database.Value(number)).ConfigureAwait(false) > 0;

    private static Task EndScenariosAsync(Change change, ImmutableArray<string> leases, long number) =>
        leases.IsEmpty ? Task.CompletedTask : change.DoAsync(LeaseStatements.EndScenarios, Database.Value(leases.ToArray()), Database.Value(number));

    private Task<T> ChangeAsync<T>(Func<Change, long, Task<T>> work, CancellationToken cancellation) => Try(() => database.TransactAsync(
        async (connection, stop) =>
        {
            var change = new Change(connection, stop);
            return await work(change, await change.NumberAsync(LeaseStatements.Number).ConfigureAwait(false)).ConfigureAwait(false);
        },
        cancellation));

    private static async Task<ImmutableArray<LeaseRow>> ReadLeases(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<LeaseRow>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(new LeaseRow(
                rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetFieldValue<DateTimeOffset>(3), rows.GetFieldValue<DateTimeOffset>(4),
                rows.IsDBNull(5) ? null : rows.GetString(5), (int)Math.Min(rows.GetInt64(6), int.MaxValue)));
        }

        return all.ToImmutable();
    }

    private static async Task<ImmutableArray<LeaseScenarioRow>> ReadScenarios(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<LeaseScenarioRow>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(new LeaseScenarioRow(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetInt32(3), rows.IsDBNull(4) ? null : rows.GetInt32(4), rows.GetBoolean(5)));
        }

        return all.ToImmutable();
    }

    private static async Task<ImmutableArray<string>> ReadTexts(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<string>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(rows.GetString(0));
        }

        return all.ToImmutable();
    }

    private static async Task<long?> ReadNumber(NpgsqlDataReader rows, CancellationToken stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt64(0) : null;

    private static Task<bool> ReadAny(NpgsqlDataReader rows, CancellationToken stop) => rows.ReadAsync(stop);

    private static NpgsqlParameter Optional(string? text) => new() { Value = text is null ? DBNull.Value : text, NpgsqlDbType = NpgsqlDbType.Text };

    private async Task<T> Try<T>(Func<Task<T>> work)
    {
        try
        {
            await database.ReadyAsync(CancellationToken.None).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The leases cannot be read or changed: {failed.Message}.", failed);
        }
    }

    /// <summary>The statements of one transaction.</summary>
    private sealed class Change(NpgsqlConnection connection, CancellationToken stop)
    {
        private int _placed;

        /// <summary>In the order in which they are made, also within one change.</summary>
        public long NextPlace(long number) => (number << 10) + _placed++;

        public async Task<int> DoAsync(string statement, params NpgsqlParameter[] values)
        {
            await using var command = Command(statement, values);
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }

        public async Task<T> ReadAsync<T>(string statement, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, params NpgsqlParameter[] values)
        {
            await using var command = Command(statement, values);
            await using var rows = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            return await read(rows, stop).ConfigureAwait(false);
        }

        /// <summary>0 where there is no row.</summary>
        public async Task<long> NumberAsync(string statement, params NpgsqlParameter[] values) => await ReadAsync(statement, ReadNumber, values).ConfigureAwait(false) ?? 0;

        [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100", Justification = "Statements are constants; what comes from outside comes as values.")]
        private NpgsqlCommand Command(string statement, NpgsqlParameter[] values)
        {
            var command = new NpgsqlCommand(statement, connection);
            command.Parameters.AddRange(values);
            return command;
        }
    }
}
