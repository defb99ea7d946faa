using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>
/// Mail that waits to leave, for days: envelope and content once, and for each message a few octets of state that its owner changes and this
/// store does not look into. What <see cref="IQueueObserver.OnDone"/> says has been done is covered by a successful <c>fdatasync</c> (with
/// <c>storage.sync = always</c>). In memory there are some 50 octets for a message; all else stays on the disk and is loaded when asked for.
/// </summary>
/// <remarks>
/// A message has a slot, a small number, as long as it is here: a new message may get it afterwards, so nothing is asked of a slot once its removal
/// has been asked for, nor is it removed while a load of it is under way. After a failed sync nothing is retried: every
/// job fails, <see cref="Faulted"/> ends, and the process has to stop and recover from what is on disk. Where there is no space, additions
/// fail with <see cref="StoreFailure.Full"/>, and changes and removals wait until there is: one segment is always kept for them.
/// </remarks>
public interface IQueueStore : IAsyncDisposable
{
    /// <summary>Opens, tells each message that an earlier run left, in no order, and starts the store's threads. Called once.</summary>
    /// <param name="found">Called before the answer comes.</param>
    /// <param name="observer">Hears of jobs.</param>
    /// <exception cref="StoreException">The place cannot be used: permissions, another process, a broken disk, another version.</exception>
    Task<QueueRecoveryReport> OpenAsync(QueueFound found, IQueueObserver observer, CancellationToken cancellation);

    /// <summary>Asks for these, in this order; each is answered once. From any thread; does not wait.</summary>
    void Submit(ReadOnlySpan<QueueJob> jobs);

    /// <summary>
    /// Whether a message of this id was here and was removed, and the removal is still on record (<see cref="IQueueObserver.Handover"/>): whoever hands it over again after
    /// a restart would have it sent twice. Known from the opening until <see cref="ForgetRemoved"/>.
    /// </summary>
    bool WasRemoved(MailId id);

    /// <summary>What was removed before the opening is asked for no more.</summary>
    void ForgetRemoved();

    /// <summary>The slot of a message, or -1. From any thread.</summary>
    int Find(MailId id);

    /// <summary>Which message is in a slot, and how many octets of content it has; null: none. From any thread.</summary>
    (MailId Id, long Length)? At(int slot);

    /// <summary>Whether more may be taken in: a field's read. What was accepted is taken over all the same, as long as there is space.</summary>
    StorePressure Pressure { get; }

    QueueStatistics Statistics { get; }

    /// <summary>Ends when the store can never store again; never while it works.</summary>
    Task<StoreFault> Faulted { get; }

    /// <summary>Whether this node may do something with a message: it has it, and (of a shared queue) its claim has surely not ended. A look in memory.</summary>
    bool Holds(int slot) => true;

    /// <summary>The queue where several nodes share it, of which this one has only what it has claimed; null: all of it is this node's own.</summary>
    ISharedQueue? Shared => null;
}

/// <summary>A message found at the opening.</summary>
/// <param name="state">As it was last stored; valid during the call.</param>
public delegate void QueueFound(int slot, MailId id, long length, ReadOnlySpan<byte> state);

/// <summary>Hears what became of jobs; called on the store's threads, short, must not block or throw.</summary>
public interface IQueueObserver
{
    /// <summary>These are done or have failed, in the order in which they were asked for (loads among themselves).</summary>
    void OnDone(ReadOnlySpan<QueueJob> jobs);

    /// <summary>
    /// Messages come here from another store, which may bring one again after a restart until it has recorded that it need not. How many such records were asked for so far,
    /// and how many of them are stable: a removal is forgotten only when the second number has come to what the first was at the removal (0: removals of an earlier run).
    /// Asked on the store's threads, often.
    /// </summary>
    (long Asked, long Stable) Handover { get; }

    /// <summary>Of a shared queue: these were claimed and are this node's from now on.</summary>
    void OnClaimed(ReadOnlySpan<ClaimedQueueMail> mails) { }

    /// <summary>Of a shared queue: these slots are another node's messages by now. What is asked of them is answered with <see cref="QueueJob.IsLost"/>, until they are given back.</summary>
    void OnLost(ReadOnlySpan<int> slots) { }

    /// <summary>Of a shared queue: another node has an order for these, and waits until they are given back.</summary>
    void OnWanted(ReadOnlySpan<int> slots) { }
}

/// <summary>What a job asks for.</summary>
public enum QueueJobKind
{
    /// <summary>A message is taken in.</summary>
    Add,

    /// <summary>Its state is replaced.</summary>
    Save,

    /// <summary>It is forgotten.</summary>
    Remove,

    /// <summary>Envelope and state are read, and the content can be until it is given back.</summary>
    Load,

    /// <summary>Of a shared queue: any node may claim it when its wait is over. Its slot is free from then on.</summary>
    GiveBack,
}

/// <summary>One thing asked of the store. Its own until it is answered.</summary>
public sealed class QueueJob
{
    private QueueJob(QueueJobKind kind, int slot) => (Kind, Slot) = (kind, slot);

    public QueueJobKind Kind { get; }

    /// <summary>Which message; of an addition known when it is done (-1: it is in a shared queue, and nobody's yet).</summary>
    public int Slot { get; internal set; }

    /// <summary>What the asker wants to remember.</summary>
    public object? Token { get; init; }

    /// <summary>Of an addition: the message where it lies now. Its content is read on the store's threads, until the answer.</summary>
    public StoredMail? Mail { get; private init; }

    /// <summary>Of an addition and a save. Of a load that is done: as it is stored, also where the envelope could not be read; empty where this cannot be read either.</summary>
    public ReadOnlyMemory<byte> State { get; internal set; }

    /// <summary>Null: done.</summary>
    public StoreFailure? Failure { get; internal set; }

    /// <summary>Why, in words.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Of an addition: a message of this id was here already, or was removed lately; nothing was changed.</summary>
    public bool WasThere { get; internal set; }

    /// <summary>Of a shared queue: the message is another node's by now, and nothing was changed.</summary>
    public bool IsLost { get; internal set; }

    /// <summary>Of a shared queue, of additions and saves: where it still has to go.</summary>
    public QueueStand Stand { get; private init; } = QueueStand.Nowhere;

    /// <summary>Of a message given back: how long nobody need look at it; <see cref="Timeout.InfiniteTimeSpan"/>: until it is asked for.</summary>
    public TimeSpan Wait { get; private init; }

    /// <summary>Of a load and of an addition that keeps it open: to be disposed of when it is read no more.</summary>
    public QueuedMail? Opened { get; internal set; }

    internal bool KeepOpen { get; private init; }

    internal Queue.QueueStep Step { get; } = new();

    /// <summary>Takes a message in. If one of its id is here already, that one stays as it is.</summary>
    /// <param name="keepOpen">Answer with the message opened, as a load would.</param>
    /// <param name="stand">Of a shared queue: see <see cref="Stand"/>.</param>
    public static QueueJob Add(StoredMail mail, ReadOnlyMemory<byte> state, bool keepOpen = false, object? token = null, QueueStand? stand = null) =>
        new(QueueJobKind.Add, -1) { Mail = mail, State = state, KeepOpen = keepOpen, Token = token, Stand = stand ?? QueueStand.Nowhere };

    /// <param name="stand">Of a shared queue: see <see cref="Stand"/>.</param>
    public static QueueJob Save(int slot, ReadOnlyMemory<byte> state, object? token = null, QueueStand? stand = null) =>
        new(QueueJobKind.Save, slot) { State = state, Token = token, Stand = stand ?? QueueStand.Nowhere };

    public static QueueJob Remove(int slot, object? token = null) => new(QueueJobKind.Remove, slot) { Token = token };

    /// <param name="wait">See <see cref="Wait"/>.</param>
    public static QueueJob GiveBack(int slot, TimeSpan wait, object? token = null) => new(QueueJobKind.GiveBack, slot) { Wait = wait, Token = token };

    public static QueueJob Load(int slot, object? token = null) => new(QueueJobKind.Load, slot) { Token = token };
}

/// <summary>What opening the queue found and did.</summary>
/// <param name="Messages">Messages that wait, with so many octets of content.</param>
/// <param name="Removed">Messages whose removal is still on record.</param>
/// <param name="TornTail">Octets after the last stable record, cut off (of changes that nobody was told of).</param>
/// <param name="Damage">Stable places that cannot be read back; each is set aside, none is skipped silently.</param>
public sealed record QueueRecoveryReport(
    bool FirstStart, bool CleanShutdown, long Messages, long Octets, long Removed, long TornTail, int Segments, TimeSpan Took, ImmutableArray<RecoveryDamage> Damage)
{
    /// <summary>One line for the log.</summary>
    public override string ToString() => FirstStart
        ? $"new queue, {Segments} segments made in {Took.TotalMilliseconds:0} ms"
        : $"queue: {(CleanShutdown ? "clean" : "crash")} recovery in {Took.TotalMilliseconds:0} ms: {Messages} messages wait ({Octets} octets), " +
          $"{TornTail} octets of torn tail cut, {Damage.Length} damaged places in {Segments} segments";
}

/// <summary>The queue's counters since its start, and its present state.</summary>
/// <param name="Messages">That wait, with <paramref name="Octets"/> of content.</param>
/// <param name="Open">Of them loaded now.</param>
/// <param name="Syncs">Successful syncs.</param>
/// <param name="Moved">Records written anew to free their segment.</param>
/// <param name="ContentSegments">Files with content, and <paramref name="StateSegments"/> with state, spare ones too.</param>
public sealed record QueueStatistics(
    long Messages, long Octets, int Open, long Added, long Saved, long Removed, long Syncs, long OctetsWritten, long Moved, int ContentSegments, int StateSegments);
