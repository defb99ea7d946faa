using System.Collections.Immutable;
using System.Globalization;

namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>
/// This node's sign of life, once a second, which is also the look whether the database is there, what time it is there, and whether something in it has changed. Where
/// it is not there, it is looked for with a wait that grows and has some chance in it, so that a hundred nodes do not come back at once.
/// </summary>
internal sealed class NodeKeeper(Database database, NodeAgreement agreement, TimeProvider time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private const string Sign =
        """
        WITH n AS (
          INSERT INTO nodes (id, name, program, agreement, started_at, seen_at, until, state, held, stored, run)
          VALUES ($1, $2, $3, $4, now(), now(), now() + $5, $6, $7, $8, $9)
          ON CONFLICT (id) DO UPDATE SET seen_at = now(), until = excluded.until, state = excluded.state, held = excluded.held, stored = excluded.stored, run = excluded.run,
            agreement = excluded.agreement
          RETURNING id)
        SELECT name, version, now() FROM versions
        """;

    public const string Up = "up";
    public const string Draining = "draining";

    /// <summary>Not a server: a command that has the database alone.</summary>
    public const string Migrating = "migrating";

    /// <summary>It ended in order. Its row stays for a day, so that it can be said where a message came to.</summary>
    public const string Left = "left";

    private readonly string _id = $"{database.Settings.Node}/{Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8]}";
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, long> _versions = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private volatile string _run = "";
    private volatile string _lastRun = "";
    private volatile NodeAgreement _agreement = agreement;

    /// <summary>What the ids that it gives out have in common, as soon as it can be asked.</summary>
    public string Run
    {
        get => _run;
        set
        {
            _run = value;
            _lastRun = value.Length > 0 ? value : _lastRun;
        }
    }

    /// <summary>What this node was told has changed; said with the next sign.</summary>
    public void Agree(NodeAgreement now) => _agreement = now;

    /// <summary>In what it differs from nodes that ran when it joined, each a sentence.</summary>
    public ImmutableArray<string> Differences { get; private set; } = [];

    /// <summary>This node, as <c>nodes</c> has it.</summary>
    public string Id => _id;

    /// <summary>Messages held, and stored since the start.</summary>
    public Func<(long Held, long Stored)> Figures { get; init; } = static () => default;

    /// <summary>What it is about: <see cref="Up"/>, <see cref="Draining"/> or <see cref="Migrating"/>.</summary>
    public Func<string> State { get; init; } = static () => Up;

    /// <summary>Something that is read whole has changed, by whichever node: its name. Called on the keeper's thread.</summary>
    public event Action<string>? Changed;

    /// <summary>
    /// Joins the others. The sign comes before the look: of two that join at once, at least one sees the other.
    /// </summary>
    /// <param name="alone">No other may be there.</param>
    /// <exception cref="StoreException">A node that is alive was told something else, or somebody has the database alone, or would not have it.</exception>
    public async Task JoinAsync(bool alone, CancellationToken cancellation)
    {
        await CheckPromiseAsync(cancellation).ConfigureAwait(false);
        await database.ExecuteAsync("DELETE FROM nodes WHERE until < now() - INTERVAL '1 day'", [], cancellation).ConfigureAwait(false);
        await SignAsync(database.Settings.Patience, cancellation).ConfigureAwait(false);
        try
        {
            var others = await OthersAsync(cancellation).ConfigureAwait(false);
            if (alone && others.Count > 0)
            {
                var killed = string.Create(CultureInfo.InvariantCulture, $"if it was killed, that ends by itself within {Math.Ceiling(database.Settings.Lease.TotalSeconds)} s");
                throw new StoreException(others.Find(o => o.State != Migrating).Name is { } running
                    ? $"The node {running} is running on this database: stop all nodes first (actorsmtp nodes); {killed}."
                    : $"Another actorsmtp migrate has the database to itself (as {others[0].Name}): wait until it has ended; {killed}.");
            }

            if (others.FirstOrDefault(o => o.State == Migrating).Name is { } migrating)
            {
                throw new StoreException($"This node cannot join: actorsmtp migrate has the database to itself (as {migrating}): wait until it has ended.");
            }

            var differ = others.SelectMany(o => _agreement.DiffersFrom(o.Agreement).Select(d => (o.Name, d.Key, d.Theirs, d.Ours))).DistinctBy(d => d.Key).ToList();
            var contradict = differ.FindAll(d => !_agreement.MayDiffer.Contains(d.Key));
            if (contradict.Count > 0 && !_agreement.IsChanging)
            {
                throw new StoreException(
                    $"This node cannot join: {string.Join("; ", contradict.Select(d => Words(d.Name, d.Key, d.Theirs, d.Ours)))}: all nodes of a database need the same. "
                    + "Give this node theirs; to change it on all of them, one after the other, see \"Changing what nodes have to agree on\" in docs/operations.md.");
            }

            Differences = [.. differ.Select(d => Words(d.Name, d.Key, d.Theirs, d.Ours))];
        }
        catch
        {
            await RemoveSignAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static string Words(string node, string key, string theirs, string ours) => $"the node {node} has {key} = {theirs}, and here it is {ours}";

    private Task<List<(string Name, NodeAgreement Agreement, string State)>> OthersAsync(CancellationToken cancellation) => database.QueryAsync(
        "SELECT name, program, agreement, state FROM nodes WHERE until > now() AND id <> $1 ORDER BY name, id",
        [Database.Value(_id)],
        async (rows, stop) =>
        {
            var all = new List<(string Name, NodeAgreement Agreement, string State)>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all.Add((rows.GetString(0), NodeAgreement.Read(rows.GetString(1), rows.GetString(2)), rows.GetString(3)));
            }

            return all;
        },
        cancellation);

    /// <summary>What we set on a connection may be dropped on the way, by a pooler that ignores options: then 250 would come before the flush.</summary>
    private async Task CheckPromiseAsync(CancellationToken cancellation)
    {
        var setting = await database.QueryAsync(
            "SELECT current_setting('synchronous_commit', true)",
            [],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) && !rows.IsDBNull(0) ? rows.GetString(0) : "",
            cancellation).ConfigureAwait(false);
        if (database.Sync == SyncPolicy.Always && setting is "off" or "local" or "remote_write")
        {
            throw new StoreException(
                $"This node cannot join: it set synchronous_commit = on for its connections, and the database has {setting} for them. What stands between (a pooler?) drops the settings of a connection: "
                + "have it pass 'options' on, connect past it, or set storage.sync = never.");
        }
    }

    public void Start() => _loop = KeepAsync();

    public async Task LeaveAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await RemoveSignAsync(_lastRun.Length > 0).ConfigureAwait(false);
    }

    /// <param name="stays">Whether it gave out ids that somebody may ask for.</param>
    private async Task RemoveSignAsync(bool stays = false)
    {
        if (database.IsAway)
        {
            return;
        }

        try
        {
            await (stays
                ? database.ExecuteAsync(
                    "UPDATE nodes SET state = $2, run = $3, held = 0, seen_at = now(), until = now() WHERE id = $1",
                    [Database.Value(_id), Database.Value(Left), Database.Value(_lastRun)],
                    CancellationToken.None)
                : database.ExecuteAsync("DELETE FROM nodes WHERE id = $1", [Database.Value(_id)], CancellationToken.None)).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // Its lease ends by itself.
        }
    }

    /// <summary>All nodes that gave a sign of life within a day, by name; those that left among them.</summary>
    public static Task<List<NodeRow>> ListAsync(Database database, CancellationToken cancellation) => database.ReadAsync(
        """
        SELECT id, name, program, CASE WHEN state <> 'left' AND until < now() THEN 'gone' ELSE state END, started_at, now() - seen_at, held, stored, run, agreement
        FROM nodes ORDER BY name, id
        """,
        [],
        async (rows, stop) =>
        {
            var all = new List<NodeRow>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all.Add(new NodeRow(
                    rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetFieldValue<DateTimeOffset>(4),
                    rows.GetTimeSpan(5), rows.GetInt64(6), rows.GetInt64(7), rows.GetString(8))
                {
                    Agreement = NodeAgreement.Read(rows.GetString(2), rows.GetString(9)),
                });
            }

            return all;
        },
        cancellation);

    private async Task SignAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var (held, stored) = Figures();
        var asked = 0L;
        var versions = await database.ProbeAsync(
            Sign,
            () =>
            {
                asked = time.GetTimestamp();        // there is a connection
                return
                [
                    Database.Value(_id), Database.Value(database.Settings.Node), Database.Value(_agreement.Program), Database.Value(_agreement.ToText()),
                    Database.Value(database.Settings.Lease), Database.Value(State()), Database.Value(held), Database.Value(stored), Database.Value(Run),
                ];
            },
            async (rows, stop) =>
            {
                var all = new List<(string Name, long Version)>();
                while (await rows.ReadAsync(stop).ConfigureAwait(false))
                {
                    if (all.Count == 0)
                    {
                        database.Clock.Hear(rows.GetFieldValue<DateTimeOffset>(2), asked, time.GetTimestamp());
                    }

                    all.Add((rows.GetString(0), rows.GetInt64(1)));
                }

                return all;
            },
            patience,
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
        var chore = database.Chores.Of("giving a sign of life");
        var wait = s_period;
        var tries = 0;
        try
        {
            while (true)
            {
                // A statement that failed makes us look at once; so many look together, and not oftener than that.
                await Task.Delay(s_least, time, _stop.Token).ConfigureAwait(false);
                var pause = Task.Delay(Database.Jittered(wait), time, _stop.Token);
                await (database.IsAway ? pause : Task.WhenAny(pause, database.WhenSuspected())).ConfigureAwait(false);
                _stop.Token.ThrowIfCancellationRequested();
                try
                {
                    // What was asked while nothing came through is not answered when something does again: so it is asked anew before long, and now and then with all patience.
                    var patience = database.Settings.Patience * (database.IsAway ? (tries % 3) switch { 1 => 0.25, 2 => 0.5, _ => 1 } : 1);
                    await SignAsync(patience, CancellationToken.None).ConfigureAwait(false);        // to its end: it must not come behind what takes the sign away
                    database.MarkBack();
                    chore.Succeeded();
                    (wait, tries) = (s_period, 0);
                }
                catch (DatabaseException gone) when (gone.Kind is DatabaseTrouble.Away or DatabaseTrouble.Refused)
                {
                    database.MarkAway(gone.Message);
                    wait = s_shortest * (1 << Math.Min(tries++, 6));
                    wait = wait < s_longest ? wait : s_longest;
                }
                catch (DatabaseException there)
                {
                    database.MarkBack();            // full, or busy: not away
                    await chore.FailedAsync(there, _stop.Token).ConfigureAwait(false);
                }
                catch (Exception mistake) when (mistake is not OperationCanceledException)
                {
                    await chore.FailedAsync(mistake, _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told to leave.
        }
    }
}
