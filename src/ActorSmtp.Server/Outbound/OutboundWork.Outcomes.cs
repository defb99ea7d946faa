using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>What attempts came to, and what time did.</summary>
internal sealed partial class OutboundWork
{
    private static readonly EnhancedCode s_expired = new(4, 4, 7);                  // RFC 3463 §3.5: delivery time expired
    private static readonly EnhancedCode s_harmed = new(5, 3, 0);                   // other or undefined mail system status
    private const string ByOrder = "an administrator of this mail server has ended its delivery";
    private const string Harmed = "the message was harmed on this server's disk and cannot be sent";

    /// <summary>Of what a relay gives back that it did not begin, unless the relay ends.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    public void OnAttempted(Attempted m, IActorRef relay)
    {
        if (!_relays.TryGetValue(relay, out var destination) || (m.Of as OpenMessage ?? _openById.GetValueOrDefault(m.Id)) is not { } open || !destination.Carried.Contains(open))
        {
            return;                                 // taken back already
        }

        if (m.IsLast)
        {
            Moved(destination, m.Report.Took, QueueIndex.Seconds(Now));
        }

        if (open.Record.Destinations.Find(record => record.Name == destination.Name) is not { } there)
        {
            if (m.IsLast)                           // an earlier report has settled all there was
            {
                open.Carried.Remove(destination.Name);
                destination.Carried.Remove(open);
                if (!open.IsGone && _index.LegOf(open.Slot, destination.Name) is >= 0 and var done)
                {
                    _index.RemoveLeg(done);
                }

                Release(open);
            }

            return;
        }

        var now = Now;
        var fresh = new List<OwedNotice>();
        var harmed = open.IsHarmed && m.Report.Outcomes.Any(outcome => outcome.Kind == OutcomeKind.Later);
        if (harmed)
        {
            _at.Log.QueuedIsHarmed(QueueNews.Path, open.Id);
        }

        if (!m.Report.Outcomes.IsEmpty || m.Report.Why is not null)
        {
            open.Record.Add(m.Report);
            destination.LastAttempt = m.Report;
        }

        foreach (var outcome in m.Report.Outcomes.Where(outcome => there.Recipients.Contains(outcome.Recipient)).ToArray())
        {
            Take(open, destination, there, m.Report, harmed && outcome.Kind == OutcomeKind.Later ? outcome with { Kind = OutcomeKind.Never, Status = s_harmed, Reply = null, Why = Harmed } : outcome, fresh);
        }

        DateTimeOffset? next = null;
        ImmutableArray<int> expired = [];
        if (m.IsLast)
        {
            open.Carried.Remove(destination.Name);
            destination.Carried.Remove(open);
            (next, expired) = Conclude(open, there, destination.IsEnding ? TimeSpan.Zero : s_pause, now, fresh);
        }

        var changed = !m.Report.Outcomes.IsEmpty || expired.Length > 0;
        if (there.Recipients.IsEmpty)
        {
            open.Record.Destinations.Remove(there);
            changed = true;
        }

        if (!changed)
        {
            if (m.IsLast)
            {
                GoBack(open, destination, there);
                Release(open);
            }

            return;
        }

        Promise(open, fresh);
        var isLast = m.IsLast;
        Save(open, () =>
        {
            _at.News.Attempted(open.Envelope, m.Report, next);
            if (expired.Length > 0)
            {
                _at.News.Expired(open.Envelope, destination.Name, expired);
            }

            Owe(open, fresh);
            if (isLast)
            {
                GoBack(open, destination, there);
                Release(open);
            }
        });
    }

    private void Take(OpenMessage open, Destination destination, DestinationRecord there, AttemptReport report, RecipientOutcome outcome, List<OwedNotice> notices)
    {
        open.Later.Remove((destination.Name, outcome.Recipient));
        switch (outcome.Kind)
        {
            case OutcomeKind.Later:
                open.Later[(destination.Name, outcome.Recipient)] = (report, outcome);
                return;
            case OutcomeKind.Never:
                Settle(open, there, outcome.Recipient, RecipientState.Failed, outcome.Status);
                Notice(open, ReportAction.Failed, [outcome.Recipient], outcome.Status, outcome.Reply, outcome.Why ?? report.Why, report.Host, report.At, notices);
                return;
            case OutcomeKind.Relayed:
                IsWell(destination);
                Settle(open, there, outcome.Recipient, RecipientState.Relayed, outcome.Status);
                Notice(open, ReportAction.Relayed, [outcome.Recipient], outcome.Status, outcome.Reply, outcome.Why, report.Host, report.At, notices);
                return;
            default:
                IsWell(destination);
                Settle(open, there, outcome.Recipient, RecipientState.Delivered, outcome.Status);
                return;
        }
    }

    private void IsWell(Destination destination)
    {
        var rested = destination.Rests > 0;
        (destination.Rests, destination.Breakdowns, destination.Why) = (0, 0, null);
        if (rested)
        {
            _shared?.Rest(destination.Name, TimeSpan.Zero, 0, null);
        }
    }

    private static void Settle(OpenMessage open, DestinationRecord there, int recipient, RecipientState state, EnhancedCode status)
    {
        there.Recipients = there.Recipients.Remove(recipient);
        open.Record.Settled[recipient] = (state, status);
    }

    /// <summary>The attempt is over: those put off wait for the next one, or have waited long enough.</summary>
    /// <param name="pause">How long it waits if it was not tried at all.</param>
    private (DateTimeOffset? Next, ImmutableArray<int> Expired) Conclude(OpenMessage open, DestinationRecord there, TimeSpan pause, DateTimeOffset now, List<OwedNotice> notices)
    {
        var later = there.Recipients.Where(recipient => open.Later.ContainsKey((there.Name, recipient))).ToImmutableArray();
        if (later.IsEmpty)
        {
            there.Due = now + pause;                // not tried: soon again, but not at once by the same relay
            return (null, []);
        }

        there.Failures++;
        var step = _at.Settings.Retry.After(open.Record.ReceivedAt, there.Failures, open.Record.WarnedAt is not null, now, (ulong)_at.Luck.NextInt64());
        if (step.NextAt is { } next)
        {
            there.Due = next;
            return (next, []);
        }

        foreach (var recipient in later)
        {
            var (report, outcome) = open.Later[(there.Name, recipient)];
            Settle(open, there, recipient, RecipientState.Failed, s_expired);
            Notice(open, ReportAction.Failed, [recipient], s_expired, outcome.Reply, outcome.Why ?? report.Why, report.Host, report.At, notices);
        }

        return (null, later);
    }

    /// <summary>The leg goes where the record says; or it is over.</summary>
    private void GoBack(OpenMessage open, Destination destination, DestinationRecord there)
    {
        foreach (var recipient in there.Recipients)
        {
            open.Later.Remove((there.Name, recipient));
        }

        var leg = open.IsGone ? -1 : _index.LegOf(open.Slot, destination.Name);
        if (leg < 0)
        {
            return;
        }

        if (there.Recipients.IsEmpty)
        {
            _index.RemoveLeg(leg);
        }
        else
        {
            SetWaiting(leg, there);
        }
    }

    private void Notice(
        OpenMessage open, ReportAction action, ImmutableArray<int> recipients, EnhancedCode status, ServerReply? reply, string? why, string? host, DateTimeOffset? at,
        List<OwedNotice> notices, MailId? id = null)
    {
        recipients = [.. recipients.Where(recipient => Protocol.Delivery.Notices.IsWanted(open.Envelope, open.Envelope.Recipients[recipient], action))];
        if (!recipients.IsEmpty)
        {
            notices.Add(new OwedNotice(id ?? _at.Ids.Next(Now), action, recipients, status, reply, why, host, at));
        }
    }
}
