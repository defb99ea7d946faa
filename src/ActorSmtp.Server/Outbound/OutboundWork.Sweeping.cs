using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound;

/// <summary>What time does to messages: those that wait too long are given up, and the senders of those that wait long are told so.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>Messages that are being given up or warned about at the same time.</summary>
    private const int MostSwept = 64;

    /// <summary>Messages that are looked at in one turn.</summary>
    private const int MostSeen = 10_000;

    /// <summary>Seconds until those are looked at again that could not be given up: an attempt may be under way.</summary>
    private const uint SweepPause = 60;

    private int _sweeping;
    private uint? _sweepAt;
    private int _swept = -1;                        // up to here, in the order of arrival, this round has looked
    private int _warned = -1;                       // up to here, in the order of arrival, all have been looked at

    /// <summary>
    /// Looks at the oldest messages: who has waited long enough at a destination that rests is given up, and who waits longer than the sender was told is
    /// warned about. Anything else ends by its own attempts.
    /// </summary>
    private void Sweep(uint now)
    {
        if (_sweepAt is { } at && at > now && _index.First >= 0)
        {
            return;
        }

        _sweepAt = null;
        var expire = (uint)_at.Settings.Retry.Expire.TotalSeconds;
        var seen = 0;
        for (var slot = _swept >= 0 ? _index.After(_swept) : _index.First; ; slot = _index.After(slot))
        {
            if (slot < 0 || _index.ArrivalOf(slot) + expire > now)
            {
                _swept = -1;                        // the round is over; what was seen and could not be given up is looked at in another
                _sweepAt = slot < 0 ? _sweepAt : Earlier(_sweepAt, _index.ArrivalOf(slot) + expire);
                _sweepAt = _index.First >= 0 && _index.ArrivalOf(_index.First) + expire <= now ? Earlier(_sweepAt, now + SweepPause) : _sweepAt;
                break;
            }

            if (_sweeping >= MostSwept || ++seen > MostSeen)
            {
                _sweepAt = Earlier(_sweepAt, now + 1);
                break;
            }

            _swept = slot;
            if (!_index.MarksOf(slot).HasFlag(MessageMarks.IsSwept) && _index.LegsOf(slot).Any(leg => IsStuck(leg, now)))
            {
                Begin(slot, GiveUp);
            }
        }

        Warn(now);
    }

    /// <summary>It has no attempt before it that could end it.</summary>
    private bool IsStuck(int leg, uint now) => _index[leg].State switch
    {
        LegState.Waiting => _index.DestinationOf(leg).RestsUntil > now || _index[leg].Due > now + SweepPause,
        LegState.Ready => _index.DestinationOf(leg).RestsUntil > now,
        _ => false,
    };

    private void Warn(uint now)
    {
        if (_at.Settings.Retry.WarnsAt(default) is not { } after)
        {
            return;
        }

        var wait = (uint)(after - default(DateTimeOffset)).TotalSeconds;
        for (var slot = _warned >= 0 ? _index.After(_warned) : _index.First; slot >= 0; slot = _index.After(slot))
        {
            if (_index.ArrivalOf(slot) + wait is var warnsAt && warnsAt > now)
            {
                _sweepAt = Earlier(_sweepAt, warnsAt);
                return;
            }

            if (_sweeping >= MostSwept)
            {
                _sweepAt = now + 1;
                return;
            }

            _warned = slot;
            if (_index.MarksOf(slot).HasFlag(MessageMarks.MayWarn))
            {
                _index.MarksOf(slot) &= ~MessageMarks.MayWarn;
                Begin(slot, SendWarning);
            }
        }
    }

    private void Begin(int slot, Action<OpenMessage> what)
    {
        _sweeping++;
        _index.MarksOf(slot) |= MessageMarks.IsSwept;
        Access(slot, open =>
        {
            if (_sweeping-- == MostSwept)
            {
                _sweepAt = Earlier(_sweepAt, QueueIndex.Seconds(Now));          // there is room for the next
            }

            if (_index.Has(slot))
            {
                _index.MarksOf(slot) &= ~MessageMarks.IsSwept;
            }

            if (open is not null)
            {
                what(open);
                Release(open);
            }
        });
    }

    private void GiveUp(OpenMessage open)
    {
        var now = QueueIndex.Seconds(Now);
        GiveUp(open, leg => IsStuck(leg, now), expired: true, _ => { });
    }

    /// <summary>Gives up a message at some of its destinations, without another attempt.</summary>
    /// <param name="then">With how many destinations were given up.</param>
    private void GiveUp(OpenMessage open, Func<int, bool> where, bool expired, Action<IReadOnlyList<string>> then)
    {
        var notices = new List<OwedNotice>();
        var given = new List<(DestinationRecord There, ImmutableArray<int> Recipients)>();
        foreach (var leg in _index.LegsOf(open.Slot).Where(where).ToArray())
        {
            var destination = _index.DestinationOf(leg);
            if (open.Carried.Contains(destination.Name) || open.Record.Destinations.Find(record => record.Name == destination.Name) is not { } there)
            {
                continue;
            }

            var last = open.Record.Attempts.FindLast(attempt => attempt.Destination == there.Name) ?? destination.LastAttempt;
            var status = expired ? s_expired : new EnhancedCode(5, 0, 0);
            given.Add((there, there.Recipients));
            foreach (var recipient in there.Recipients)
            {
                var outcome = last?.Outcomes.FirstOrDefault(outcome => outcome.Recipient == recipient);
                Settle(open, there, recipient, RecipientState.Failed, status);
                var why = outcome?.Why ?? last?.Why ?? destination.Why;
                Notice(
                    open, ReportAction.Failed, [recipient], status, outcome?.Reply, expired ? why : why is null ? ByOrder : $"{ByOrder}; before: {why}", last?.Host, last?.At ?? Now, notices);
            }

            open.Record.Destinations.Remove(there);
            _index.Hold(leg);                       // until it is recorded nothing takes it
        }

        if (given.Count == 0)
        {
            then([]);
            return;
        }

        Promise(open, notices);
        Save(open, () =>
        {
            foreach (var (there, recipients) in given)
            {
                if (expired)
                {
                    _at.News.Expired(open.Envelope, there.Name, recipients);
                }

                if (_index.LegOf(open.Slot, there.Name) is >= 0 and var leg)
                {
                    _index.RemoveLeg(leg);
                }
            }

            Owe(open, notices);
            then([.. given.Select(there => there.There.Name)]);
        });
    }

    /// <summary>One notice for all recipients that wait, once.</summary>
    private void SendWarning(OpenMessage open)
    {
        if (open.Record.WarnedAt is not null || open.IsOver)
        {
            return;
        }

        var now = Now;
        open.Record.WarnedAt = now;
        var waiting = open.Record.Destinations.Where(there => there.HeldAt is null).SelectMany(there => there.Recipients).ToImmutableArray();
        var last = open.Record.Attempts.LastOrDefault();
        var outcome = last?.Outcomes.FirstOrDefault(outcome => outcome.Kind == OutcomeKind.Later);
        var why = outcome?.Why ?? last?.Why ?? open.Record.Destinations.Select(there => _index.Find(there.Name)?.Why).FirstOrDefault(text => text is not null);
        var notices = new List<OwedNotice>();
        Notice(open, ReportAction.Delayed, waiting, outcome?.Status ?? new EnhancedCode(4, 4, 1), outcome?.Reply, why, last?.Host, last?.At ?? now, notices);
        Promise(open, notices);
        Save(open, () => Owe(open, notices));
    }
}
