using System.Collections;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// A mailbox as one session has it open: its messages, numbered from 1 and never renumbered (RFC 1939 §4), and which are marked to be removed. The
/// session's alone.
/// </summary>
internal sealed class Maildrop(string account, MailboxSnapshot messages)
{
    private readonly BitArray _deleted = new(messages.Count);

    public string Account { get; } = account;

    /// <summary>The highest message number.</summary>
    public int Last => messages.Count;

    /// <summary>Messages that are not marked.</summary>
    public int Count { get; private set; } = messages.Count;

    /// <summary>Their octets.</summary>
    public long Octets { get; private set; } = messages.Octets;

    /// <summary>Messages that are marked.</summary>
    public int Marked => Last - Count;

    public bool Has(int message) => message > 0 && message <= Last;

    public bool IsDeleted(int message) => _deleted[message - 1];

    public long OctetsOf(int message) => messages.OctetsOf(message - 1);

    public MailboxName NameOf(int message) => messages.NameOf(message - 1);

    /// <summary>Marks one that is not.</summary>
    public void Delete(int message)
    {
        _deleted[message - 1] = true;
        Count--;
        Octets -= OctetsOf(message);
    }

    /// <summary>Takes all marks back.</summary>
    public void Reset()
    {
        _deleted.SetAll(false);
        Count = messages.Count;
        Octets = messages.Octets;
    }

    /// <summary>The next message from this one on that is listed; 0: there is none.</summary>
    public int NextListed(int from) => Next(from, deleted: false);

    /// <summary>Names of messages that are marked, from a number on, so many at most. The number becomes that of the next.</summary>
    public List<MailboxName> MarkedFrom(ref int from, int most)
    {
        var names = new List<MailboxName>(Math.Min(most, Marked));
        while (names.Count < most && Next(from, deleted: true) is var message and not 0)
        {
            names.Add(NameOf(message));
            from = message + 1;
        }

        return names;
    }

    private int Next(int from, bool deleted)
    {
        for (var message = from; message <= Last; message++)
        {
            if (_deleted[message - 1] == deleted)
            {
                return message;
            }
        }

        return 0;
    }
}
