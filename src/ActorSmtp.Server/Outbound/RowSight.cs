using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>How messages look to people that this process does not have in hand: as they are stored, and no more is known of them.</summary>
/// <param name="why">Why a notice is not stored yet: who would do it.</param>
internal sealed class RowSight(OutboundSettings settings, TimeProvider time, string why)
{
    private readonly RouteTable _routes = new(settings.Routes);

    /// <summary>A message at each of its destinations; null for those that the filter leaves out, as far as it can be told from the message itself.</summary>
    /// <param name="node">The node that has it in hand; null: none has.</param>
    public IEnumerable<(string? Destination, QueueState State, DateTimeOffset ReceivedAt, QueueEntry? Entry)> EntriesOf(StoredQueueMail mail, QueueFilter filter, string? node = null)
    {
        var record = RecordOf(mail);
        if (record is null)
        {
            yield return (null, QueueState.Waiting, mail.Id.Time, QueueSight.UnreadableEntry(mail.Id, mail.Id.Time, mail.Length, null, QueueState.Waiting, 0, null, ProblemOf(mail), filter));
            yield break;
        }

        foreach (var there in record.Destinations)
        {
            var state = StateOf(there, node);
            yield return (there.Name, state, record.ReceivedAt, mail.Envelope is { } envelope
                ? QueueSight.Entry(mail.Id, envelope, mail.Length, record, there, state, there.Due, WaylessOf(there.Name), null, filter)
                : QueueSight.UnreadableEntry(mail.Id, record.ReceivedAt, mail.Length, there.Name, state, there.Failures, null, ProblemOf(mail), filter));
        }

        if (record.Destinations.Count == 0 && mail.Envelope is { } about && record.Notices is [var first, ..])
        {
            yield return (null, QueueState.Waiting, record.ReceivedAt, QueueSight.UntoldEntry(mail.Id, about, mail.Length, record, 0, null, QueueSight.WhyUntold(first, why), filter));
        }
    }

    /// <summary>Those that a filter means.</summary>
    public IEnumerable<QueueEntry> Matching(StoredQueueMail mail, QueueFilter filter, string? node = null) => EntriesOf(mail, filter, node)
        .Where(at => at.Entry is not null && filter.Matches(mail.Id, at.Destination ?? "", at.State, at.ReceivedAt, time.GetUtcNow())).Select(at => at.Entry!);

    /// <summary>All that is known of it.</summary>
    public QueuedMessage MessageOf(StoredQueueMail mail, string? node = null)
    {
        if (RecordOf(mail) is not { } record || mail.Envelope is not { } envelope)
        {
            return QueueSight.Unreadable(mail.Id, mail.Id.Time, mail.Length, RecordOf(mail)?.Destinations.Select(there => there.Name) ?? [], ProblemOf(mail), settings);
        }

        return QueueSight.Message(envelope, mail.Length, record, settings, there => (StateOf(there, node) switch
        {
            QueueState.Active => RecipientState.Active,
            QueueState.Held => RecipientState.Held,
            _ => RecipientState.Waiting,
        }, there.Due, WaylessOf(there.Name))) with
        {
            Notices = QueueSight.NoticesOf(record, time.GetUtcNow(), notice => QueueSight.WhyUntold(notice, why)),
        };
    }

    private QueueState StateOf(DestinationRecord there, string? node) =>
        there.HeldAt is not null ? QueueState.Held : node is not null && there.Due <= time.GetUtcNow() ? QueueState.Active : QueueState.Waiting;

    private string? WaylessOf(string destination) => MailDomain.TryParse(destination) is { } domain && _routes.Find(domain) is null ? OutboundWork.NoRoute : null;

    private static string ProblemOf(StoredQueueMail mail) => mail.Problem ?? "its state is of another version of this program";

    private static MessageRecord? RecordOf(StoredQueueMail mail)
    {
        try
        {
            return mail.State.IsEmpty ? null : MessageRecord.Read(mail.State.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
