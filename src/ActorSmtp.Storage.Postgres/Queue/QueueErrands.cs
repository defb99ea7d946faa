using System.Threading.Channels;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>
/// What was asked of the queue, on its way into the database: in the order asked, many of a kind in one statement. While the database is away all of it waits; whose claim
/// has ended by then is told that it is lost. What became of a message and the database refuses to record is kept, with the message's claim, and asked again: given up, it would be sent again.
/// </summary>
internal sealed partial class QueueErrands(Database database, HeldTable held, Action<IReadOnlyList<QueueJob>> tell, TimeProvider time)
{
    private const int MostInBatch = 500;
    private const long MostOctetsInBatch = 8 << 20;

    /// <summary>So much content is copied within the time of any statement.</summary>
    private const long MostCopiedAtOnce = 1 << 20;

    /// <summary>For a statement that copies more, where it lies.</summary>
    private static readonly TimeSpan s_copyPatience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly Channel<QueueJob> _pending = Channel.CreateUnbounded<QueueJob>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<HeldMail> _done = [];     // slots that are free when it has been told
    private readonly LineNames _lines = new(database, time);
    private Task _worker = Task.CompletedTask;
    private long _added;
    private long _saved;
    private long _removed;
    private long _statements;

    public (long Added, long Saved, long Removed, long Statements) Done =>
        (Interlocked.Read(ref _added), Interlocked.Read(ref _saved), Interlocked.Read(ref _removed), Interlocked.Read(ref _statements));

    /// <summary>Messages of which it is to be recorded what became of them, and is not yet, or at the end was not.</summary>
    public int Unrecorded => Volatile.Read(ref _left) + Math.Max(0, Volatile.Read(ref _unrecorded));

    public void Start() => _worker = WorkAsync();

    /// <summary>False: it is closed.</summary>
    public bool Add(QueueJob job)
    {
        if (!_pending.Writer.TryWrite(job))
        {
            return false;
        }

        Interlocked.Add(ref _unrecorded, IsRecord(job) ? 1 : 0);
        return true;
    }

    /// <summary>
    /// Does what is asked still; then all claims end. What became of messages is waited for also where the database is away now: until a lease has gone, and with it the claims. What could not be
    /// recorded by then stays claimed as long as that lasts.
    /// </summary>
    public async Task FinishAsync()
    {
        _pending.Writer.TryComplete();
        if (database.IsAway && Volatile.Read(ref _unrecorded) <= 0)
        {
            await _hurry.CancelAsync().ConfigureAwait(false);       // what is not given back is taken over when its lease ends
        }

        var (patience, lease) = (database.Settings.Patience * 2, database.Settings.Lease);
        _hurry.CancelAfter(patience > lease ? patience : lease);
        await _worker.ConfigureAwait(false);
        var unrecorded = new HashSet<HeldMail>();
        while (_pending.Reader.TryRead(out var late))
        {
            _refused.Add(late);
        }

        foreach (var late in _refused)
        {
            if (IsRecord(late) && held[late.Slot] is { } mail)
            {
                unrecorded.Add(mail);
            }

            (late.Failure, late.Problem) = (StoreFailure.Unavailable, "the queue is closed");
        }

        Volatile.Write(ref _left, unrecorded.Count);
        Tell(_refused);
        var all = held.All(mail => !unrecorded.Contains(mail));
        if (all.Count == 0 || database.IsAway)
        {
            return;
        }

        try
        {
            await database.ExecuteAsync(QueueStatements.LetGo, [Keys(all), Tokens(all)], CancellationToken.None).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            // Their leases end by themselves.
        }
    }

    public static Npgsql.NpgsqlParameter Keys(List<HeldMail> mails) => Database.Value(mails.ConvertAll(mail => mail.Key).ToArray());

    public static Npgsql.NpgsqlParameter Tokens(List<HeldMail> mails) => Database.Value(mails.ConvertAll(mail => mail.Token).ToArray());

    private async Task WorkAsync()
    {
        await Task.Yield();
        var batch = new List<QueueJob>(MostInBatch);
        var slots = new HashSet<int>();
        try
        {
            while (await MayGoOnAsync().ConfigureAwait(false))
            {
                batch.Clear();
                slots.Clear();
                if (_refused.Count > 0 && _again.IsCompleted)
                {
                    await AskAgainAsync(batch).ConfigureAwait(false);
                    continue;
                }

                var octets = 0L;
                while (batch.Count < MostInBatch && octets < MostOctetsInBatch && _pending.Reader.TryPeek(out var next)
                    && (batch.Count == 0 || (next.Kind == batch[0].Kind && IsTakenOver(next) == IsTakenOver(batch[0]))) && (next.Slot < 0 || slots.Add(next.Slot)))
                {
                    _pending.Reader.TryRead(out _);
                    batch.Add(next);
                    octets += next.State.Length + (next.Mail?.Length ?? 0);
                    if (next.Kind == QueueJobKind.Add && !IsTakenOver(next))
                    {
                        break;                      // its content comes by itself
                    }
                }

                if (batch.FindAll(IsThere) is { Count: > 0 } there)
                {
                    await DoAsync(there).ConfigureAwait(false);
                }

                TellDone(batch);
            }
        }
        catch (OperationCanceledException)
        {
            _refused.InsertRange(0, batch.Where(job => !_refused.Contains(job)));       // they are told at the end
        }
    }

    /// <summary>Else it was asked for twice, or comes too late.</summary>
    private bool IsThere(QueueJob job)
    {
        var isThere = job.Kind == QueueJobKind.Add || held[job.Slot] is not null;
        if (!isThere && job.Kind == QueueJobKind.Save)
        {
            (job.Failure, job.Problem) = (StoreFailure.Unavailable, "there is no such message");
        }

        return isThere;
    }

    /// <summary>Its content lies in the database already, as it is handed on.</summary>
    private bool IsTakenOver(QueueJob job) => job.Mail is ClaimedMail claimed && claimed.Database == database && claimed.Envelope.Edits is null;

    private async Task DoAsync(List<QueueJob> batch)
    {
        var chore = database.Chores.Of("recording what becomes of mail that leaves");
        while (true)
        {
            await database.WhenBack(_hurry.Token).ConfigureAwait(false);
            try
            {
                Interlocked.Increment(ref _statements);
                await (batch[0].Kind switch
                {
                    QueueJobKind.Add when IsTakenOver(batch[0]) => TakeOverAsync(batch),
                    QueueJobKind.Add => AddAsync(batch[0]),
                    QueueJobKind.Save => SaveAsync(batch),
                    QueueJobKind.Remove => RemoveAsync(batch),
                    _ => GiveBackAsync(batch),
                }).ConfigureAwait(false);
                chore.Succeeded();
                return;
            }
            catch (DatabaseException failed) when (failed.Kind == DatabaseTrouble.Refused && batch.Count > 1)
            {
                foreach (var job in batch)
                {
                    await DoAsync([job]).ConfigureAwait(false);     // one of them is at fault, not its neighbours
                }

                return;
            }
            catch (DatabaseException failed) when (failed.Kind == DatabaseTrouble.Refused && IsRecord(batch[0]))
            {
                _refused.Add(batch[0]);
                _again = Refusals.FailedAsync(failed, _hurry.Token);
                return;
            }
            catch (DatabaseException failed) when (failed.Kind == DatabaseTrouble.Refused && batch[0].Kind == QueueJobKind.GiveBack)
            {
                _done.AddRange(Mails(batch));       // its claim ends by itself
                return;
            }
            catch (DatabaseException failed) when (failed.Kind is DatabaseTrouble.Refused or DatabaseTrouble.Full && batch[0].Kind == QueueJobKind.Add)
            {
                foreach (var job in batch)
                {
                    (job.Failure, job.Problem) = (failed.Kind == DatabaseTrouble.Full ? StoreFailure.Full : StoreFailure.Unavailable, failed.Message);
                }

                return;
            }
            catch (StoreException soon) when (soon.InnerException is DatabaseException { Kind: not DatabaseTrouble.Refused })
            {
                await Task.Delay(Database.Jittered(s_pause), time, _hurry.Token).ConfigureAwait(false);     // content that cannot be read for now
            }
            catch (StoreException unreadable) when (batch[0].Kind == QueueJobKind.Add)
            {
                (batch[0].Failure, batch[0].Problem) = (StoreFailure.Unavailable, unreadable.Message);
                return;
            }
            catch (DatabaseException)
            {
                await Task.Delay(Database.Jittered(s_pause), time, _hurry.Token).ConfigureAwait(false);
            }
            catch (Exception wrong) when (wrong is not OperationCanceledException)
            {
                await chore.FailedAsync(wrong, _hurry.Token).ConfigureAwait(false);
            }
        }
    }

    /// <summary>It is another node's: nobody here acts upon it any more.</summary>
    private void Lose(QueueJob job)
    {
        if (job.Slot >= 0 && held[job.Slot] is { } mail)
        {
            (mail.IsLost, job.IsLost) = (true, true);
        }
    }

    private async Task SaveAsync(List<QueueJob> jobs)
    {
        var mails = Mails(jobs);
        var saved = await InLinesAsync(
            jobs,
            QueueStatements.Save,
            [
                Keys(mails), Tokens(mails), Database.Value(jobs.ConvertAll(job => job.State).ToArray()), Database.Value(jobs.ConvertAll(job => job.Stand.Line).ToArray()),
                Words(jobs, job => job.Stand.Destinations), Words(jobs, job => job.Stand.Held),
            ],
            null).ConfigureAwait(false);
        for (var i = 0; i < jobs.Count; i++)
        {
            if (saved.Contains(mails[i].Id))
            {
                held.Saved(mails[i], jobs[i].State.ToArray());
                Interlocked.Increment(ref _saved);
            }
            else
            {
                Lose(jobs[i]);
            }
        }
    }

    private async Task RemoveAsync(List<QueueJob> jobs)
    {
        var mails = Mails(jobs);
        var gone = await IdsAsync(QueueStatements.Remove, [Keys(mails), Tokens(mails)], null).ConfigureAwait(false);
        var rest = mails.FindAll(mail => !gone.Contains(mail.Id));
        var others = new HashSet<MailId>();
        if (rest.Count > 0)
        {
            gone.UnionWith(await IdsAsync(QueueStatements.Bury, [Keys(rest), Tokens(rest)], null).ConfigureAwait(false));
            others = await IdsAsync(QueueStatements.Tokens, [Keys(rest.FindAll(mail => !gone.Contains(mail.Id)))], null).ConfigureAwait(false);
        }

        for (var i = 0; i < jobs.Count; i++)
        {
            if (others.Contains(mails[i].Id))
            {
                Lose(jobs[i]);
                continue;
            }

            _done.Add(mails[i]);                    // also one that an earlier try took out, whose answer was lost
            Interlocked.Increment(ref _removed);
        }
    }

    private async Task GiveBackAsync(List<QueueJob> jobs)
    {
        var ours = jobs.FindAll(job => held[job.Slot] is { IsLost: false });
        if (ours.Count > 0)
        {
            var mails = Mails(ours);
            await database.ExecuteAsync(
                QueueStatements.GiveBack,
                [
                    Keys(mails), Tokens(mails),
                    Database.Value(ours.ConvertAll(job => job.Wait > TimeSpan.Zero ? job.Wait : TimeSpan.Zero).ToArray()),
                    Database.Value(ours.ConvertAll(job => job.Wait == Timeout.InfiniteTimeSpan).ToArray()),
                ],
                _hurry.Token).ConfigureAwait(false);
        }

        foreach (var job in jobs)
        {
            if (held[job.Slot] is { } mail)
            {
                _done.Add(mail);
            }
        }
    }

    /// <summary>Does what puts messages into lines; answers those for which it was done.</summary>
    private async Task<HashSet<MailId>> InLinesAsync(List<QueueJob> jobs, string statement, Npgsql.NpgsqlParameter[] values, TimeSpan? patience)
    {
        await _lines.MakeSureAsync(jobs.Select(job => job.Stand.Line), _hurry.Token).ConfigureAwait(false);
        var (done, unsure) = await database.MarkedIdsAsync(statement, values, _hurry.Token, patience).ConfigureAwait(false);
        return unsure.Count == 0 ? done : throw Unsure(jobs);
    }

    /// <summary>Nothing was done, as a line may be swept: it is asked again, when the lines have been made sure of again.</summary>
    private DatabaseException Unsure(List<QueueJob> jobs)
    {
        _lines.Forget(jobs.Select(job => job.Stand.Line));
        return new DatabaseException(DatabaseTrouble.Busy, "a line of the queue was not made sure of lately");
    }

    private List<HeldMail> Mails(List<QueueJob> jobs) => jobs.ConvertAll(job => held[job.Slot]!);

    private Task<HashSet<MailId>> IdsAsync(string statement, Npgsql.NpgsqlParameter[] values, TimeSpan? patience) =>
        database.IdsAsync(statement, values, _hurry.Token, patience);

    private static Npgsql.NpgsqlParameter Words(List<QueueJob> jobs, Func<QueueJob, IReadOnlyList<string>> which) =>
        Database.Value(jobs.ConvertAll(job => string.Join(' ', which(job))).ToArray());

    private static Npgsql.NpgsqlParameter Optional(byte[]? octets) => new() { Value = (object?)octets ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea };
}
