using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>
/// Mailboxes for those who read them (the console, POP3, the test inbox): names without a look at every message, flags, tags. What is
/// asked here goes to the disk each time; <see cref="Access.MailboxIndex"/> stands before it and remembers. Any account's name is allowed,
/// as with <see cref="IMailboxStore"/>; other programs may change mailboxes meanwhile.
/// </summary>
public interface IMailboxReader
{
    /// <summary>The names of all mailboxes, in ordinal order.</summary>
    Task<string[]> AccountsAsync(CancellationToken cancellation);

    /// <summary>A number that is another one after messages came, went or changed their flags; null: there is no such mailbox.</summary>
    Task<long?> StampAsync(string account, CancellationToken cancellation);

    /// <summary>
    /// Calls <paramref name="visit"/> with every message of the mailbox, in no order, without opening one. Runs on a thread that may wait for
    /// the disk.
    /// </summary>
    /// <returns>False: there is no such mailbox.</returns>
    /// <exception cref="StoreException">The mailbox cannot be read.</exception>
    Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation);

    /// <summary>
    /// As <see cref="VisitAsync"/>, with the size of each, for which each has to be looked at. What goes meanwhile is left out.
    /// </summary>
    /// <returns>False: there is no such mailbox.</returns>
    /// <exception cref="StoreException">The mailbox cannot be read.</exception>
    Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation);

    /// <summary>Sizes and times of these messages, in their order; those that are gone are left out.</summary>
    Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation);

    /// <summary>A message's bytes, or null where it is not there (any more). The flags are a hint where to look first.</summary>
    Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation);

    /// <summary>Sets and clears flags; the message counts as no longer new. Null where it is not there (any more).</summary>
    /// <param name="set">Letters of <c>DFPRST</c>.</param>
    /// <param name="clear">Letters of <c>DFPRST</c>.</param>
    Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation);

    /// <summary>Removes these messages; answers the keys of those that were there.</summary>
    Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation);

    /// <summary>The tags of a mailbox's messages, by key. Empty where there are none.</summary>
    Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation);

    /// <summary>Replaces all tags of a mailbox, durably. False: there is no such mailbox.</summary>
    Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation);
}

/// <summary>Hears of one message of a mailbox.</summary>
/// <param name="key">Names it in this mailbox, whatever its flags.</param>
/// <param name="flags">Its letters.</param>
/// <param name="isNew">No mail program has looked at it.</param>
public delegate void MailboxVisitor(ReadOnlySpan<char> key, ReadOnlySpan<char> flags, bool isNew);

/// <summary>Hears of one message of a mailbox and its size, as <see cref="MailboxVisitor"/> does.</summary>
/// <param name="octets">As it is kept.</param>
public delegate void MailboxMeasurer(ReadOnlySpan<char> key, ReadOnlySpan<char> flags, bool isNew, long octets);

/// <summary>A message of a mailbox by name.</summary>
/// <param name="Key">Stays the same whatever its flags.</param>
/// <param name="Flags">Maildir's letters: S seen, R replied, F flagged, T trashed, D draft, P passed; others are other programs'.</param>
/// <param name="IsNew">No mail program has looked at it.</param>
public sealed record MailboxName(string Key, string Flags, bool IsNew)
{
    public bool Seen => !IsNew && Flags.Contains('S', StringComparison.Ordinal);

    public bool Flagged => Flags.Contains('F', StringComparison.Ordinal);

    public bool Answered => Flags.Contains('R', StringComparison.Ordinal);
}
