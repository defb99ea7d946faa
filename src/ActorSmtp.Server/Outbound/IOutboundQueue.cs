using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The outbound queue for those who look on and give orders: the command line, the console, figures and health. The queue's unit is one message
/// at one destination; a message for three domains stands there three times.
/// </summary>
/// <remarks>
/// Any thread. Nothing here waits for the queue's own work or holds it up: totals are kept, lists are read in pages, orders are done one bounded
/// part after the other. What an order changed is durable when its task ends.
/// </remarks>
public interface IOutboundQueue
{
    /// <summary>Figures as they are kept, never counted for the asking.</summary>
    QueueTotals Totals { get; }

    /// <summary>What happens to messages in the queue; nothing is made of it while nobody listens.</summary>
    Announcement<QueueChange> Changes { get; }

    /// <summary>
    /// A page of the queue, oldest first, in an order that stays: what is there throughout is listed exactly once. A page may be short, even empty, and go on:
    /// each call looks at a bounded number of messages.
    /// </summary>
    /// <param name="after">The place where the page before ended (<see cref="QueuePage.Next"/>); null: the beginning.</param>
    /// <param name="most">From 1 to <see cref="QueuePage.Largest"/>.</param>
    /// <exception cref="FormatException"><paramref name="after"/> is from nowhere.</exception>
    Task<QueuePage> ListAsync(QueueFilter filter, string? after, int most, CancellationToken cancellation);

    /// <summary>Destinations with what waits for them, the largest first.</summary>
    /// <param name="containing">Only those with this in their name, whatever the case; null: any.</param>
    Task<ImmutableArray<DestinationTotals>> DestinationsAsync(string? containing, int most, CancellationToken cancellation);

    /// <summary>A message with all that is known of it; null: it is not in the queue (any more).</summary>
    /// <param name="id">Its id as text; one that is no id is not there.</param>
    Task<QueuedMessage?> ShowAsync(string id, CancellationToken cancellation);

    /// <summary>Does something to all that a filter names.</summary>
    /// <returns>How many it was done to (a message counts once for each destination); those that were so already do not count.</returns>
    /// <exception cref="StoreException">Too many orders wait already; or of a shared queue, its database is away, or another node has some of them in hand for long.</exception>
    Task<int> ChangeAsync(QueueOrder order, QueueFilter which, CancellationToken cancellation);
}

/// <summary>What an administrator can want of mail in the queue.</summary>
public enum QueueOrder
{
    /// <summary>An attempt now, whatever the schedule and the destination's rest say. What is held stays held.</summary>
    Retry,

    /// <summary>No attempt until it is released. An attempt under way ends as it ends.</summary>
    Hold,

    /// <summary>What was held goes on: it is due at once, and tried as soon as its destination does not rest.</summary>
    Release,

    /// <summary>Gone, without a word to anybody.</summary>
    Remove,

    /// <summary>Given up now: the sender is told, as far as it wants to hear of failures.</summary>
    Return,
}

/// <summary>Where a message stands with a destination.</summary>
public enum QueueState
{
    /// <summary>An attempt is under way.</summary>
    Active,

    /// <summary>It waits for its next attempt.</summary>
    Waiting,

    /// <summary>An administrator holds it.</summary>
    Held,
}

/// <summary>How much there is. The states count a message once for each of its destinations.</summary>
/// <param name="Messages">Messages.</param>
/// <param name="Octets">Their content, each message once.</param>
/// <param name="Destinations">Destinations that mail waits for.</param>
/// <param name="OldestAt">When the oldest message came in; null: there is none.</param>
/// <param name="DueSince">Since when mail is due that could be tried and is not yet: how far the queue lags behind. Null: it does not. Mail for a destination at rest is not due.</param>
/// <param name="Pressure">Whether more is taken.</param>
public sealed record QueueTotals(
    long Messages,
    long Octets,
    long Active,
    long Waiting,
    long Held,
    int Destinations,
    DateTimeOffset? OldestAt,
    DateTimeOffset? DueSince,
    StorePressure Pressure)
{
    /// <summary>Messages that the disk does not give back now; they wait until it does, or until somebody removes them.</summary>
    public long Unreadable { get; init; }

    /// <summary>Messages of which the sender is to be told something, and is not yet. Usually some milliseconds; more where the journal takes nothing.</summary>
    public long Untold { get; init; }

    /// <summary>Why senders cannot be told now; null: they are.</summary>
    public string? UntoldWhy { get; init; }

    /// <summary>Nothing at all.</summary>
    public static QueueTotals None { get; } = new(0, 0, 0, 0, 0, 0, null, null, StorePressure.Normal);
}

/// <summary>What waits for one destination.</summary>
/// <param name="Destination">The domain, in its canonical form.</param>
/// <param name="Messages">All of them; some are active, some held.</param>
/// <param name="OldestAt">When the oldest of them came in, as far as it is known.</param>
/// <param name="NextAt">The next attempt of any of them; null: none is due before somebody does something.</param>
/// <param name="RestsUntil">Nothing is tried before, since nothing could be delivered there; null: it is not at rest.</param>
/// <param name="Why">Why it rests, or what the last attempt that failed heard; null: none has.</param>
public sealed record DestinationTotals(
    string Destination, long Messages, long Active, long Held, DateTimeOffset? OldestAt, DateTimeOffset? NextAt, DateTimeOffset? RestsUntil, string? Why);

/// <summary>Something happened to a message in the queue. Announced after it is durable.</summary>
public sealed record QueueChange(MailId Id, string Destination, QueueChangeKind What, DateTimeOffset At);

/// <summary>What happened.</summary>
public enum QueueChangeKind
{
    /// <summary>It came into the queue.</summary>
    Queued,

    /// <summary>It is being tried.</summary>
    Tried,

    /// <summary>Other servers have it: it is done with this destination.</summary>
    Delivered,

    /// <summary>It waits for another attempt.</summary>
    Deferred,

    /// <summary>It was given up, for some recipients at least.</summary>
    Failed,

    /// <summary>An administrator holds it.</summary>
    Held,

    /// <summary>It is held no more, or is to be tried now.</summary>
    Released,

    /// <summary>An administrator took it out.</summary>
    Removed,
}
