namespace ActorSmtp.Storage;

/// <summary>
/// The accept side: a message goes in by an <see cref="IMailWriter"/>, and 250 may be said when
/// <see cref="IMailWriterObserver.OnStored"/> has come, for then its bytes are covered by a successful
/// <c>fdatasync</c> (with <c>storage.sync = always</c>). What is stored waits in <see cref="Deliveries"/> until it is
/// delivered, also over a restart or a power cut. Nothing here blocks the caller but <see cref="OpenAsync"/>.
/// </summary>
/// <remarks>
/// After a failed sync nothing is retried (the page may be gone and the next sync would lie): every waiting message
/// fails with <see cref="StoreFailure.Unavailable"/>, the store closes, <see cref="Faulted"/> ends with the reason,
/// and the process has to stop and recover from what is on disk.
/// </remarks>
public interface IMailStore : IAsyncDisposable
{
    /// <summary>Opens, recovers what an earlier run left, and starts the store's threads. Called once.</summary>
    /// <exception cref="StoreException">The place cannot be used: permissions, another process, a broken disk.</exception>
    Task<RecoveryReport> OpenAsync(CancellationToken cancellation);

    /// <summary>
    /// Begins a message; cheap, never blocks, never fails (a closed store fails it at
    /// <see cref="IMailWriter.Commit"/>). The writer is pooled: it must end with <see cref="IMailWriter.Commit"/> or
    /// <see cref="IMailWriter.Abort"/>, and is not touched after its last callback.
    /// </summary>
    IMailWriter Begin(MailId id, IMailWriterObserver observer);

    /// <summary>Whether new mail may come: asked at MAIL. A field's read, no system call.</summary>
    StorePressure Pressure { get; }

    /// <summary>What is stored and not yet delivered.</summary>
    IDeliveryFeed Deliveries { get; }

    /// <summary>Ends when the store can never store again (a failed write or sync); never while it works.</summary>
    Task<StoreFault> Faulted { get; }

    /// <summary>What does not work at present, in words for whoever looks after the server; null: nothing is known of. Mail may be taken all the same: see <see cref="Pressure"/>.</summary>
    string? Trouble => null;

    /// <summary>Counters since the start, for metrics and the console.</summary>
    StoreStatistics Statistics { get; }
}

/// <summary>
/// One message on its way into the store, used by one owner at a time (an I/O thread). Content is what the recipient
/// gets: lines ended by CRLF, dots unstuffed, trace fields first.
/// </summary>
public interface IMailWriter
{
    MailId Id { get; }

    /// <summary>Octets written so far.</summary>
    long Length { get; }

    /// <summary>
    /// Takes all of <paramref name="content"/>. False: the bounded buffer is full, so read no more from the peer until
    /// <see cref="IMailWriterObserver.OnReady"/>. After a fault content is dropped and the answer is true: the body is
    /// read to its end, and <see cref="Commit"/> tells the failure.
    /// </summary>
    bool Write(ReadOnlySpan<byte> content);

    /// <summary>
    /// Ends the message. Exactly one <see cref="IMailWriterObserver.OnStored"/> or
    /// <see cref="IMailWriterObserver.OnStoreFailed"/> follows, maybe before this returns.
    /// </summary>
    /// <exception cref="ArgumentException">The envelope has no binary form (a text or the list of recipients too long); the message is aborted.</exception>
    void Commit(Envelope envelope);

    /// <summary>Throws the message away; no callback follows. Allowed at any time before <see cref="Commit"/>.</summary>
    void Abort();
}

/// <summary>
/// Hears from an <see cref="IMailWriter"/>; usually the connection itself, so that nothing is allocated per message.
/// Callbacks come on the store's thread or where the <see cref="ICompletionRunner"/> runs them. They are short, never
/// block and never throw.
/// </summary>
public interface IMailWriterObserver
{
    /// <summary>After a false from <see cref="IMailWriter.Write"/>: there is room again.</summary>
    void OnReady(MailId id);

    /// <summary>The message is stable: 250.</summary>
    void OnStored(MailId id);

    /// <summary>Nothing is kept: 452 4.3.1 for <see cref="StoreFailure.Full"/>, else 451 4.3.0.</summary>
    void OnStoreFailed(MailId id, StoreFailure failure);
}

/// <summary>Why a message was not stored.</summary>
public enum StoreFailure
{
    /// <summary>No space, inodes, quota, or the backlog is at its limit; later it may go. 452 4.3.1.</summary>
    Full,

    /// <summary>A write or sync failed, or the store is closed. 451 4.3.0.</summary>
    Unavailable,
}
