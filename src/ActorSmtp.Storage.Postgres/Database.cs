using Npgsql;

namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// What is asked of the database, and whether it is there. Every statement stands alone (nothing here holds a transaction open between two
/// of them but the change of the accounts), so a node that is stopped in the middle of its work holds no lock. A statement that fails says nothing
/// of the database yet, it makes its keeper look at once; where that one finds it away, everything fails at once until it has found it again.
/// </summary>
internal sealed partial class Database : IAsyncDisposable
{
    private const int MostRetries = 8;

    private readonly Hosts _hosts;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _edges;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _making = new(1);
    private volatile bool _isReady;

    /// <exception cref="StoreException">The connection text cannot be understood.</exception>
    public Database(DatabaseSettings settings, SyncPolicy sync, TimeProvider time)
    {
        Settings = settings;
        Sync = sync;
        _time = time;
        _hosts = new Hosts(settings, sync);
        _edges = new SemaphoreSlim(Math.Max(2, settings.Connections - Hosts.Probes - Reserved));
        Chores = new Chores(this, time);
        Clock = new DatabaseClock(time);
    }

    /// <summary>Connections that readers never take: for storing, delivering, claiming and looking after.</summary>
    public const int Reserved = 16;

    public DatabaseSettings Settings { get; }

    public SyncPolicy Sync { get; }

    /// <summary>What this node does again and again, and what of it fails.</summary>
    public Chores Chores { get; }

    /// <summary>For what nodes write that others read. It is told with each sign of life.</summary>
    public DatabaseClock Clock { get; }

    /// <summary>Makes sure, once, that the tables are there.</summary>
    /// <exception cref="StoreException">They cannot be made.</exception>
    /// <exception cref="DatabaseException">The database is away.</exception>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        if (_isReady)
        {
            return;
        }

        await _making.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_isReady)
            {
                await new Schema.Migrator(this, _time).RunAsync(cancellation).ConfigureAwait(false);
                _isReady = true;
            }
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Makes sure that <see cref="Clock"/> is the database's.</summary>
    /// <exception cref="DatabaseException">It cannot be asked.</exception>
    public async Task KnowTimeAsync(CancellationToken cancellation)
    {
        if (!Clock.IsKnown)
        {
            var asked = _time.GetTimestamp();
            var said = await ReadAsync(
                "SELECT now()", [], async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetFieldValue<DateTimeOffset>(0) : default, cancellation).ConfigureAwait(false);
            Clock.Hear(said, asked, _time.GetTimestamp());
        }
    }

    /// <summary>Runs a statement; answers how many rows it changed.</summary>
    /// <exception cref="DatabaseException">It was not done, or whether it was is not known.</exception>
    public Task<int> ExecuteAsync(string statement, NpgsqlParameter[] values, CancellationToken cancellation) => RunAsync(
        values,
        async (connection, own, stop) =>
        {
            await using var command = Command(connection, statement, own, Settings.Patience);
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        },
        Settings.Patience,
        cancellation);

    /// <summary>Runs a statement and reads its rows.</summary>
    /// <param name="patience">Null: the usual one. One that is longer the database is told too.</param>
    /// <exception cref="DatabaseException">As with <see cref="ExecuteAsync"/>.</exception>
    public Task<T> QueryAsync<T>(
        string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellation, TimeSpan? patience = null) => RunAsync(
        values,
        async (connection, own, stop) =>
        {
            await using var command = patience > Settings.Patience ? null : Command(connection, statement, own, patience ?? Settings.Patience);
            await using var patient = command is null ? Patient(connection, statement, own, patience!.Value) : null;
            await using var rows = await (command?.ExecuteReaderAsync(stop) ?? patient!.ExecuteReaderAsync(stop)).ConfigureAwait(false);
            return await read(rows, stop).ConfigureAwait(false);
        },
        patience ?? Settings.Patience,
        cancellation);

    /// <summary>The same for those who read and change mailboxes and accounts: they wait for each other, and never take a connection from those who store.</summary>
    public Task<T> ReadAsync<T>(
        string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellation, TimeSpan? patience = null) =>
        AtEdge(() => QueryAsync(statement, values, read, cancellation, patience), cancellation);

    /// <summary>As <see cref="ExecuteAsync"/>, likewise.</summary>
    public Task<int> ChangeAsync(string statement, NpgsqlParameter[] values, CancellationToken cancellation) =>
        AtEdge(() => ExecuteAsync(statement, values, cancellation), cancellation);

    /// <summary>Several statements as one, while nobody else changes what they lock. They must be quick: see the server's idle timeout.</summary>
    public Task<T> TransactAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellation) => AtEdge(() => TogetherAsync(work, cancellation), cancellation);

    private Task<T> TogetherAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellation) => TryAsync(
        async (connection, stop) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(stop).ConfigureAwait(false);
            var result = await work(connection, stop).ConfigureAwait(false);
            await transaction.CommitAsync(stop).ConfigureAwait(false);
            return result;
        },
        Settings.Patience,
        cancellation);

    /// <summary>One statement of such a transaction.</summary>
    public static async Task RunInAsync(NpgsqlConnection connection, string statement, CancellationToken stop, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        command.Parameters.AddRange(values);
        await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Asks whether the database is there, by the statement given, also where it counts as away; of several hosts, of the one that takes writes.</summary>
    /// <exception cref="DatabaseException">It is not.</exception>
    public async Task<T> ProbeAsync<T>(string statement, Func<NpgsqlParameter[]> values, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, TimeSpan patience, CancellationToken cancellation)
    {
        for (var hasLooked = false; ; hasLooked = true)
        {
            var host = _hosts.Current;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
            stop.CancelAfter(patience);
            try
            {
                return await Driver.RunAsync(
                    async own =>
                    {
                        await using var connection = await host.Probe.OpenConnectionAsync(own).ConfigureAwait(false);
                        await using var command = Command(connection, statement, values(), Settings.Patience);
                        await using var rows = await command.ExecuteReaderAsync(own).ConfigureAwait(false);
                        return await read(rows, own).ConfigureAwait(false);
                    },
                    stop.Token).ConfigureAwait(false);
            }
            catch (Exception thrown) when (!cancellation.IsCancellationRequested && DatabaseException.Of(thrown) is { } trouble)
            {
                if (hasLooked || !await _hosts.LeaveAsync(host, cancellation).ConfigureAwait(false))
                {
                    throw trouble;
                }

                EndWaiting();                       // nobody waits on for a host that is not the one in use
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        MarkAway("closed");
        await _hosts.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Some chance before the next try: half to all of a time that doubles.</summary>
    public static TimeSpan Jittered(TimeSpan wait) => wait * (0.5 + (Random.Shared.NextDouble() / 2));

    private async Task<T> AtEdge<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        await _edges.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _edges.Release();
        }
    }

    private Task<T> RunAsync<T>(NpgsqlParameter[] values, Func<NpgsqlConnection, NpgsqlParameter[], CancellationToken, Task<T>> run, TimeSpan patience, CancellationToken cancellation)
    {
        var isAgain = false;
        return TryAsync(
            (connection, stop) =>
            {
                values = isAgain ? [.. values.Select(v => v.Clone())] : values;         // those of a command are its own
                isAgain = true;
                return run(connection, values, stop);
            },
            patience,
            cancellation);
    }

    /// <summary>
    /// Until it is done, or can not be, or the time is over: what two transactions undid each other is done again, and so is what waited for a lock; and
    /// where a host could not be reached, or takes no writes, and another one does, there.
    /// </summary>
    private async Task<T> TryAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, TimeSpan patience, CancellationToken cancellation)
    {
        var hasLooked = false;
        var began = _time.GetTimestamp();
        for (var retries = 0; ; retries++)
        {
            if (_trouble is { } away)
            {
                throw new DatabaseException(DatabaseTrouble.Away, away);
            }

            var host = _hosts.Current;
            var isOpen = false;
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _presence.Token);
            end.CancelAfter(patience);
            var stop = end.Token;
            try
            {
                return await Driver.RunAsync(
                    async own =>
                    {
                        await using var connection = await host.Work.OpenConnectionAsync(own).ConfigureAwait(false);
                        Volatile.Write(ref isOpen, true);
                        stop.ThrowIfCancellationRequested();        // after that: who gave up while it was not open may count on that nothing is asked
                        return await work(connection, own).ConfigureAwait(false);
                    },
                    stop).ConfigureAwait(false);
            }
            catch (Exception thrown) when (DatabaseException.IsCollision(thrown) && retries < MostRetries)
            {
                await PauseAsync(retries, cancellation).ConfigureAwait(false);
            }
            catch (Exception thrown) when (DatabaseException.IsLocked(thrown) && _time.GetElapsedTime(began) + Hosts.LockTimeout(Settings) < patience)
            {
                await PauseAsync(retries, cancellation).ConfigureAwait(false);
            }
            catch (Exception thrown) when (Judge(thrown, cancellation) is { } trouble)
            {
                var wasNotAsked = trouble.Kind == DatabaseTrouble.Away && (!Volatile.Read(ref isOpen) || trouble.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction);
                if (!wasNotAsked || hasLooked || !await _hosts.LeaveAsync(host, cancellation).ConfigureAwait(false))
                {
                    throw trouble;
                }

                hasLooked = true;
                began = _time.GetTimestamp();
            }
        }
    }

    /// <summary>What went wrong; the keeper looks at once where it may be that the database is away. Null: the caller gave up, or it is a mistake of ours.</summary>
    private DatabaseException? Judge(Exception thrown, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested && thrown is OperationCanceledException)
        {
            return null;
        }

        var trouble = DatabaseException.Of(thrown);
        if (trouble is { Kind: DatabaseTrouble.Away })
        {
            Suspect();
        }

        return trouble;
    }

    private Task PauseAsync(int retries, CancellationToken cancellation) =>
        Task.Delay(Jittered(TimeSpan.FromMilliseconds(5 << Math.Min(retries, 6))), _time, cancellation);
}
