namespace ActorSmtp.Storage;

/// <summary>
/// The mailboxes. Deliveries of one mailbox are made in the order they were given; mailboxes do not wait for each
/// other; a mailbox is made at its first delivery. A delivery that succeeded is stable, the directory's entry included.
/// Giving the same message to the same mailbox twice (after a restart, or for two recipients that share it) leaves one copy.
/// </summary>
public interface IMailboxStore : IAsyncDisposable
{
    /// <summary>
    /// Takes deliveries; never blocks. Every delivery is settled exactly once through the observer, in groups and on the
    /// store's threads. One that meets a passing trouble (no space, no permission) is kept and tried again with back-off,
    /// alone with those behind it in the same mailbox; see <see cref="Condition"/>.
    /// </summary>
    void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer);

    /// <summary>How a mailbox does; cheap, may be asked at RCPT.</summary>
    MailboxCondition Condition(string account);

    /// <summary>Every mailbox, by name.</summary>
    IAsyncEnumerable<MailboxSummary> ListMailboxesAsync(CancellationToken cancellation);

    /// <summary>One mailbox, or null where there is none.</summary>
    Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation);

    /// <summary>The messages of a mailbox, oldest first; streams, so a million is no burden. Nothing for an unknown one.</summary>
    IAsyncEnumerable<MailboxMessage> ListAsync(string account, CancellationToken cancellation);

    /// <summary>A message's bytes, or null where it is not there (any more).</summary>
    Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation);

    /// <summary>Removes one message; false where it was not there.</summary>
    Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation);

    /// <summary>Removes a mailbox with everything in it; false where there was none.</summary>
    Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation);

    /// <summary>Writes a mailbox as mbox (the mboxrd variant: <c>From </c> lines of the text are quoted by <c>&gt;</c>).</summary>
    /// <returns>How many messages; null where there is no such mailbox.</returns>
    Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation);
}

/// <summary>Hears what became of deliveries.</summary>
public interface IMailboxObserver
{
    /// <summary>These are settled. The span is valid during the call only.</summary>
    void OnSettled(ReadOnlySpan<DeliveryResult> results);

    /// <summary>A mailbox cannot be written now; its deliveries wait until then.</summary>
    void OnDelayed(string account, string reason, TimeSpan delay);
}

/// <summary>One message for one mailbox.</summary>
/// <param name="Mail">The message.</param>
/// <param name="Recipient">Index of the recipient in the envelope; handed back in the result.</param>
/// <param name="Account">Whose mailbox; any text, it never becomes a path as it is.</param>
/// <param name="Prefix">Octets before the content: <c>Return-Path: …CRLF</c> (RFC 5321 §4.4), <c>Delivered-To:</c>.</param>
public readonly record struct MailboxDelivery(StoredMail Mail, int Recipient, string Account, ReadOnlyMemory<byte> Prefix);

/// <summary>What became of one delivery.</summary>
/// <param name="Failure">Null: delivered and stable. Else why it can never be (trouble that may pass is not reported here).</param>
public readonly record struct DeliveryResult(MailboxDelivery Delivery, string? Failure)
{
    public bool Delivered => Failure is null;

    /// <summary>Names the message in its mailbox; null where it was not delivered, or the store gives no names.</summary>
    public string? Key { get; init; }
}

/// <summary>How a mailbox does.</summary>
/// <param name="Waiting">Deliveries given and not settled.</param>
/// <param name="Trouble">Null: none. Else why the mailbox cannot be written now.</param>
public readonly record struct MailboxCondition(int Waiting, string? Trouble);

/// <summary>A mailbox at a glance.</summary>
public sealed record MailboxSummary(string Account, long Messages, long Unseen, long Octets, DateTimeOffset? Newest);

/// <summary>A message in a mailbox.</summary>
/// <param name="Key">Names it in this mailbox; stays the same when a mail reader changes its flags.</param>
/// <param name="Id">The server's id, where this server delivered it.</param>
/// <param name="Flags">Maildir's letters: S seen, R replied, F flagged, T trashed, D draft, P passed.</param>
public sealed record MailboxMessage(string Key, string? Id, long Octets, DateTimeOffset DeliveredAt, bool Unseen, string Flags);
