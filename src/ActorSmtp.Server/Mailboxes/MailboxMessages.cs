using Akka.Actor;
using Akka.Event;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>What the mailbox writer hears and says.</summary>
public static class MailboxMessages
{
    /// <summary>From the store's threads: something waits to be delivered.</summary>
    internal sealed class MailWaits : IDeadLetterSuppression
    {
        public static readonly MailWaits Instance = new();
    }

    /// <summary>From the mailbox store's threads: these deliveries are settled.</summary>
    internal sealed record Settled(DeliveryResult[] Results) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the mailbox store's threads: a mailbox cannot be written for now.</summary>
    internal sealed record Delayed(string Account, string Reason, TimeSpan Delay);

    /// <summary>To itself, some time after it had no room left.</summary>
    /// <param name="SettledThen">What had been settled by then.</param>
    internal sealed record Watched(long SettledThen) : IDeadLetterSuppression;

    /// <summary>
    /// Asked at shutdown, when nobody sends any more: answered with <see cref="Drained"/> when all that waited is delivered, but for mailboxes
    /// in trouble; or after a time when nothing is in flight, and the rest waits in the journal for the next start.
    /// </summary>
    /// <param name="TakeFor">How long what waits is still begun.</param>
    public sealed record Drain(TimeSpan TakeFor)
    {
        /// <summary>Nothing is begun any more.</summary>
        public static readonly Drain Now = new(TimeSpan.Zero);
    }

    /// <summary>To itself: what was not begun by now waits for the next start.</summary>
    internal sealed class TimeIsUp : IDeadLetterSuppression
    {
        public static readonly TimeIsUp Instance = new();
    }

    /// <summary>Nothing is in flight, but for mailboxes in trouble, and nothing is begun any more.</summary>
    public sealed class Drained
    {
        public static readonly Drained Instance = new();
    }

    /// <summary>Announced: a message is in a mailbox, synced.</summary>
    /// <param name="Key">Its name there.</param>
    public sealed record MailDelivered(MailId Id, string Account, long Octets, string Key);
}
