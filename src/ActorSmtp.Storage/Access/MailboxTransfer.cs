using System.Buffers;
using System.Security.Cryptography;

namespace ActorSmtp.Storage.Access;

/// <summary>
/// Copies all mailboxes from one store to another and compares them afterwards, octet for octet. May be cut off at any time and run again: what
/// is there already is not copied a second time. Nobody else should change either of them meanwhile.
/// </summary>
public sealed class MailboxTransfer(IMailboxReader from, IMailboxTarget to)
{
    private const int Together = 500;

    /// <summary>Copies what is not there yet.</summary>
    /// <param name="progress">Told now and again how far it is.</param>
    /// <exception cref="StoreException">One of the two cannot be read or written.</exception>
    public async Task<TransferCount> CopyAsync(Action<TransferCount> progress, CancellationToken cancellation)
    {
        var count = new TransferCount(0, 0, 0, 0);
        foreach (var account in await from.AccountsAsync(cancellation).ConfigureAwait(false))
        {
            var there = await NamesAsync(to, account, cancellation).ConfigureAwait(false);
            var wanted = await NamesAsync(from, account, cancellation).ConfigureAwait(false);
            count = count with { Mailboxes = count.Mailboxes + 1, Kept = count.Kept + wanted.Keys.Count(there.ContainsKey) };
            foreach (var part in wanted.Values.Where(name => !there.ContainsKey(name.Key)).Chunk(Together))
            {
                foreach (var message in await from.LookAsync(account, part, cancellation).ConfigureAwait(false))
                {
                    var name = wanted[message.Key];
                    if (await from.OpenAsync(account, name, cancellation).ConfigureAwait(false) is not { } content)
                    {
                        continue;                           // removed meanwhile
                    }

                    await using (content.ConfigureAwait(false))
                    {
                        await to.PutAsync(account, name, message.DeliveredAt, content, message.Octets, cancellation).ConfigureAwait(false);
                    }

                    count = count with { Copied = count.Copied + 1, Octets = count.Octets + message.Octets };
                    progress(count);
                }
            }

            var tags = await from.TagsAsync(account, cancellation).ConfigureAwait(false);
            if (!tags.IsEmpty)
            {
                await to.SaveTagsAsync(account, tags, cancellation).ConfigureAwait(false);
            }
        }

        return count;
    }

    /// <summary>Counts and sums one side.</summary>
    /// <returns>How many messages, and a SHA-256 over accounts, keys, flags and contents in order: equal when all of these are.</returns>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static async Task<(long Messages, string Sum)> SumAsync(IMailboxReader store, Action<long> progress, CancellationToken cancellation)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (messages, octets) = (0L, 0L);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            foreach (var account in await store.AccountsAsync(cancellation).ConfigureAwait(false))
            {
                foreach (var name in (await NamesAsync(store, account, cancellation).ConfigureAwait(false)).Values)
                {
                    if (await store.OpenAsync(account, name, cancellation).ConfigureAwait(false) is not { } content)
                    {
                        continue;
                    }

                    await using (content.ConfigureAwait(false))
                    {
                        sum.AppendData(System.Text.Encoding.UTF8.GetBytes($"{account}\0{name.Key}\0{(name.IsNew ? "new" : name.Flags)}\0{content.Length}\0"));
                        for (int read; (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0; octets += read)
                        {
                            sum.AppendData(buffer, 0, read);
                        }
                    }

                    messages++;
                    progress(octets);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (messages, Convert.ToHexStringLower(sum.GetHashAndReset()));
    }

    private static async Task<SortedDictionary<string, MailboxName>> NamesAsync(IMailboxReader store, string account, CancellationToken cancellation)
    {
        var names = new SortedDictionary<string, MailboxName>(StringComparer.Ordinal);
        await store.VisitAsync(account, (key, flags, isNew) => names[key.ToString()] = new MailboxName(key.ToString(), flags.ToString(), isNew), cancellation).ConfigureAwait(false);
        return names;
    }
}

/// <summary>How far a transfer is.</summary>
/// <param name="Copied">Messages copied now, of so many <paramref name="Octets"/>.</param>
/// <param name="Kept">Messages that were there already.</param>
public sealed record TransferCount(long Mailboxes, long Copied, long Kept, long Octets);
