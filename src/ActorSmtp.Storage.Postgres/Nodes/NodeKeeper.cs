using System.Globalization;

namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>
/// This node's sign of life, once a second, which is also the look whether the database is there and whether something in it has changed. Where
/// it is not there, it is looked for with a wait that grows and has some chance in it, so that a hundred nodes do not come back at once.
/// </summary>
internal sealed class NodeKeeper(Database database, NodeAgreement agreement, TimeProvider time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private const string Sign =
        """
        WITH n AS (
          INSERT INTO nodes (id, name, program, agreement, started_at, seen_at, until, state, held, stored)
          VALUES ($1, $2, $3, $4, now(), now(), now() + $5, $6, $7, $8)
          ON CONFLICT (id) DO UPDATE SET seen_at = now(), until = excluded.until, state = excluded.state, held = excluded.held, stored = excluded.stored
          RETURNING id)
        SELECT name, version FROM versions
        """;

    private readonly string _id = $"{database.Settings.Node}/{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}";
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;

    /// <summary>Messages held, and stored since the start.</summary>
    public Func<(long Held, long Stored)> Figures { get; init; } = static () => default;

    /// <summary>Whether this node is about to end.</summary>
    public Func<bool> IsDraining { get; init; } = static () => false;

    /// <summary>Something that is read whole has changed, by whichever node: its name. Called on the keeper's thread.</summary>
    public event Action<string>? Changed;

    /// <exception cref="StoreException">A node that is alive was told something else.</exception>
    public async Task JoinAsync(CancellationToken cancellation)
    {
        var others = await database.QueryAsync(
            "SELECT name, agreement FROM nodes WHERE until > now() AND id <> $1",
            [Database.Value(_id)],
            async (rows, stop) =>
            {
                var all = new List<(string Name, string Agreement)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    all.Add((rows.GetString(0), rows.GetString(1)));
                }

                return all;
            },
            cancellation).ConfigureAwait(false);
        if (others.Select(o => agreement.DiffersFrom(o.Name, o.Agreement)).FirstOrDefault(d => d is not null) is { } difference)
        {
            throw new StoreException($"This node cannot join: {difference}.");
        }

        await database.ExecuteAsync("DELETE FROM nodes WHERE until < now() - INTERVAL '1 day'", [], cancellation).ConfigureAwait(false);
        await SignAsync(cancellation).ConfigureAwait(false);
    }

    public void Start() => _loop = KeepAsync();

    public async Task LeaveAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        if (database.IsAway)
        {
            return;
        }

        try
        {
            await database.ExecuteAsync("DELETE FROM nodes WHERE id = $1", [Database.Value(_id)], CancellationToken.None).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // Its lease ends by itself.
        }
    }

    /// <summary>All nodes that gave a sign of life within a day, by name.</summary>
    public static Task<List<NodeRow>> ListAsync(Database database, CancellationToken cancellation) => database.ReadAsync(
        """
        SELECT id, name, program, CASE WHEN until < now() THEN 'gone' ELSE state END, started_at, now() - seen_at, held, stored FROM nodes ORDER BY name, id
        """,
        [],
        async (rows, stop) =>
        {
            var all = new List<NodeRow>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all.Add(new NodeRow(
                    rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetFieldValue<DateTimeOffset>(4),
                    rows.GetTimeSpan(5), rows.GetInt64(6), rows.GetInt64(7)));
            }

            return all;
        },
        cancellation);

    private async Task SignAsync(CancellationToken cancellation)
    {
        var (held, stored) = Figures();
        var versions = await database.ProbeAsync(
            Sign,
            [
                Database.Value(_id), Database.Value(database.Settings.Node), Database.Value(agreement.Program), Database.Value(agreement.ToText()),
                Database.Value(database.Settings.Lease), Database.Value(IsDraining() ? "draining" : "up"), Database.Value(held), Database.Value(stored),
            ],
            async (rows, stop) =>
            {
                var all = new List<(string Name, long Version)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    all.Add((rows.GetString(0), rows.GetInt64(1)));
                }

                return all;
            },
            database.Settings.Patience,
            cancellation).ConfigureAwait(false);
        foreach (var (name, version) in versions)
        {
            var known = _versions.TryGetValue(name, out var before);
            _versions[name] = version;
            if (known && before != version)
            {
                Changed?.Invoke(name);
            }
        }
    }

    private async Task KeepAsync()
    {
        await Task.Yield();
        var wait = s_period;
        var tries = 0;
        try
        {
            while (true)
            {
                // Somebody else may find it away first: then it is looked for at once.
                var pause = Task.Delay(Database.Jittered(wait), time, _stop.Token);
                await (database.IsAway ? pause : Task.WhenAny(pause, database.WhenAway())).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
                try
                {
                    await SignAsync(_stop.Token).ConfigureAwait(false);
                    database.MarkBack();
                    (wait, tries) = (s_period, 0);
                }
                catch (DatabaseException gone)
                {
                    database.MarkAway(gone.Message);
                    wait = s_shortest * (1 << Math.Min(tries++, 6));
                    wait = wait < s_longest ? wait : s_longest;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to leave.
        }
    }
}
