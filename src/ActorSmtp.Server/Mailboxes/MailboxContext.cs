using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>What the mailbox writer is made with.</summary>
/// <param name="MaxInFlight">Deliveries given to the mailbox store and not settled, at most.</param>
/// <param name="BatchSize">Messages taken from the feed at once.</param>
/// <param name="RetryImpossible">When a delivery that the mailbox store calls impossible is tried again.</param>
internal sealed record MailboxContext(
    IDeliveryFeed Feed, IMailboxStore Store, Metrics Metrics, Log Log, int MaxInFlight, int BatchSize, TimeSpan RetryImpossible)
{
    /// <summary>What the mailbox store has and has not settled; outlives a restart of the actor, as the deliveries do.</summary>
    public InFlight InFlight { get; } = new();
}
