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

    /// <summary>Asked at shutdown: answered with <see cref="Drained"/> when nothing is in flight any more but for mailboxes in trouble.</summary>
    public sealed class Drain
    {
        public static readonly Drain Instance = new();
    }

    /// <summary>Nothing is in flight, but for mailboxes in trouble.</summary>
    public sealed class Drained
    {
        public static readonly Drained Instance = new();
    }

    /// <summary>Announced: a message is in a mailbox, synced.</summary>
    /// <param name="Key">Its name there.</param>
    public sealed record MailDelivered(MailId Id, string Account, long Octets, string Key);
}
