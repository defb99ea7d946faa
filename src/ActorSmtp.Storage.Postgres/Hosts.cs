using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// The hosts that the connection text names, of which one takes writes. Each has connections of its own; those of the others are closed. Where the one in use
/// fails, all are asked at once, and the first that says it takes writes is used from then on: one that is dead without a word delays nobody but itself.
/// </summary>
internal sealed class Hosts : IAsyncDisposable
{
    /// <summary>Of each host: connections to find out with. They are not taken from those that work, so whatever the others wait for, this does not.</summary>
    public const int Probes = 2;

    private readonly Host[] _all;
    private readonly Lock _gate = new();
    private volatile Host _current;
    private Task<bool>? _search;

    /// <exception cref="StoreException">The connection text cannot be understood.</exception>
    public Hosts(DatabaseSettings settings, SyncPolicy sync)
    {
        try
        {
            var text = Text(settings, sync);
            var names = (text.Host ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (names.Length > 1)
            {
                // Each of several has a part of the time; the driver counts in seconds.
                text.Timeout = Math.Max(1, (int)(settings.Patience.TotalSeconds / 2));
            }

            _all = names.Length == 0 ? [Make(text, text.Host, settings)] : Array.ConvertAll(names, name => Make(text, name, settings));
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            throw new StoreException($"actorsmtp.storage.connection cannot be understood: {wrong.Message.TrimEnd('.')}.", wrong);
        }

        _current = _all[0];
        Patience = settings.Patience;
    }

    /// <summary>The one in use.</summary>
    public Host Current => _current;

    public bool AreSeveral => _all.Length > 1;

    private TimeSpan Patience { get; }

    /// <summary>Looks for one that takes writes; who comes while somebody looks waits with him.</summary>
    /// <returns>Whether another one than this is in use now.</returns>
    public async Task<bool> LeaveAsync(Host failed, CancellationToken cancellation)
    {
        if (!AreSeveral)
        {
            return false;
        }

        Task<bool> search;
        lock (_gate)
        {
            if (!ReferenceEquals(_current, failed))
            {
                return true;
            }

            search = _search is { IsCompleted: false } under ? under : _search = SearchAsync();
        }

        await search.WaitAsync(cancellation).ConfigureAwait(false);
        return !ReferenceEquals(_current, failed);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _all)
        {
            await host.Work.DisposeAsync().ConfigureAwait(false);
            await host.Probe.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> SearchAsync()
    {
        await Task.Yield();
        using var stop = new CancellationTokenSource(Patience);
        var asked = _all.Select(host => TakesWritesAsync(host, stop.Token)).ToList();
        while (asked.Count > 0)
        {
            var answered = await Task.WhenAny(asked).ConfigureAwait(false);
            asked.Remove(answered);
            if (await answered.ConfigureAwait(false) is { } found)
            {
                Use(found);
                await stop.CancelAsync().ConfigureAwait(false);
                return true;
            }
        }

        return false;
    }

    private void Use(Host found)
    {
        Host before;
        lock (_gate)
        {
            before = _current;
            _current = found;
        }

        if (!ReferenceEquals(before, found))
        {
            before.Work.Clear();                    // what is in use there is closed when it is given back
            before.Probe.Clear();
        }
    }

    /// <summary>A standby says that its transactions are read-only, as does a primary that was told to take no writes.</summary>
    private static async Task<Host?> TakesWritesAsync(Host host, CancellationToken stop)
    {
        try
        {
            return await Driver.RunAsync(
                async own =>
                {
                    await using var connection = await host.Probe.OpenConnectionAsync(own).ConfigureAwait(false);
                    await using var command = new NpgsqlCommand("SHOW transaction_read_only", connection);
                    return await command.ExecuteScalarAsync(own).ConfigureAwait(false) is "off" ? host : null;
                },
                stop).ConfigureAwait(false);
        }
        catch (Exception not) when (DatabaseException.Of(not) is not null)
        {
            host.Probe.Clear();                     // the next look begins with a new connection
            return null;
        }
    }

    private static Host Make(NpgsqlConnectionStringBuilder text, string? name, DatabaseSettings settings)
    {
        var own = new NpgsqlConnectionStringBuilder(text.ConnectionString) { Host = name, MaxPoolSize = Math.Max(2, settings.Connections - Probes) };
        if (name?.StartsWith('/') != true && name?.StartsWith('@') != true)
        {
            // A connection that lies idle ends when its host has gone without a word. (A Unix socket has no such options.)
            own.TcpKeepAlive = true;
            own.TcpKeepAliveTime = 10;
            own.TcpKeepAliveInterval = 5;
        }

        var work = new NpgsqlDataSourceBuilder(own.ConnectionString).Build();
        own.MaxPoolSize = Probes;
        return new Host(name ?? "", work, new NpgsqlDataSourceBuilder(own.ConnectionString).Build());
    }

    private static NpgsqlConnectionStringBuilder Text(DatabaseSettings settings, SyncPolicy sync)
    {
        var text = new NpgsqlConnectionStringBuilder(settings.Connection);

        // What is promised must not hang on what stands in somebody's postgresql.conf: 250 comes after a flush. It is given with the connection,
        // so that no reset takes it back. Who waits for a row says so before anybody thinks that the database is away. A statement that nobody waits for any more ends, also where the database
        // was not reached to stop it; a transaction whose client was stopped ends and lets its locks go.
        text.Options = FormattableString.Invariant(
            $"{text.Options} -c synchronous_commit={(sync == SyncPolicy.Always ? "on" : "off")} -c lock_timeout={(int)LockTimeout(settings).TotalMilliseconds} -c statement_timeout={StatementTimeout(settings.Patience)} -c idle_in_transaction_session_timeout=10000").Trim();
        text.ApplicationName ??= $"actorsmtp {settings.Node}";
        text.TargetSessionAttributes = null;            // found out here, for all hosts at once
        text.LoadBalanceHosts = false;
        text.MinPoolSize = 0;
        text.NoResetOnClose = true;
        text.Enlist = false;
        text.IncludeErrorDetail = false;
        text.LogParameters = false;
        if (!new DbConnectionStringBuilder { ConnectionString = settings.Connection }.ContainsKey("Max Auto Prepare"))
        {
            text.MaxAutoPrepare = 40;                   // unless told otherwise: some poolers cannot have it
            text.AutoPrepareMinUsages = 3;
        }

        text.Timeout = Math.Max(1, (int)Math.Ceiling(settings.Patience.TotalSeconds));
        text.CancellationTimeout = -1;                  // a database that does not answer need not be asked to stop
        text.KeepAlive = 0;
        return text;
    }

    /// <summary>How long a statement waits for a lock before it is undone: twice that fits into the time that an answer is waited for.</summary>
    public static TimeSpan LockTimeout(DatabaseSettings settings) => settings.Patience * 0.4;

    /// <summary>Sets for those statements of a connection that follow how long they may take: a little longer than their answer is waited for.</summary>
    public static string SetStatementTimeout(TimeSpan patience) => string.Create(CultureInfo.InvariantCulture, $"SET statement_timeout = {StatementTimeout(patience)}");

    private static int StatementTimeout(TimeSpan patience) => (int)(patience.TotalMilliseconds + 1000);
}

/// <summary>One host.</summary>
/// <param name="Work">Connections for all that is done.</param>
/// <param name="Probe">Connections to find out whether it is there.</param>
internal sealed record Host(string Name, NpgsqlDataSource Work, NpgsqlDataSource Probe);
