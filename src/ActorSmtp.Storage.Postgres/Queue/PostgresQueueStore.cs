using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Postgres.Mail;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>
/// The queue in a database that nodes share. Of it this node has in memory what it has claimed, a bounded number; what happens to a message is recorded by a statement that the
/// claim's token guards. At the opening nothing is there: what is due is claimed by and by, and so is what a dead node had when its leases end.
/// </summary>
internal sealed class PostgresQueueStore : IQueueStore, ISharedQueue
{
    private const int MostFound = 1000;

    private readonly Database _database;
    private readonly long _mostMessages;
    private readonly TimeProvider _time;
    private readonly HeldTable _held;
    private readonly QueueErrands _errands;
    private readonly QueueUpkeep _upkeep;
    private readonly TaskCompletionSource<StoreFault> _faulted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IQueueObserver? _observer;
    private volatile bool _isOpen;

    /// <param name="mostMessages">With so many messages, of all nodes together, <see cref="Pressure"/> is full.</param>
    /// <param name="expire">How long messages wait at most: those that are older get a turn where their line rests, too.</param>
    public PostgresQueueStore(Database database, long mostMessages, TimeSpan expire, TimeProvider time)
    {
        (_database, _mostMessages, _time) = (database, mostMessages, time);
        _held = new HeldTable(database, time);
        _errands = new QueueErrands(database, _held, Tell, time);
        _upkeep = new QueueUpkeep(database, _held, mostMessages, expire, time) { Claimed = TellClaimed, Lost = slots => _observer!.OnLost(slots), Wanted = slots => _observer!.OnWanted(slots) };
    }

    public ISharedQueue Shared => this;

    public string Node => _database.Settings.Node;

    public TimeProvider Clock => _database.Clock;

    public SharedQueueTotals Totals => _upkeep.Totals;

    public StorePressure Pressure =>
        !_isOpen || _database.IsAway ? StorePressure.Full(PressureReason.Fault)
        : Totals.Messages >= _mostMessages ? StorePressure.Full(PressureReason.Backlog)
        : StorePressure.Normal;

    public QueueStatistics Statistics
    {
        get
        {
            var (added, saved, removed, statements) = _errands.Done;
            return new QueueStatistics(_held.Count, _held.Content, 0, added, saved, removed, statements, 0, 0, 0, 0);
        }
    }

    public Task<StoreFault> Faulted => _faulted.Task;

    public int Unrecorded => _errands.Unrecorded;

    public async Task<QueueRecoveryReport> OpenAsync(QueueFound found, IQueueObserver observer, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        _observer = observer;
        try
        {
            await _database.ReadyAsync(cancellation).ConfigureAwait(false);
            await _database.KnowTimeAsync(cancellation).ConfigureAwait(false);
            await _database.Chores.BrieflyAsync(_upkeep.CountAsync(cancellation), cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException away)
        {
            throw new StoreException($"The queue of outbound mail cannot be opened: {away.Message}.", away);
        }

        _isOpen = true;
        _errands.Start();
        return new QueueRecoveryReport(false, true, Totals.Messages, Totals.Octets, 0, 0, 0, _time.GetElapsedTime(began), []);
    }

    public void Submit(ReadOnlySpan<QueueJob> jobs)
    {
        foreach (var job in jobs)
        {
            if (job.Kind == QueueJobKind.Load)
            {
                Load(job);
            }
            else if (!_isOpen || !_errands.Add(job))
            {
                (job.Failure, job.Problem) = (StoreFailure.Unavailable, "the queue is closed");
                Tell([job]);
            }
        }
    }

    public bool WasRemoved(MailId id) => false;      // what is still accepted keeps the row of what was removed

    public void ForgetRemoved() { }

    public int Find(MailId id) => _held.TryFind(id, out var held) ? held.Slot : -1;

    public (MailId Id, long Length)? At(int slot) => _held[slot] is { } held ? (held.Id, held.Length) : null;

    public bool Holds(int slot) => _held.IsSure(slot);

    public void Begin() => _upkeep.Start();

    public void Hasten() => _held.IsClosing = true;

    public Task CountAsync(CancellationToken cancellation) => Said(async () =>
    {
        await _upkeep.CountAsync(cancellation).ConfigureAwait(false);
        return true;
    });

    public Task<IReadOnlyList<SharedQueueMail>> ReadAsync(MailId? from, int most, CancellationToken cancellation) => RowsAsync(
        QueueStatements.Page, [Database.Value(from is { } id ? MailWriter.KeyOf(id) : []), Database.Value(most)], cancellation);

    public Task<IReadOnlyList<SharedQueueMail>> FindAsync(IReadOnlyCollection<MailId> ids, CancellationToken cancellation) => RowsAsync(
        QueueStatements.Find, [Database.Value(ids.Select(MailWriter.KeyOf).ToArray())], cancellation);

    public Task<IReadOnlyList<QueueLine>> DestinationsAsync(string? containing, int most, CancellationToken cancellation) => Said(
        () => _database.ReadAsync(
            QueueStatements.Destinations,
            [new NpgsqlParameter { Value = (object?)containing?.ToLowerInvariant() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, Database.Value(most)],
            ReadLines,
            cancellation,
            TimeSpan.FromSeconds(30)));

    public Task<IReadOnlyList<MailId>> FetchAsync(IReadOnlyCollection<MailId> ids, CancellationToken cancellation) => Said<IReadOnlyList<MailId>>(async () =>
    {
        byte[][] there = [.. ids.Where(id => !_held.TryFind(id, out _)).Select(MailWriter.KeyOf)];
        if (there.Length == 0)
        {
            return [];
        }

        await _database.ExecuteAsync(QueueStatements.Want, [Database.Value(there)], cancellation).ConfigureAwait(false);
        await _upkeep.ClaimAsync(there, isFetched: true, cancellation).ConfigureAwait(false);
        byte[][] left = [.. there.Where(key => !_held.TryFind(MailId.Read(key), out _))];
        return left.Length == 0 ? [] : [.. (await FindAsync([.. left.Select(key => MailId.Read(key))], cancellation).ConfigureAwait(false)).Select(row => row.Mail.Id)];
    });

    public void Rest(string line, TimeSpan wait, int rests, string? why) => _upkeep.Rest(line, wait, rests, why);

    public async ValueTask DisposeAsync()
    {
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        await _upkeep.DisposeAsync().ConfigureAwait(false);
        await _errands.FinishAsync().ConfigureAwait(false);
    }

    private void Tell(IReadOnlyList<QueueJob> jobs) => _observer!.OnDone(jobs as QueueJob[] ?? [.. jobs]);

    private void TellClaimed(ClaimedQueueMail[] mails) => _observer!.OnClaimed(mails);

    private void Load(QueueJob job)
    {
        if (!_isOpen || _held[job.Slot] is not { } held)
        {
            (job.Failure, job.Problem) = (StoreFailure.Unavailable, _isOpen ? "there is no such message" : "the queue is closed");
            Tell([job]);
        }
        else if (held is { State: { } state, Envelope: { } envelope })
        {
            Open(job, held, state, envelope);
            Tell([job]);
        }
        else
        {
            _ = LoadAsync(job, held);
        }
    }

    private async Task LoadAsync(QueueJob job, HeldMail held)
    {
        try
        {
            var (state, envelope) = await _database.ReadAsync(
                QueueStatements.Load,
                [Database.Value(held.Key), Database.Value(held.Token)],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetFieldValue<byte[]>(0), rows.GetFieldValue<byte[]>(1)) : default,
                CancellationToken.None).ConfigureAwait(false);
            if (state is null)
            {
                held.IsLost = true;
                (job.IsLost, job.Failure, job.Problem) = (true, StoreFailure.Unavailable, "it is another node's by now");
            }
            else
            {
                Open(job, held, state, envelope);
            }
        }
        catch (Exception failed)
        {
            (job.Failure, job.Problem) = (StoreFailure.Unavailable, failed.Message);         // whatever it is, who asked waits for an answer
        }

        Tell([job]);
    }

    private void Open(QueueJob job, HeldMail held, byte[] state, byte[] envelope)
    {
        job.State = state;
        if (EnvelopeBytes.TryRead(envelope, out var read))
        {
            job.Opened = new SharedQueuedMail(_database, _held, held, read, state, null);
        }
        else
        {
            (job.Failure, job.Problem) = (StoreFailure.Unavailable, "its envelope is of another version of this program");
        }
    }

    private Task<IReadOnlyList<SharedQueueMail>> RowsAsync(string statement, NpgsqlParameter[] values, CancellationToken cancellation) => Said(
        () => _database.ReadAsync(statement, values, ReadRows, cancellation));

    private static async Task<IReadOnlyList<SharedQueueMail>> ReadRows(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = new List<SharedQueueMail>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            var id = MailId.Read(rows.GetFieldValue<byte[]>(0));
            var isRead = EnvelopeBytes.TryRead(rows.GetFieldValue<byte[]>(3), out var envelope);
            all.Add(new SharedQueueMail(
                new StoredQueueMail(id, rows.GetInt64(1), rows.GetFieldValue<byte[]>(2), envelope, isRead ? null : "its envelope is of another version of this program"),
                rows.IsDBNull(4) ? null : rows.GetString(4), rows.IsDBNull(5) ? null : rows.GetTimeSpan(5)));
        }

        return all;
    }

    private static async Task<IReadOnlyList<QueueLine>> ReadLines(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = new List<QueueLine>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(new QueueLine(
                rows.GetString(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), MailId.Read(rows.GetFieldValue<byte[]>(4)),
                rows.IsDBNull(5) ? null : rows.GetTimeSpan(5), rows.GetTimeSpan(6) is var rest && rest > TimeSpan.Zero ? rest : TimeSpan.Zero, rows.IsDBNull(7) ? null : rows.GetString(7)));
        }

        return all;
    }

    /// <summary>What fails is told in the words of a store.</summary>
    private static async Task<T> Said<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The shared queue cannot be asked: {failed.Message}.", failed);
        }
    }
}
