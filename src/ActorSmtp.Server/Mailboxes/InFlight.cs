using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>
/// Counts the deliveries that the mailbox store has and has not settled, message by message, so that a message of which some could not be
/// delivered goes back to the feed once, and only when nothing of it is on its way any more. Used in the mailbox writer's turns alone.
/// </summary>
internal sealed class InFlight
{
    private readonly Dictionary<StoredMail, Tally> _mails = [];

    /// <summary>Deliveries not settled.</summary>
    public int Count { get; private set; }

    /// <summary>One more delivery of this message is given away.</summary>
    public void Add(StoredMail mail)
    {
        _mails.TryGetValue(mail, out var tally);
        _mails[mail] = tally with { Open = tally.Open + 1 };
        Count++;
    }

    /// <summary>One delivery of it is settled, or failed. True: it was the last one, and the message has to go back to the feed.</summary>
    /// <remarks>Of a message that has gone back already (<see cref="Forget"/>) nothing is counted.</remarks>
    public bool Settle(StoredMail mail, bool failed)
    {
        if (!_mails.TryGetValue(mail, out var tally))
        {
            return false;
        }

        Count--;
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
        if (_mails.Remove(mail, out var tally))
        {
            Count -= tally.Open;
        }
    }

    private readonly record struct Tally(int Open, bool Failed);
}
