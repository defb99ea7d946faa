using System.Diagnostics.CodeAnalysis;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// The connections to the database, and whether it is there. Every statement stands alone (nothing here holds a transaction open between two
/// of them but the change of the accounts), so a node that is stopped in the middle of its work holds no lock. Where the database does not
/// answer, everything fails at once until a probe, repeated with jitter, has found it again.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    private const int MostRetries = 8;

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _edges;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private CancellationTokenSource _presence = new();
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _went = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _making = new(1);
    private volatile string? _trouble;
    private volatile bool _isReady;

    /// <exception cref="StoreException">The connection text cannot be understood.</exception>
    public Database(DatabaseSettings settings, SyncPolicy sync, TimeProvider time)
    {
        Settings = settings;
        _time = time;
        _source = Source(settings, sync);
        _edges = new SemaphoreSlim(Math.Max(2, settings.Connections - Reserved));
    }

    /// <summary>Connections that readers never take: for storing, delivering, claiming and looking after.</summary>
    public const int Reserved = 13;

    public DatabaseSettings Settings { get; }

    /// <summary>Null: it is there. Else why it is not.</summary>
    public string? Trouble => _trouble;

    public bool IsAway => _trouble is not null;

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

    /// <summary>The database is gone, as of now; the one who looks after it finds it again.</summary>
    public void MarkAway(string trouble)
    {
        CancellationTokenSource presence;
        lock (_gate)
        {
            if (_trouble is not null)
            {
                return;
            }

            _trouble = trouble;
            presence = _presence;
            _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _went.TrySetResult();
        }

        presence.Cancel();                          // whoever waits for an answer has waited long enough
    }

    public void MarkBack()
    {
        lock (_gate)
        {
            if (_trouble is null)
            {
                return;
            }

            _presence = new CancellationTokenSource();
            _went = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _trouble = null;
            _back.TrySetResult();
        }
    }

    /// <summary>Ends when the database is there; at once where it is.</summary>
    public Task WhenBack(CancellationToken cancellation)
    {
        lock (_gate)
        {
            return _trouble is null ? Task.CompletedTask : _back.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Ends when the database is away; at once where it is.</summary>
    public Task WhenAway()
    {
        lock (_gate)
        {
            return _trouble is null ? _went.Task : Task.CompletedTask;
        }
    }

    /// <summary>Runs a statement; answers how many rows it changed.</summary>
    /// <exception cref="DatabaseException">It was not done, or whether it was is not known.</exception>
    public Task<int> ExecuteAsync(string statement, NpgsqlParameter[] values, CancellationToken cancellation) => RunAsync(
        statement, values, (command, stop) => command.ExecuteNonQueryAsync(stop), null, cancellation);

    /// <summary>Runs a statement and reads its rows.</summary>
    /// <exception cref="DatabaseException">As with <see cref="ExecuteAsync"/>.</exception>
    public Task<T> QueryAsync<T>(
        string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, CancellationToken cancellation, TimeSpan? patience = null) => RunAsync(
        statement,
        values,
        async (command, stop) =>
        {
            await using var rows = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            return await read(rows, stop).ConfigureAwait(false);
        },
        patience,
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

    private async Task<T> TogetherAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        for (var retries = 0; ; retries++)
        {
            var (stop, own) = Patience(null, cancellation);
            using (own)
            {
                try
                {
                    await using var connection = await _source.OpenConnectionAsync(stop).ConfigureAwait(false);
                    await using var transaction = await connection.BeginTransactionAsync(stop).ConfigureAwait(false);
                    var result = await work(connection, stop).ConfigureAwait(false);
                    await transaction.CommitAsync(stop).ConfigureAwait(false);
                    return result;
                }
                catch (Exception thrown) when (DatabaseException.IsCollision(thrown) && retries < MostRetries)
                {
                    await PauseAsync(retries, cancellation).ConfigureAwait(false);
                }
                catch (Exception thrown) when (Judge(thrown, cancellation) is { } trouble)
                {
                    throw trouble;
                }
            }
        }
    }

    /// <summary>One statement of such a transaction.</summary>
    public static async Task RunInAsync(NpgsqlConnection connection, string statement, CancellationToken stop, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        command.Parameters.AddRange(values);
        await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Asks whether the database is there, by the statement given, also where it counts as away.</summary>
    /// <exception cref="DatabaseException">It is not.</exception>
    public async Task<T> ProbeAsync<T>(string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, CancellationToken, Task<T>> read, TimeSpan patience, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        stop.CancelAfter(patience);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(stop.Token).ConfigureAwait(false);
            await using var command = Command(connection, statement, values, patience);
            await using var rows = await command.ExecuteReaderAsync(stop.Token).ConfigureAwait(false);
            return await read(rows, stop.Token).ConfigureAwait(false);
        }
        catch (Exception thrown) when (!cancellation.IsCancellationRequested && DatabaseException.Of(thrown) is { } trouble)
        {
            throw trouble;
        }
    }

    /// <summary>Waits on the caller's thread: for the few who read content where nothing else can be done.</summary>
    public T ReadBlocking<T>(string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, T> read)
    {
        _edges.Wait(_closing.Token);
        try
        {
            if (_trouble is { } away)
            {
                throw new DatabaseException(DatabaseTrouble.Away, away);
            }

            using var connection = _source.OpenConnection();
            using var command = Command(connection, statement, values, Settings.Patience);
            using var rows = command.ExecuteReader();
            return read(rows);
        }
        catch (Exception thrown) when (Judge(thrown, default) is { } trouble)
        {
            throw trouble;
        }
        finally
        {
            _edges.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        MarkAway("closed");
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    // Values by position; the names of the types are the driver's.
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Value(byte[][] value) => new NpgsqlParameter<byte[][]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    public static NpgsqlParameter Value(ReadOnlyMemory<byte>[] value) =>
        new NpgsqlParameter<ReadOnlyMemory<byte>[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    public static NpgsqlParameter Value(ReadOnlyMemory<byte> value) => new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

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

    private async Task<T> RunAsync<T>(
        string statement, NpgsqlParameter[] values, Func<NpgsqlCommand, CancellationToken, Task<T>> run, TimeSpan? patience, CancellationToken cancellation)
    {
        for (var retries = 0; ; retries++)
        {
            if (_trouble is { } away)
            {
                throw new DatabaseException(DatabaseTrouble.Away, away);
            }

            var (stop, own) = Patience(patience, cancellation);
            using (own)
            {
                try
                {
                    await using var connection = await _source.OpenConnectionAsync(stop).ConfigureAwait(false);
                    await using var command = Command(connection, statement, values, patience ?? Settings.Patience);
                    return await run(command, stop).ConfigureAwait(false);
                }
                catch (Exception thrown) when (DatabaseException.IsCollision(thrown) && retries < MostRetries)
                {
                    values = [.. values.Select(v => v.Clone())];
                    await PauseAsync(retries, cancellation).ConfigureAwait(false);
                }
                catch (Exception thrown) when (Judge(thrown, cancellation) is { } trouble)
                {
                    throw trouble;
                }
            }
        }
    }

    /// <summary>What went wrong, and whether the database counts as away from now on. Null: the caller gave up, or it is a mistake of ours.</summary>
    private DatabaseException? Judge(Exception thrown, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested && thrown is OperationCanceledException)
        {
            return null;
        }

        var trouble = thrown as DatabaseException ?? DatabaseException.Of(thrown);
        if (trouble is { Kind: DatabaseTrouble.Away })
        {
            MarkAway(trouble.Message);
        }

        return trouble;
    }

    private (CancellationToken Stop, CancellationTokenSource Own) Patience(TimeSpan? patience, CancellationToken cancellation)
    {
        var own = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _presence.Token);
        own.CancelAfter(patience ?? Settings.Patience);
        return (own.Token, own);
    }

    private Task PauseAsync(int retries, CancellationToken cancellation) =>
        Task.Delay(Jittered(TimeSpan.FromMilliseconds(5 << Math.Min(retries, 6))), _time, cancellation);

    [SuppressMessage("Security", "CA2100", Justification = "Statements are constants; what comes from outside comes as values.")]
    private static NpgsqlCommand Command(NpgsqlConnection connection, string statement, NpgsqlParameter[] values, TimeSpan patience)
    {
        var command = new NpgsqlCommand(statement, connection) { CommandTimeout = Math.Max(1, (int)Math.Ceiling(patience.TotalSeconds) + 1) };
        command.Parameters.AddRange(values);
        return command;
    }

    private static NpgsqlDataSource Source(DatabaseSettings settings, SyncPolicy sync)
    {
        NpgsqlConnectionStringBuilder text;
        try
        {
            text = new NpgsqlConnectionStringBuilder(settings.Connection);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException)
        {
            throw new StoreException($"actorsmtp.storage.connection cannot be understood: {wrong.Message.TrimEnd('.')}.", wrong);
        }

        // What is promised must not hang on what stands in somebody's postgresql.conf: 250 comes after a flush. It is given with the connection,
        // so that no reset takes it back. A transaction whose client was stopped ends and lets its locks go.
        text.Options = $"{text.Options} -c synchronous_commit={(sync == SyncPolicy.Always ? "on" : "off")} -c idle_in_transaction_session_timeout=10000".Trim();
        text.ApplicationName ??= $"actorsmtp {settings.Node}";
        text.MaxPoolSize = settings.Connections;
        text.MinPoolSize = 0;
        text.NoResetOnClose = true;
        text.Enlist = false;
        text.IncludeErrorDetail = false;
        text.LogParameters = false;
        text.MaxAutoPrepare = 40;
        text.AutoPrepareMinUsages = 3;
        text.Timeout = Math.Max(1, (int)Math.Ceiling(settings.Patience.TotalSeconds));
        text.CancellationTimeout = -1;                  // a database that does not answer need not be asked to stop
        text.KeepAlive = 0;
        text.TcpKeepAlive = true;
        text.HostRecheckSeconds = 1;
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        return text.Host?.Contains(',', StringComparison.Ordinal) == true
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }
}
