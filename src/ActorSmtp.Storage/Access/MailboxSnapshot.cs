namespace ActorSmtp.Storage.Access;

/// <summary>
/// The messages of a mailbox at one moment, numbered from 0, oldest first, with their sizes: what a POP3 session is about. It takes some 80
/// octets a message and never changes; what came or went since is not in it. Any number of threads may read it.
/// </summary>
public sealed class MailboxSnapshot
{
    private readonly KeyTable _names;

    private MailboxSnapshot(KeyTable names)
    {
        _names = names;
        for (var i = 0; i < names.Count; i++)
        {
            Octets += names.SizeOf(i);
        }
    }

    /// <summary>A mailbox without messages.</summary>
    public static MailboxSnapshot Empty { get; } = new(new KeyTable(withSizes: true));

    /// <summary>Messages.</summary>
    public int Count => _names.Count;

    /// <summary>Octets of all of them, as they are kept.</summary>
    public long Octets { get; }

    /// <summary>Octets of memory it takes, about.</summary>
    public long Memory => _names.Octets;

    /// <summary>Takes one. A mailbox that is not there has no messages.</summary>
    /// <param name="mayTake">Asked each time more memory is needed, with how much more; false: it is given up.</param>
    /// <returns>Null: it was given up. What was asked for is then the caller's to take back.</returns>
    /// <exception cref="StoreException">The mailbox cannot be read.</exception>
    public static async Task<MailboxSnapshot?> TakeAsync(IMailboxReader reader, string account, Func<long, bool> mayTake, CancellationToken cancellation)
    {
        var names = new KeyTable(withSizes: true);
        var asked = 0L;
        try
        {
            _ = await reader.MeasureAsync(
                account,
                (key, flags, isNew, octets) =>
                {
                    names.Append(key, flags, isNew, octets);
                    if (names.Octets > asked)
                    {
                        if (!mayTake(names.Octets - asked))
                        {
                            throw new NoRoomException();
                        }

                        asked = names.Octets;
                    }
                },
                cancellation).ConfigureAwait(false);
        }
        catch (NoRoomException)
        {
            return null;
        }

        names.Sort();
        return names.Count == 0 ? Empty : new MailboxSnapshot(names);
    }

    /// <summary>A message's name.</summary>
    public MailboxName NameOf(int index) => _names[index];

    /// <summary>A message's size, as it is kept.</summary>
    public long OctetsOf(int index) => _names.SizeOf(index);

    private sealed class NoRoomException : Exception;
}
