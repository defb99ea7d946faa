using Akka.Actor;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>What the mailbox writer is made with.</summary>
/// <param name="MaxInFlight">Deliveries given to the mailbox store and not settled, at most; not counted are those of mailboxes in trouble, and those that hang.</param>
/// <param name="BatchSize">Messages taken from the feed at once.</param>
/// <param name="RetryImpossible">When a delivery that the mailbox store calls impossible is tried again.</param>
internal sealed record MailboxContext(
    IDeliveryFeed Feed, IMailboxStore Store, AnnouncementBoard Announcements, Metrics Metrics, Log Log, int MaxInFlight, int BatchSize, TimeSpan RetryImpossible)
{
    /// <summary>What the mailbox store has and has not settled; outlives a restart of the actor, as the deliveries do.</summary>
    public InFlight InFlight { get; } = new();

    /// <summary>With no room left, what was not settled for so long hangs.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where what becomes of messages is kept for a while; null: nowhere.</summary>
    public Chronicle? Chronicle { get; init; }

    /// <summary>Who takes over what is for others; null: nobody does, and it waits in the journal.</summary>
    public IActorRef? Outbound { get; init; }

    /// <summary>Notices that are not to be delivered yet.</summary>
    public NoticeGate? Notices { get; init; }

    /// <summary>Tells senders who asked for it that their message is in the mailbox; null: nobody does.</summary>
    public DeliveredNotices? Tells { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);

    /// <summary>The story of a message that this node took over says from whom.</summary>
    public void TellWhence(StoredMail mail)
    {
        if (mail.TakenFrom is { } before)
        {
            Chronicle?.Delivery(ChronicleKind.TakenOver, mail.Id, "", before, 0);
        }
    }
}
