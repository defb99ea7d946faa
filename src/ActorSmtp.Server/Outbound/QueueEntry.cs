using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>A page of the queue.</summary>
/// <param name="Items">May be fewer than were asked for, or none, with more behind.</param>
/// <param name="Next">The place to go on from; null: that was all.</param>
public sealed record QueuePage(ImmutableArray<QueueEntry> Items, string? Next)
{
    /// <summary>Entries on one page.</summary>
    public const int Largest = 1000;
}

/// <summary>One message at one destination.</summary>
/// <param name="Destination">The domain, in its canonical form; empty: it goes nowhere any more, and waits for its sender to be told so.</param>
/// <param name="From">The sender; empty for bounces, and where the message cannot be read.</param>
/// <param name="To">Recipients there that are not settled, the first <see cref="MostShown"/> of them.</param>
/// <param name="Recipients">How many there are.</param>
/// <param name="Length">Octets of the content.</param>
/// <param name="Failures">Attempts there that failed so far.</param>
/// <param name="NextAt">The next attempt; null: it is being tried, or held, or no route leads there.</param>
/// <param name="Why">What the last attempt there ended with, or why none can be made; null: there was none.</param>
/// <param name="Host">The server that said so; null: none was reached.</param>
public sealed record QueueEntry(
    MailId Id,
    string Destination,
    QueueState State,
    string From,
    ImmutableArray<string> To,
    int Recipients,
    long Length,
    DateTimeOffset ReceivedAt,
    int Failures,
    DateTimeOffset? NextAt,
    string? Why,
    string? Host)
{
    /// <summary>Recipients named in an entry.</summary>
    public const int MostShown = 5;

    /// <summary>Of a queue that nodes share: which of them has the message in hand; null: none has, or it is not shared.</summary>
    public string? Node { get; init; }
}

/// <summary>A message in the queue, with all that is known of it.</summary>
/// <param name="Length">Octets of the content.</param>
/// <param name="ExpiresAt">When it is given up.</param>
/// <param name="WarnedAt">When the sender heard that it takes long; null: not yet.</param>
/// <param name="Recipients">Those that leave this server, settled ones too, in the envelope's order.</param>
/// <param name="Attempts">The last ones, oldest first.</param>
/// <param name="EarlierAttempts">Attempts that are not kept any more; the log may have them.</param>
public sealed record QueuedMessage(
    Envelope Envelope,
    long Length,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? WarnedAt,
    ImmutableArray<QueuedRecipient> Recipients,
    ImmutableArray<AttemptReport> Attempts,
    int EarlierAttempts)
{
    /// <summary>What is wrong with it on this server's own disk; null: nothing. Where it cannot be read, its envelope has neither sender nor recipients here.</summary>
    public string? Problem { get; init; }

    /// <summary>Of a queue that nodes share: which of them has it in hand; null: none has, or it is not shared.</summary>
    public string? Node { get; init; }

    /// <summary>What its sender is still to be told.</summary>
    public ImmutableArray<QueuedNotice> Notices { get; init; } = [];
}

/// <summary>A notice to a message's sender that is owed and not stored yet.</summary>
/// <param name="Id">Its own id.</param>
/// <param name="Recipients">Whom it is about: their places in the envelope.</param>
/// <param name="NextAt">When it is tried again.</param>
/// <param name="Why">Why it is not stored yet.</param>
public sealed record QueuedNotice(MailId Id, ReportAction Action, ImmutableArray<int> Recipients, DateTimeOffset NextAt, string Why);

/// <summary>A recipient of a message in the queue.</summary>
/// <param name="Number">Its place in the envelope.</param>
/// <param name="Failures">Attempts that failed so far.</param>
/// <param name="NextAt">The next attempt; null: it is being tried, held or settled.</param>
/// <param name="Status">What the last attempt ended with, as a code; null: there was none.</param>
/// <param name="Why">The same in words, with the reply that was heard.</param>
public sealed record QueuedRecipient(
    int Number, Mailbox Address, string Destination, RecipientState State, int Failures, DateTimeOffset? NextAt, EnhancedCode? Status, string? Why);

/// <summary>Where a recipient stands.</summary>
public enum RecipientState
{
    /// <summary>An attempt is under way.</summary>
    Active,

    /// <summary>It waits for its next attempt.</summary>
    Waiting,

    /// <summary>An administrator holds the message.</summary>
    Held,

    /// <summary>Another server has taken it.</summary>
    Delivered,

    /// <summary>The same, and that server reports nothing (RFC 3461): it was the last to be heard.</summary>
    Relayed,

    /// <summary>It was given up.</summary>
    Failed,
}
