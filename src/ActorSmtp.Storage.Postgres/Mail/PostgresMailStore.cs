using System.Threading.Channels;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// The accept side in a shared database. What waits is gathered and stored by one statement for many messages; 250 comes after its COMMIT has
/// been answered, with <c>synchronous_commit = on</c> set by us. An answer that does not come is 451 for every message of the
/// statement; whether it was done all the same is looked at when the database is back, and what is found then is taken out again.
/// Where the database is away, everything is refused at once and nothing is kept in memory.
/// </summary>
internal sealed class PostgresMailStore : IMailStore
{
    private const int Writers = 3;
    private const int MostInBatch = 512;
    private const long MostOctetsInBatch = 4 << 20;
    private const int Uploaders = 2;

    /// <summary>How long nothing is offered to a database that said that it has no room.</summary>
    private static readonly TimeSpan s_fullFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_startPause = TimeSpan.FromMilliseconds(500);

    private readonly Database _database;
    private readonly StorageSettings _limits;
    private readonly TimeProvider _time;
    private readonly Channel<MailWriter> _pending = Channel.CreateUnbounded<MailWriter>(new UnboundedChannelOptions { SingleReader = false });
    private readonly SemaphoreSlim _uploaders = new(Uploaders);
    private readonly Doubts _doubts;
    private readonly Errands _errands;
    private readonly PostgresFeed _feed;
    private readonly NodeKeeper _keeper;
    private readonly Upkeep _upkeep;
    private Task _writers = Task.CompletedTask;
    private volatile bool _open;
    private long _lent;
    private long _stored;
    private long _failed;
    private long _batches;
    private long _octets;
    private long _fullUntil;

    /// <param name="agreement">What all nodes have to agree on.</param>
    public PostgresMailStore(Database database, StorageSettings limits, NodeAgreement agreement, TimeProvider time)
    {
        (_database, _limits, _time) = (database, limits, time);
        _errands = new Errands(database);
        _feed = new PostgresFeed(database, _errands, time);
        _doubts = new Doubts(database, time);
        _keeper = new NodeKeeper(database, agreement, time) { Figures = () => (_feed.Held, Interlocked.Read(ref _stored)), State = () => _feed.Ends ? NodeKeeper.Draining : NodeKeeper.Up };
        _upkeep = new Upkeep(database, _feed, _doubts, limits, time);
    }

    public IDeliveryFeed Deliveries => _feed;

    public Task<StoreFault> Faulted => _database.Chores.Fault;

    public string? Trouble => _database.Trouble is { } away ? $"the database is away: {away}" : _database.Chores.Trouble;

    /// <summary>Hears of the accounts' and other things' changes by whichever node.</summary>
    public NodeKeeper Keeper => _keeper;

    /// <summary>Mail may be stored at all.</summary>
    public bool Takes => _open && !_database.IsAway && !_database.Chores.Fault.IsCompleted;

    public bool IsShortOfMemory => Interlocked.Read(ref _lent) + _feed.Octets > _limits.MemoryBudget;

    public StorePressure Pressure
    {
        get
        {
            if (!Takes)
            {
                return StorePressure.Full(PressureReason.Fault);
            }

            if (_time.GetTimestamp() < Volatile.Read(ref _fullUntil))
            {
                return StorePressure.Full(PressureReason.DiskFull);
            }

            var messages = Math.Max(_feed.Waiting, _upkeep.BacklogMessages);
            var octets = Math.Max(_feed.WaitingOctets, _upkeep.BacklogOctets);
            return messages >= _limits.BacklogMessages || octets >= _limits.BacklogOctets
                ? StorePressure.Full(PressureReason.Backlog)
                : StorePressure.Of(_limits, messages, octets);
        }
    }

    public StoreStatistics Statistics => new(
        Interlocked.Read(ref _stored), _feed.Delivered, Interlocked.Read(ref _failed), Interlocked.Read(ref _batches), Interlocked.Read(ref _batches),
        Interlocked.Read(ref _octets), _feed.Waiting, _feed.WaitingOctets, Interlocked.Read(ref _lent) + _feed.Octets, 0, 0);

    public async Task<RecoveryReport> OpenAsync(CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await _database.ReadyAsync(cancellation).ConfigureAwait(false);
                await _keeper.JoinAsync(alone: false, cancellation).ConfigureAwait(false);
                await _feed.OpenAsync(cancellation).ConfigureAwait(false);
                await _database.Chores.BrieflyAsync(_upkeep.CountAsync(cancellation), cancellation).ConfigureAwait(false);
                break;
            }
            catch (DatabaseException soon) when (soon.Kind is DatabaseTrouble.Away or DatabaseTrouble.Busy && _time.GetElapsedTime(began) < _database.Settings.Patience * 2)
            {
                await Task.Delay(Database.Jittered(s_startPause), _time, cancellation).ConfigureAwait(false);       // it may just be starting too
            }
            catch (DatabaseException cannot)
            {
                throw new StoreException($"The database cannot be used: {cannot.Message}. See actorsmtp.storage.connection.", cannot);
            }
        }

        _open = true;
        _keeper.Start();
        _errands.Start();
        _upkeep.Start();
        _writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => WriteAll()));
        return new RecoveryReport(
            _time.GetUtcNow(), FirstStart: false, CleanShutdown: true, _upkeep.BacklogMessages, _upkeep.BacklogOctets, 0, 0, 0, 0, _time.GetElapsedTime(began), []);
    }

    public IMailWriter Begin(MailId id, IMailWriterObserver observer) => new MailWriter(this, id, observer);

    /// <summary>Buffers were lent, or (negative) have come back.</summary>
    public void Lend(int octets) => Interlocked.Add(ref _lent, octets);

    /// <summary>The message is complete, in the writer's memory or in chunks.</summary>
    public void Store(MailWriter writer)
    {
        if (!Takes || !_pending.Writer.TryWrite(writer))
        {
            if (writer.IsChunked)
            {
                Forget(writer.Key);
            }

            Fail(writer, StoreFailure.Unavailable);
        }
    }

    public void Fail(MailWriter writer, StoreFailure failure)
    {
        Interlocked.Increment(ref _failed);
        writer.End(failure);
    }

    /// <summary>Writes one chunk.</summary>
    /// <returns>Why it is not there, null: it is; and whether the driver may still read its content.</returns>
    public async Task<(StoreFailure? Failure, bool IsLeftBehind)> UploadAsync(byte[] key, long at, ReadOnlyMemory<byte> content)
    {
        await _uploaders.WaitAsync().ConfigureAwait(false);
        try
        {
            return await Bodies.UploadAsync(_database, key, at, content, CancellationToken.None).ConfigureAwait(false)
                ? (null, false)
                : (StoreFailure.Unavailable, false);                // what came before has been swept
        }
        catch (DatabaseException failed)
        {
            return (FailureOf(failed), failed.IsLeftBehind);
        }
        finally
        {
            _uploaders.Release();
        }
    }

    /// <summary>Chunks that nobody needs: removed soon, or when their time has ended.</summary>
    public void Forget(byte[] key) => _errands.ForgetUpload(key);

    public async ValueTask DisposeAsync()
    {
        if (!_open)
        {
            return;
        }

        _open = false;
        _pending.Writer.TryComplete();
        await _writers.ConfigureAwait(false);
        while (_pending.Reader.TryRead(out var late))
        {
            Fail(late, StoreFailure.Unavailable);
        }

        await _upkeep.DisposeAsync().ConfigureAwait(false);
        await _errands.FinishAsync(_feed.GiveBackAll()).ConfigureAwait(false);
        await _keeper.LeaveAsync().ConfigureAwait(false);
    }

    private async Task WriteAll()
    {
        await Task.Yield();
        var chore = _database.Chores.Of("storing");
        var batch = new List<MailWriter>(MostInBatch);
        while (await _pending.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            var octets = 0L;
            while (batch.Count < MostInBatch && octets < MostOctetsInBatch && _pending.Reader.TryRead(out var writer))
            {
                batch.Add(writer);
                octets += writer.Content.Length + writer.EnvelopeOctets.Length;
            }

            // What lies in chunks goes by another statement, which makes sure that they are still there.
            var whole = batch.Where(w => !w.IsChunked).ToArray();
            var chunked = batch.Where(w => w.IsChunked).ToArray();
            try
            {
                await StoreAsync(whole, Statements.Store).ConfigureAwait(false);
                await StoreAsync(chunked, Statements.StoreChunked).ConfigureAwait(false);
                chore.Succeeded();
            }
            catch (Exception mistake)
            {
                foreach (var writer in batch.Where(w => !w.HasEnded))
                {
                    Fail(writer, StoreFailure.Unavailable);         // nobody waits for an answer that would not come
                }

                await chore.FailedAsync(mistake, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task StoreAsync(MailWriter[] batch, string statement)
    {
        if (batch.Length == 0)
        {
            return;
        }

        var ours = _open ? Math.Min(batch.Length, _feed.Room) : 0;
        var token = PostgresFeed.NewToken();
        var since = _time.GetTimestamp();
        HashSet<MailId>? stored;
        try
        {
            stored = await _database.IdsAsync(
                statement,
                [
                    Database.Value(Array.ConvertAll(batch, w => w.Key)),
                    Database.Value(Array.ConvertAll(batch, w => w.EnvelopeOctets)),
                    Database.Value(Array.ConvertAll(batch, w => w.Content)),
                    Database.Value(Array.ConvertAll(batch, w => w.Length)),
                    Database.Value(Enumerable.Range(0, batch.Length).Select(i => i < ours).ToArray()),
                    Database.Value(_database.Settings.Lease),
                    Database.Value(token),
                    Database.Value(_database.Settings.Node),
                ],
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            var failed = thrown as DatabaseException;
            if (failed is { Kind: DatabaseTrouble.Refused } && batch.Length > 1)
            {
                foreach (var writer in batch)
                {
                    await StoreAsync([writer], statement).ConfigureAwait(false);        // one of them is at fault, not its neighbours
                }

                return;
            }

            if (failed?.SqlState == Npgsql.PostgresErrorCodes.UniqueViolation && batch[0].Envelope.Protocol == TransferProtocol.Local)
            {
                batch[0].End(null);                 // a notice of ours that is here already: its id follows from its message, however often it is made
                return;
            }

            if (failed is not { Kind: DatabaseTrouble.Refused })
            {
                _doubts.Add(Array.FindAll(batch, w => w.Envelope.Protocol != TransferProtocol.Local), token);      // a notice keeps its id when it is made again
            }

            var failure = failed is null ? StoreFailure.Unavailable : FailureOf(failed);
            foreach (var writer in batch)
            {
                if (failed is { IsLeftBehind: true })
                {
                    writer.LeaveBehind();
                }

                Fail(writer, failure);
            }

            return;
        }

        Interlocked.Increment(ref _batches);
        for (var i = 0; i < batch.Length; i++)
        {
            var writer = batch[i];
            if (!stored.Contains(writer.Id))
            {
                Fail(writer, StoreFailure.Unavailable);             // its chunks' time had ended
                continue;
            }

            Interlocked.Increment(ref _stored);
            Interlocked.Add(ref _octets, writer.Length);
            if (i < ours)
            {
                _feed.Add(Claimed(writer, token, since));
            }

            writer.End(null);
        }
    }

    /// <summary>What leaves this host is read once more, so its content stays in memory while there is room.</summary>
    private ClaimedMail Claimed(MailWriter writer, long token, long since)
    {
        var mail = new ClaimedMail(_database, writer.Id, writer.Key, writer.Envelope, writer.Length, _feed.NextSequence(), token) { GoodUntil = _feed.GoodUntil(since) };
        if (!writer.IsChunked && writer.Length > 0 && !IsShortOfMemory && writer.Envelope.Recipients.Any(r => r.Account is null))
        {
            mail.Hold(writer.Content.ToArray());
        }

        return mail;
    }

    private StoreFailure FailureOf(DatabaseException failed)
    {
        if (failed.Kind != DatabaseTrouble.Full)
        {
            return StoreFailure.Unavailable;
        }

        Volatile.Write(ref _fullUntil, _time.GetTimestamp() + (long)(s_fullFor.TotalSeconds * _time.TimestampFrequency));
        return StoreFailure.Full;
    }
}
