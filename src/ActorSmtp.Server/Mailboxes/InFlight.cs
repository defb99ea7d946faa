using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>
/// Counts the deliveries that the mailbox store has and has not settled, message by message, so that a message of which some could not be
/// delivered goes back to the feed once, and only when nothing of it is on its way any more. Mailboxes that are set aside, because they are
/// in trouble or hang, are left out of <see cref="Count"/>: what waits for them takes no room from the others. Used in the mailbox writer's turns alone.
/// </summary>
internal sealed class InFlight
{
    /// <summary>Stands for the queue, where an account's name stands else.</summary>
    public const string Elsewhere = "";

    private readonly Dictionary<StoredMail, Tally> _mails = [];
    private readonly Dictionary<string, Share> _accounts = new(StringComparer.Ordinal);

    /// <summary>Deliveries not settled, but for those of mailboxes that are set aside.</summary>
    public int Count { get; private set; }

    /// <summary>Deliveries that have been settled, ever: where it stands still, nothing moves.</summary>
    public long SettledEver { get; private set; }

    /// <summary>The end has been asked for: nothing new is to be taken.</summary>
    public bool IsClosing { get; set; }

    /// <summary>One more delivery of this message is given away.</summary>
    public void Add(StoredMail mail, string account)
    {
        ref var tally = ref CollectionsMarshal.GetValueRefOrAddDefault(_mails, mail, out _);
        tally = tally with { Open = tally.Open + 1 };
        ref var share = ref CollectionsMarshal.GetValueRefOrAddDefault(_accounts, account, out _);
        share = share with { Open = share.Open + 1 };
        Count += share.IsAside ? 0 : 1;
    }

    /// <summary>One delivery of it is settled, or failed. True: it was the last one, and the message has to go back to the feed.</summary>
    /// <remarks>Of a message that has gone back already (<see cref="Forget"/>) nothing is counted.</remarks>
    public bool Settle(StoredMail mail, string account, bool failed)
    {
        SettledEver++;
        if (!_mails.TryGetValue(mail, out var tally))
        {
            return false;
        }

        TakeFrom(account);
        tally = new Tally(tally.Open - 1, tally.Failed || failed);
        if (tally.Open > 0)
        {
            _mails[mail] = tally;
            return false;
        }

        _mails.Remove(mail);
        return tally.Failed;
    }

    /// <summary>The message goes back to the feed as a whole.</summary>
    public void Forget(StoredMail mail)
    {
        if (!_mails.Remove(mail, out var tally))
        {
            return;
        }

        // It was given away recipient by recipient: the first so many of those who wait for it.
        var recipients = mail.Envelope.Recipients;
        for (int i = 0, left = tally.Open; i < recipients.Length && left > 0; i++)
        {
            if (!mail.IsComplete(i) && recipients[i].Account is { } account)
            {
                TakeFrom(account);
                tally = tally with { Open = --left };
            }
        }

        if (tally.Open > 0)
        {
            TakeFrom(Elsewhere);                    // given to the queue, once for all recipients there
        }
    }

    /// <summary>Whether this mailbox's deliveries are left out of the count.</summary>
    public bool IsAside(string account) => _accounts.TryGetValue(account, out var share) && share.IsAside;

    /// <summary>Leaves this mailbox's deliveries, and those to come, out of the count; until it is taken back, or has none left.</summary>
    public void SetAside(string account)
    {
        ref var share = ref CollectionsMarshal.GetValueRefOrNullRef(_accounts, account);
        if (!Unsafe.IsNullRef(ref share) && !share.IsAside)
        {
            share = share with { IsAside = true };
            Count -= share.Open;
        }
    }

    /// <summary>The same for every mailbox that has deliveries on their way.</summary>
    /// <returns>How many were set aside.</returns>
    public (int Deliveries, int Mailboxes) SetAllAside() => SetAside(static (_, _) => true, least: 0);

    /// <summary>
    /// The same for those that hold at least so many, and of which nothing was settled since this was called before; so one hung mailbox does
    /// not leave the others a handful of places for ever.
    /// </summary>
    /// <returns>How many were set aside.</returns>
    public (int Deliveries, int Mailboxes) SetStillAside(int least) => SetAside(static (share, least) => share.IsStill && share.Open >= least, least);

    /// <summary>Its deliveries count again.</summary>
    public void TakeBack(string account)
    {
        ref var share = ref CollectionsMarshal.GetValueRefOrNullRef(_accounts, account);
        if (!Unsafe.IsNullRef(ref share) && share.IsAside)
        {
            share = share with { IsAside = false };
            Count += share.Open;
        }
    }

    private (int Deliveries, int Mailboxes) SetAside(Func<Share, int, bool> which, int least)
    {
        var (before, mailboxes) = (Count, 0);
        foreach (var account in _accounts.Keys)
        {
            ref var share = ref CollectionsMarshal.GetValueRefOrNullRef(_accounts, account);
            if (!share.IsAside && which(share, least))
            {
                share = share with { IsAside = true };
                Count -= share.Open;
                mailboxes++;
            }

            share = share with { IsStill = true };
        }

        return (before - Count, mailboxes);
    }

    private void TakeFrom(string account)
    {
        ref var share = ref CollectionsMarshal.GetValueRefOrNullRef(_accounts, account);
        if (Unsafe.IsNullRef(ref share))
        {
            return;
        }

        share = share with { Open = share.Open - 1, IsStill = false };
        Count -= share.IsAside ? 0 : 1;
        if (share.Open == 0)
        {
            _accounts.Remove(account);
        }
    }

    private readonly record struct Tally(int Open, bool Failed);

    /// <param name="IsStill">Nothing was settled since somebody looked.</param>
    private readonly record struct Share(int Open, bool IsAside, bool IsStill);
}
