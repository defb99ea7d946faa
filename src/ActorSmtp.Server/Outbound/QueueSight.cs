using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Outbound;

/// <summary>How a message's record looks to people: the same for a server that runs and for one that does not.</summary>
internal static class QueueSight
{
    /// <summary>A message at one destination; null where the filter says no.</summary>
    /// <param name="there">The destination, of the record's.</param>
    /// <param name="nextAt">The next attempt, where it waits for one.</param>
    /// <param name="wayless">Why nothing can go there at all; null: it can.</param>
    /// <param name="otherwise">What is known of the destination where this message was not tried there.</param>
    public static QueueEntry? Entry(
        MailId id, Envelope envelope, long length, MessageRecord record, DestinationRecord there, QueueState state, DateTimeOffset? nextAt, string? wayless, string? otherwise, QueueFilter filter)
    {
        var all = there.Recipients.Select(recipient => envelope.Recipients[recipient].Address.ToString());
        var last = record.Attempts.FindLast(attempt => attempt.Destination == there.Name);
        var why = wayless ?? WordsOf(last) ?? otherwise;
        var from = envelope.From.Mailbox?.ToString() ?? "";
        var host = last is null ? null : AttemptWords.Server(last);
        return filter.MatchesRest(from, all, why, host)
            ? new QueueEntry(
                id, there.Name, state, from, [.. all.Take(QueueEntry.MostShown)], there.Recipients.Length, length, record.ReceivedAt, there.Failures,
                state == QueueState.Waiting ? nextAt : null, why, host)
            : null;
    }

    /// <summary>What the last attempt ended with; null: there was none.</summary>
    public static string? WordsOf(AttemptReport? attempt) =>
        attempt is null ? null
        : attempt.Outcomes.LastOrDefault(outcome => outcome.Kind is OutcomeKind.Later or OutcomeKind.Never) is { } outcome ? AttemptWords.Of(attempt, outcome)
        : attempt.Why;

    /// <summary>All of a message.</summary>
    /// <param name="stand">How it stands with a destination that is not done with: state, next attempt, why nothing can go there.</param>
    public static QueuedMessage Message(
        Envelope envelope, long length, MessageRecord record, OutboundSettings settings, Func<DestinationRecord, (RecipientState State, DateTimeOffset? NextAt, string? Wayless)> stand)
    {
        var recipients = ImmutableArray.CreateBuilder<QueuedRecipient>();
        for (var i = 0; i < envelope.Recipients.Length; i++)
        {
            var recipient = envelope.Recipients[i];
            if (!MessageRecord.IsOurs(recipient))
            {
                continue;
            }

            var name = recipient.Address.Domain.Canonical;
            var there = record.Destinations.Find(at => at.Name == name && at.Recipients.Contains(i));
            var last = record.Attempts.FindLast(attempt => attempt.Outcomes.Any(outcome => outcome.Recipient == i));
            var outcome = last?.Outcomes.First(outcome => outcome.Recipient == i);
            var (state, nextAt, wayless) = there is null ? (record.Settled.GetValueOrDefault(i, (RecipientState.Failed, default)).State, null, null) : stand(there);
            recipients.Add(new QueuedRecipient(
                i, recipient.Address, name, state, there?.Failures ?? 0, state == RecipientState.Waiting ? nextAt : null,
                outcome?.Status, wayless ?? (outcome is null ? null : AttemptWords.Of(last!, outcome))));
        }

        return new QueuedMessage(
            envelope, length, settings.Retry.ExpiresAt(record.ReceivedAt), record.WarnedAt, recipients.ToImmutable(), [.. record.Attempts], record.EarlierAttempts);
    }

    /// <summary>A message whose envelope the disk does not give.</summary>
    /// <param name="destinations">Where it would have to go, as far as that is known.</param>
    public static QueuedMessage Unreadable(MailId id, DateTimeOffset receivedAt, long length, IEnumerable<string> destinations, string problem, OutboundSettings settings)
    {
        var (names, where) = (destinations.ToList(), "");
        if (names.Count > 0)
        {
            where = $", and is not sent to {string.Join(", ", names.Take(QueueEntry.MostShown))}{(names.Count > QueueEntry.MostShown ? " and others" : "")}";
        }

        return new QueuedMessage(
            new Envelope { Id = id, ReceivedAt = receivedAt, From = ReversePath.Null, Recipients = [], SessionId = "" }, length, settings.Retry.ExpiresAt(receivedAt), null, [], [], 0)
        {
            Problem = $"it cannot be read on this server's disk{where}: {problem}",
        };
    }

    /// <summary>The same in the list: of its addresses nothing is known. Null where the filter says no.</summary>
    public static QueueEntry? UnreadableEntry(
        MailId id, DateTimeOffset receivedAt, long length, string? destination, QueueState state, int failures, DateTimeOffset? nextAt, string problem, QueueFilter filter)
    {
        var why = $"cannot be read on this server's disk: {problem}";
        return filter is { Sender: null, Recipient: null } && filter.MatchesRest("", [], why, null)
            ? new QueueEntry(id, destination ?? "", state, "", [], 0, length, receivedAt, failures, nextAt, why, null)
            : null;
    }

    /// <summary>A message that goes nowhere any more and whose sender is still to be told so; as the bounce that it is. Null where the filter says no.</summary>
    public static QueueEntry? UntoldEntry(MailId id, Envelope envelope, long length, MessageRecord record, int tries, DateTimeOffset? nextAt, string why, QueueFilter filter)
    {
        var to = envelope.From.Mailbox?.ToString() ?? "";
        return filter.MatchesRest("", [to], why, null)
            ? new QueueEntry(id, "", QueueState.Waiting, "", [to], 1, length, record.ReceivedAt, tries, nextAt, why, null)
            : null;
    }

    /// <summary>What its sender is still to be told, each notice once.</summary>
    public static ImmutableArray<QueuedNotice> NoticesOf(MessageRecord record, DateTimeOffset nextAt, Func<OwedNotice, string> why) =>
    [
        .. record.Notices.GroupBy(part => part.Id).Select(parts => new QueuedNotice(parts.Key, parts.First().Action, [.. parts.SelectMany(part => part.Recipients)], nextAt, why(parts.First()))),
    ];

    /// <summary>Why a notice is still here.</summary>
    public static string WhyUntold(OwedNotice notice, string trouble) => $"the notice that it is {notice.Action.ToString().ToLowerInvariant()} is not stored yet: {trouble}";
}
