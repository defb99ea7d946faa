using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// What happens in the outbound queue, told to everybody who is to know: the log, the stories of messages, the figures, and whoever listens. One
/// call for each thing that happened, after it is durable; any thread; nothing waits.
/// </summary>
internal sealed class QueueNews(Log log, Metrics metrics, Chronicle? chronicle, TimeProvider time)
{
    /// <summary>The queue's actor, as everything about it says.</summary>
    public const string Path = "/user/outbound";

    /// <summary>Recipients of one attempt that its story names one by one; the log names all.</summary>
    private const int MostTold = 20;

    /// <summary>For <see cref="IOutboundQueue.Changes"/>.</summary>
    public Announcement<QueueChange> Changes { get; } = new(log.ListenerFailed);

    /// <summary>The queue keeps a message for its recipients at a destination.</summary>
    /// <param name="length">Octets of its content.</param>
    public void Queued(Envelope envelope, string destination, ImmutableArray<int> recipients, long length)
    {
        metrics.OutboundQueued.Add(1);
        log.Queued(Path, envelope.Id, envelope.From, recipients.Length, destination, length);
        chronicle?.Delivery(ChronicleKind.Queued, envelope.Id, destination, "", recipients.Length);
        Tell(envelope.Id, destination, QueueChangeKind.Queued);
    }

    /// <summary>An attempt came to something.</summary>
    /// <param name="nextAt">When those that were put off are tried again; null: they are not (<see cref="Expired"/> follows).</param>
    public void Attempted(Envelope envelope, AttemptReport report, DateTimeOffset? nextAt)
    {
        metrics.OutboundAttempt.Record(metrics.Ticks(report.Took));
        var by = AttemptWords.Server(report) ?? "no server";
        if (report.Outcomes.IsEmpty)
        {
            var what = report.Why ?? "nothing was tried";
            log.Tried(Path, envelope.Id, report.Destination, by, what);
            chronicle?.Delivery(ChronicleKind.Tried, envelope.Id, report.Destination, $"{by}: {what}", 0);
            return;
        }

        var told = 0;
        foreach (var outcome in report.Outcomes)
        {
            metrics.OutboundOutcomes[outcome.Kind].Add(1);
            var recipient = envelope.Recipients[outcome.Recipient].Address.ToString();
            Tell(envelope, report, outcome, recipient, by, nextAt, isTold: told++ < MostTold);
        }

        if (told > MostTold)
        {
            chronicle?.Delivery(ChronicleKind.Tried, envelope.Id, report.Destination, $"{by}: {told - MostTold} more recipients; the log names them", 0);
        }

        Tell(envelope.Id, report.Destination, WhatBecame(report));
    }

    /// <summary>Recipients are given up because it took too long.</summary>
    public void Expired(Envelope envelope, string destination, ImmutableArray<int> recipients)
    {
        metrics.OutboundExpired.Add(recipients.Length);
        foreach (var recipient in recipients)
        {
            var address = envelope.Recipients[recipient].Address.ToString();
            log.Expired(Path, envelope.Id, address);
            chronicle?.Delivery(ChronicleKind.GivenUp, envelope.Id, address, "because it took too long (outbound.expire)", 0);
        }

        Tell(envelope.Id, destination, QueueChangeKind.Failed);
    }

    /// <summary>A report about a message is on its way to its sender.</summary>
    public void Noticed(MailId about, MailId notice, ReportAction kind, string to)
    {
        metrics.OutboundNotices[kind].Add(1);
        log.Noticed(Path, about, notice, kind.ToString().ToLowerInvariant(), to);
        chronicle?.Delivery(ChronicleKind.Noticed, about, to, $"{kind.ToString().ToLowerInvariant()}, by {notice}", 0);
    }

    /// <summary>Nothing goes to a destination for a while.</summary>
    public void Rests(string destination, DateTimeOffset until, string why) => log.Rests(Path, destination, until, why);

    /// <summary>An administrator's order was carried out on a message at a destination.</summary>
    public void Ordered(QueueOrder order, MailId id, string destination)
    {
        log.Ordered(Path, order, id, destination);
        chronicle?.Delivery(ChronicleKind.Ordered, id, destination, $"{order.ToString().ToLowerInvariant()}, by an administrator", 0);
        Tell(id, destination, order switch
        {
            QueueOrder.Hold => QueueChangeKind.Held,
            QueueOrder.Retry or QueueOrder.Release => QueueChangeKind.Released,
            QueueOrder.Return => QueueChangeKind.Failed,
            _ => QueueChangeKind.Removed,
        });
    }

    /// <summary>This node has a message now that another one had, whose claim has ended.</summary>
    public void TakenOver(MailId id, string from) => chronicle?.Delivery(ChronicleKind.TakenOver, id, "", from, 1);

    /// <summary>Nothing of a message is left in the queue.</summary>
    public void Gone(MailId id)
    {
        log.LeftQueue(Path, id);
        chronicle?.Delivery(ChronicleKind.LeftQueue, id, "", "", 0);
    }

    private void Tell(Envelope envelope, AttemptReport report, RecipientOutcome outcome, string recipient, string by, DateTimeOffset? nextAt, bool isTold)
    {
        var heard = AttemptWords.Of(report, outcome);
        var story = isTold ? chronicle : null;
        switch (outcome.Kind)
        {
            case OutcomeKind.Delivered or OutcomeKind.Relayed:
                var protection = AttemptWords.Protection(report) ?? "clear text";
                metrics.OutboundDelay.Record(metrics.Ticks(report.At + report.Took - envelope.ReceivedAt));
                log.Sent(Path, envelope.Id, recipient, by, protection, report.Took, heard);
                story?.Delivery(ChronicleKind.Sent, envelope.Id, recipient, $"by {by}, {protection}: {heard}", Milliseconds(report.Took));
                break;

            case OutcomeKind.Later:
                metrics.OutboundDeferred[PutOffReasons.Of(report, outcome)].Add(1);
                if (nextAt is { } next)
                {
                    log.PutOff(Path, envelope.Id, recipient, by, next, heard);
                    story?.Delivery(ChronicleKind.PutOff, envelope.Id, recipient, $"by {by}: {heard}", (int)Math.Clamp((next - time.GetUtcNow()).TotalSeconds, 0, int.MaxValue));
                }
                else
                {
                    log.Tried(Path, envelope.Id, report.Destination, by, heard);
                    story?.Delivery(ChronicleKind.Tried, envelope.Id, report.Destination, $"{by}: {heard}", 0);
                }

                break;

            default:
                log.GivenUp(Path, envelope.Id, recipient, by, heard);
                story?.Delivery(ChronicleKind.GivenUp, envelope.Id, recipient, $"by {by}: {heard}", 0);
                break;
        }
    }

    private static QueueChangeKind WhatBecame(AttemptReport report) =>
        report.Outcomes.Any(o => o.Kind == OutcomeKind.Later) ? QueueChangeKind.Deferred
        : report.Outcomes.Any(o => o.Kind == OutcomeKind.Never) ? QueueChangeKind.Failed
        : QueueChangeKind.Delivered;

    private static int Milliseconds(TimeSpan time) => (int)Math.Clamp(time.TotalMilliseconds, 0, int.MaxValue);

    private void Tell(MailId id, string destination, QueueChangeKind what)
    {
        if (Changes.IsWanted)
        {
            Changes.Publish(new QueueChange(id, destination, what, time.GetUtcNow()));
        }
    }
}
