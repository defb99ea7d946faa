using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>What <c>/user/outbound</c> hears and says, but for its relays: those are in <see cref="RelayMessages"/>.</summary>
public static class OutboundMessages
{
    // asked of it

    /// <summary>From the mailbox writer: these have recipients elsewhere. Answered with <see cref="TakenOver"/>, in parts.</summary>
    internal sealed record TakeOver(StoredMail[] Mails) : INoSerializationVerificationNeeded;

    /// <summary>Asked at shutdown: answered with <see cref="Drained"/> when no attempt is under way any more and all is recorded; nothing new is begun.</summary>
    public sealed class Drain
    {
        public static readonly Drain Instance = new();
    }

    /// <summary>Somebody wants a page of the queue; answered with a <see cref="QueuePage"/>.</summary>
    internal sealed record List(QueueFilter Filter, string? After, int Most);

    /// <summary>Somebody wants to know the largest destinations; answered with an immutable array of <see cref="DestinationTotals"/>.</summary>
    internal sealed record ListDestinations(string? Containing, int Most);

    /// <summary>Somebody wants to see a message; answered with <see cref="Shown"/>.</summary>
    internal sealed record Show(MailId Id);

    /// <summary>An administrator's order; answered with <see cref="Changed"/> when all of it is durable, or with <see cref="Refused"/>: too many wait.</summary>
    internal sealed record Change(QueueOrder Order, QueueFilter Which);

    // answered

    /// <summary>To the mailbox writer: these are stable in the queue; or not, for now.</summary>
    /// <param name="Wait">When those that failed may be handed over again.</param>
    internal sealed record TakenOver(ImmutableArray<StoredMail> Mails, bool IsDone, TimeSpan Wait) : INoSerializationVerificationNeeded;

    /// <summary>No attempt is under way, all is recorded.</summary>
    public sealed class Drained
    {
        public static readonly Drained Instance = new();
    }

    /// <summary>A message with all that is known; null: it is not there.</summary>
    internal sealed record Shown(QueuedMessage? Message) : INoSerializationVerificationNeeded;

    /// <summary>So many were changed.</summary>
    /// <param name="Absent">Those that were named and are not here: of a shared queue they may just have been given back, or lost.</param>
    internal sealed record Changed(int Count, ImmutableArray<MailId> Absent);

    /// <summary>A page, a sight or an order could not be had.</summary>
    internal sealed record Refused(string Why);

    // from its own work

    /// <summary>From the store's threads.</summary>
    internal sealed record StoreDid(QueueJob[] Jobs) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the store's threads: the shared queue gave these to this node.</summary>
    internal sealed record Claimed(ClaimedQueueMail[] Mails) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the store's threads: these slots are lost to another node, or wanted by one.</summary>
    internal sealed record Called(int[] Slots, bool IsLost) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the journal's threads: a notice is stable there, or (a reason) is not.</summary>
    /// <param name="IsStores">The journal takes nothing now; else it is this notice that cannot be made.</param>
    internal sealed record NoticePosted(int Slot, MailId Notice, string? Failure, bool IsStores) : IDeadLetterSuppression;

    /// <summary>To itself: something is due.</summary>
    internal sealed class Look : IDeadLetterSuppression
    {
        public static readonly Look Instance = new();
    }

    /// <summary>To itself: an order or a page goes on.</summary>
    internal sealed class GoOn : IDeadLetterSuppression
    {
        public static readonly GoOn Instance = new();
    }
}
