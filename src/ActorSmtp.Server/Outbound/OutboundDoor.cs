using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>The queue as those see it who are no actors: each question is told to its actor, and answered as a task.</summary>
internal sealed class OutboundDoor(OutboundWork work, QueueNews news, IQueueStore store, IActorRef actor) : IOutboundQueue, IOutboundIntake
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_orderPatience = TimeSpan.FromMinutes(10);

    /// <summary>A field's read.</summary>
    public bool IsFull => store.Pressure.Level == PressureLevel.Full;

    public QueueTotals Totals => work.Totals;

    public Announcement<QueueChange> Changes => news.Changes;

    public async Task<QueuePage> ListAsync(QueueFilter filter, string? after, int most, CancellationToken cancellation) =>
        await actor.Ask<object>(new OutboundMessages.List(filter, after, Math.Clamp(most, 1, QueuePage.Largest)), s_patience, cancellation) switch
        {
            QueuePage page => page,
            Refused no => throw new FormatException(no.Why),
            var other => throw new InvalidOperationException($"the queue answered {other}"),
        };

    public Task<ImmutableArray<DestinationTotals>> DestinationsAsync(string? containing, int most, CancellationToken cancellation) =>
        actor.Ask<ImmutableArray<DestinationTotals>>(new ListDestinations(containing, most), s_patience, cancellation);

    public async Task<QueuedMessage?> ShowAsync(string id, CancellationToken cancellation) =>
        MailId.TryParse(id, out var known) ? (await actor.Ask<Shown>(new Show(known), s_patience, cancellation)).Message : null;

    public async Task<int> ChangeAsync(QueueOrder order, QueueFilter which, CancellationToken cancellation) => (await ChangeHereAsync(order, which, cancellation)).Count;

    /// <summary>The same, with those that were named and are not here.</summary>
    /// <exception cref="StoreException">Too many orders wait.</exception>
    public async Task<Changed> ChangeHereAsync(QueueOrder order, QueueFilter which, CancellationToken cancellation) =>
        await actor.Ask<object>(new Change(order, which), s_orderPatience, cancellation) switch
        {
            Changed changed => changed,
            Refused no => throw new StoreException($"{no.Why}."),
            var other => throw new InvalidOperationException($"the queue answered {other}"),
        };
}
