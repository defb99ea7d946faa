using System.Threading.Channels;
using ActorSmtp.Storage.Maildir;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>
/// Delivers what it is given, in order, many messages in one statement. Where the database is away or has no room, what was given waits (the
/// number of claims bounds it) and is tried again; a message whose claim has ended meanwhile is another node's. Where somebody has a lock on a mailbox, what is
/// for it is put aside, with what follows it there, and the other mailboxes go on.
/// </summary>
internal sealed class DeliveryLoop : IAsyncDisposable
{
    private const int MostInBatch = 512;

    private const string Lost = "its lease ended before it was delivered, and another node has it now";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly Database _database;
    private readonly Channel<Given> _given = Channel.CreateUnbounded<Given>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _waiting = new(StringComparer.Ordinal);
    private readonly HashSet<Given> _settled = [];              // of those that are under way
    private readonly List<Given> _aside = [];
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);
    private readonly Task _loop;

    public DeliveryLoop(Database database)
    {
        _database = database;
        _loop = WorkAsync();
    }

    public void Add(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer)
    {
        lock (_gate)
        {
            foreach (var delivery in batch)
            {
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_waiting, delivery.Account, out _)++;
            }
        }

        foreach (var delivery in batch)
        {
            _given.Writer.TryWrite(new Given(delivery, observer));
        }
    }

    public int WaitingFor(string account)
    {
        lock (_gate)
        {
            return _waiting.GetValueOrDefault(account);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _given.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    private async Task WorkAsync()
    {
        await Task.Yield();
        var batch = new List<Given>(MostInBatch);
        var chore = _database.Chores.Of("delivering");
        try
        {
            while (await MayGoOnAsync().ConfigureAwait(false))
            {
                batch.Clear();
                try
                {
                    await TakeBackAsync(batch).ConfigureAwait(false);
                    while (batch.Count < MostInBatch && _given.Reader.TryRead(out var next))
                    {
                        (_locked.Contains(next.Delivery.Account) ? _aside : batch).Add(next);
                    }

                    await DeliverAsync(batch).ConfigureAwait(false);
                    chore.Succeeded();
                }
                catch (Exception mistake) when (!(mistake is OperationCanceledException && _stop.IsCancellationRequested))
                {
                    Settle(batch.FindAll(g => !_settled.Contains(g) && !_aside.Contains(g)), _ => mistake.Message);        // whatever happens, who gave it hears of it
                    await chore.FailedAsync(mistake, _stop.Token).ConfigureAwait(false);
                }

                _settled.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // The end: what was not delivered is given back by the feed.
        }
    }

    /// <summary>Until something was given; or, with something aside, a while has gone.</summary>
    private async Task<bool> MayGoOnAsync()
    {
        var given = _given.Reader.WaitToReadAsync(_stop.Token).AsTask();
        if (_aside.Count == 0)
        {
            return await given.ConfigureAwait(false);
        }

        await Task.WhenAny(given, Task.Delay(Database.Jittered(s_pause), _stop.Token)).ConfigureAwait(false);
        return !_stop.IsCancellationRequested;
    }

    /// <summary>What is aside comes first, as soon as its mailbox is free.</summary>
    private async Task TakeBackAsync(List<Given> batch)
    {
        if (_aside.Count > 0)
        {
            var locked = await LockedAsync(_aside).ConfigureAwait(false) ?? [.. _locked];
            batch.AddRange(_aside.Where(g => !locked.Contains(g.Delivery.Account)));
            _aside.RemoveAll(g => !locked.Contains(g.Delivery.Account));
            _locked.IntersectWith(locked);
        }
    }

    /// <summary>Those of their mailboxes in which somebody else has something to do right now; null: it is not known.</summary>
    private async Task<HashSet<string>?> LockedAsync(List<Given> batch)
    {
        try
        {
            return await _database.QueryAsync(
                MailboxStatements.Locked,
                [Database.Value(batch.Select(g => g.Delivery.Account).Distinct().ToArray())],
                async (rows, stop) =>
                {
                    var all = new HashSet<string>(StringComparer.Ordinal);
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        all.Add(rows.GetString(0));
                    }

                    return all;
                },
                _stop.Token).ConfigureAwait(false);
        }
        catch (DatabaseException)
        {
            return null;
        }
    }

    /// <summary>Puts aside what is for mailboxes that are locked, and delivers the rest, of which it is looked at anew what it is the last of.</summary>
    private async Task DeliverOthersAsync(List<Given> batch)
    {
        _aside.AddRange(batch.Where(g => _locked.Contains(g.Delivery.Account)));
        await DeliverAsync(batch.FindAll(g => !_locked.Contains(g.Delivery.Account))).ConfigureAwait(false);
    }

    private async Task DeliverAsync(List<Given> batch)
    {
        // Ours, in the order given: those of which this is the last, those for which others wait still, those of which somebody is told first. Others' are copied.
        var last = new List<Given>();
        var some = new List<Given>();
        var only = new List<Given>();
        foreach (var group in batch.Where(g => IsClaimed(g.Delivery.Mail)).GroupBy(g => g.Delivery.Mail))
        {
            var recipients = group.Select(g => g.Delivery.Recipient).ToList();
            var mail = (ClaimedMail)group.Key;
            (mail.IsTold ? only : mail.WouldEnd(recipients) ? last : some).AddRange(group);
        }

        await TryAsync(only, MailboxStatements.DeliverOnly).ConfigureAwait(false);
        await TryAsync(some, MailboxStatements.DeliverSome).ConfigureAwait(false);
        await TryAsync(last, MailboxStatements.DeliverLast).ConfigureAwait(false);
        foreach (var copy in batch.Where(g => !IsClaimed(g.Delivery.Mail)))
        {
            await TryAsync([copy], null).ConfigureAwait(false);
        }
    }

    /// <summary>Whether mailboxes may refer to the body that is there; else they get one of their own, as what is handed on is not what was accepted.</summary>
    private bool IsClaimed(StoredMail mail) => mail is ClaimedMail claimed && claimed.Database == _database && mail.Envelope.Edits is null;

    /// <summary>Until it is done, or can never be.</summary>
    /// <param name="statement">Null: one message from elsewhere is copied.</param>
    private async Task TryAsync(List<Given> batch, string? statement)
    {
        while (batch.Count > 0)
        {
            if (batch.Exists(g => _locked.Contains(g.Delivery.Account)))
            {
                await DeliverOthersAsync(batch).ConfigureAwait(false);
                return;
            }

            await _database.WhenBack(_stop.Token).ConfigureAwait(false);
            try
            {
                await _database.ReadyAsync(_stop.Token).ConfigureAwait(false);
                if (statement is null)
                {
                    await CopyAsync(batch[0]).ConfigureAwait(false);
                }
                else
                {
                    await TogetherAsync(batch, statement).ConfigureAwait(false);
                }

                return;
            }
            catch (Exception later) when (MayPass(later) is { } why)
            {
                if (later is DatabaseException { Kind: DatabaseTrouble.Busy } && await LockedAsync(batch).ConfigureAwait(false) is { Count: > 0 } locked)
                {
                    _locked.UnionWith(locked);
                }

                var isOfSome = batch.Exists(g => _locked.Contains(g.Delivery.Account));
                foreach (var waiting in batch.DistinctBy(g => g.Delivery.Account).Where(g => !isOfSome || _locked.Contains(g.Delivery.Account)))
                {
                    waiting.Observer.OnDelayed(waiting.Delivery.Account, why, s_pause);
                }

                if (isOfSome)
                {
                    continue;                       // without them
                }

                await Task.Delay(Database.Jittered(s_pause), _stop.Token).ConfigureAwait(false);
            }
            catch (Exception cannot) when (cannot is not OperationCanceledException && batch.Count > 1)
            {
                foreach (var mail in batch.GroupBy(g => g.Delivery.Mail).ToList())
                {
                    // One message at a time: one of them is at fault, not its neighbours; and one recipient at a time of that one.
                    await (mail.Count() == batch.Count ? OneByOneAsync(batch) : TryAsync([.. mail], statement)).ConfigureAwait(false);
                }

                return;
            }
            catch (Exception cannot) when (cannot is not OperationCanceledException)
            {
                Settle(batch, _ => cannot.Message);
                return;
            }
        }
    }

    /// <summary>Why it cannot be done now; null: it could not be done later either. What is copied is read from the same database, by a reader that speaks of stores.</summary>
    private static string? MayPass(Exception failed) =>
        (failed as DatabaseException ?? failed.InnerException as DatabaseException) is { Kind: not DatabaseTrouble.Refused } trouble ? trouble.Message : null;

    private async Task OneByOneAsync(List<Given> batch)
    {
        foreach (var given in batch)
        {
            var mail = (ClaimedMail)given.Delivery.Mail;
            await TryAsync(
                [given],
                mail.IsTold ? MailboxStatements.DeliverOnly
                    : mail.WouldEnd([given.Delivery.Recipient]) ? MailboxStatements.DeliverLast : MailboxStatements.DeliverSome).ConfigureAwait(false);
        }
    }

    private async Task TogetherAsync(List<Given> batch, string statement)
    {
        var deliveries = batch.ConvertAll(g => g.Delivery).ToArray();
        var mails = Array.ConvertAll(deliveries, d => (ClaimedMail)d.Mail);
        var held = await _database.IdsAsync(
            statement,
            [
                Database.Value(Array.ConvertAll(mails, m => m.Key)),
                Database.Value(Array.ConvertAll(mails, m => m.Token)),
                Database.Value(Array.ConvertAll(deliveries, d => d.Recipient)),
                Database.Value(Array.ConvertAll(deliveries, d => d.Account)),
                Database.Value(Array.ConvertAll(mails, MaildirName.Of)),
                Database.Value(Array.ConvertAll(deliveries, d => d.Prefix)),
                Database.Value(Array.ConvertAll(deliveries, d => d.Prefix.Length + d.Mail.Length)),
                Database.Value(Array.ConvertAll(mails, m => m.IsShared)),
                Database.Value(Array.ConvertAll(mails, m => m.Envelope.ReceivedAt.UtcDateTime)),
            ],
            _stop.Token).ConfigureAwait(false);
        var there = await ThereAsync([.. deliveries.Where(d => !held.Contains(d.Mail.Id))]).ConfigureAwait(false);
        foreach (var delivery in deliveries)
        {
            var mail = (ClaimedMail)delivery.Mail;
            if (statement != MailboxStatements.DeliverOnly)
            {
                mail.Record(delivery.Recipient);
            }

            if (statement == MailboxStatements.DeliverLast || !held.Contains(mail.Id))
            {
                mail.MarkGone();
            }
        }

        Settle(batch, d => held.Contains(d.Mail.Id) || there.Contains((d.Account, MaildirName.Of(d.Mail))) ? null : Lost);
    }

    /// <summary>What was not ours (any more) may be where it belongs all the same: by a statement of ours that was not answered, or by another node.</summary>
    private async Task<HashSet<(string, string)>> ThereAsync(MailboxDelivery[] deliveries) => deliveries.Length == 0 ? [] : await _database.QueryAsync(
        MailboxStatements.AreThere,
        [Database.Value(Array.ConvertAll(deliveries, d => d.Account)), Database.Value(Array.ConvertAll(deliveries, d => MaildirName.Of(d.Mail)))],
        async (rows, stop) =>
        {
            var found = new HashSet<(string, string)>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                found.Add((rows.GetString(0), rows.GetString(1)));
            }

            return found;
        },
        _stop.Token).ConfigureAwait(false);

    private async Task CopyAsync(Given given)
    {
        var (mail, delivery) = (given.Delivery.Mail, given.Delivery);
        var isOurs = await CopyIn.StoreAsync(
            _database, delivery.Account, MaildirName.Of(mail), delivery.Prefix, mail.HandedOnLength, (offset, into) => mail.ReadHandedOnAsync(offset, into, _stop.Token), mail.Envelope.ReceivedAt,
            flags: "", isNew: true, (ClaimedMail.TokenOf(mail, _database), MailWriter.KeyOf(mail.Id)), _stop.Token).ConfigureAwait(false);
        if (!isOurs)
        {
            ((ClaimedMail)mail).MarkGone();
        }

        var isThere = isOurs || (await ThereAsync([delivery]).ConfigureAwait(false)).Count > 0;
        Settle([given], _ => isThere ? null : Lost);
    }

    private void Settle(List<Given> batch, Func<MailboxDelivery, string?> failure)
    {
        if (batch.Count == 0)
        {
            return;
        }

        _settled.UnionWith(batch);
        lock (_gate)
        {
            foreach (var (delivery, _) in batch)
            {
                if (--System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_waiting, delivery.Account, out _) <= 0)
                {
                    _waiting.Remove(delivery.Account);
                }
            }
        }

        foreach (var group in batch.GroupBy(g => g.Observer))
        {
            group.Key.OnSettled(group.Select(g => failure(g.Delivery) is { } why
                ? new DeliveryResult(g.Delivery, why)
                : new DeliveryResult(g.Delivery, null) { Key = MaildirName.Of(g.Delivery.Mail) }).ToArray());
        }
    }

    private readonly record struct Given(MailboxDelivery Delivery, IMailboxObserver Observer);
}
