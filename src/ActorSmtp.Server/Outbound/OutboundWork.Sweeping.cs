using System.Collections.Immutable;
using ActorSmtp.Client;
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

    /// <summary>Seconds between the release of a message that was held too long to be warned about, and the warning: it is tried before.</summary>
    private const uint WarnPause = 600;

    private readonly PriorityQueue<int, uint> _warnLater = new();       // those that could not be warned about when it was their turn
    /// <summary>Entries in the line of those that are warned about later.</summary>
    internal int WarnsKept => _warnLater.Count;

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
        if (_shared is not null)
        {
            SweepClaimed(now);
            return;
        }

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
        while (_warnLater.TryPeek(out var late, out var at) && at <= now && _sweeping < MostSwept)
        {
            _warnLater.Dequeue();
            if (IsItsTurn(late) && _index.ArrivalOf(late) + wait <= now)        // else the slot is another's
            {
                WarnOf(late);
            }
        }

        _sweepAt = _warnLater.TryPeek(out _, out var next) ? Earlier(_sweepAt, Math.Max(next, now + 1)) : _sweepAt;
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
            WarnOf(slot);
        }
    }

    private void WarnOf(int slot)
    {
        if (_index.MarksOf(slot).HasFlag(MessageMarks.MayWarn))
        {
            Begin(slot, SendWarning, () =>
            {
                if (_unreadable.TryGetValue(slot, out var unreadable))
                {
                    WarnLater(slot, Math.Min(unreadable.LooksAt, QueueIndex.Seconds(Now) + LastLook));
                }
            });
        }
    }

    /// <summary>Once, however often it is released meanwhile.</summary>
    private void WarnLater(int slot, uint at)
    {
        if (!_index.MarksOf(slot).HasFlag(MessageMarks.WarnsLater))
        {
            at = Math.Max(at, QueueIndex.Seconds(Now) + 1);
            _index.MarksOf(slot) |= MessageMarks.WarnsLater;
            _warnLater.Enqueue(slot, at);
            _sweepAt = Earlier(_sweepAt, at);
        }
    }

    /// <summary>It stood in line to be warned about.</summary>
    private bool IsItsTurn(int slot)
    {
        var was = _index.Has(slot) && _index.MarksOf(slot).HasFlag(MessageMarks.WarnsLater);
        if (was)
        {
            _index.MarksOf(slot) &= ~MessageMarks.WarnsLater;
        }

        return was;
    }

    /// <summary>It is released; who sent it may have waited long without a word.</summary>
    private void WarnReleased(int slot)
    {
        if (_index.MarksOf(slot).HasFlag(MessageMarks.MayWarn))
        {
            WarnLater(slot, QueueIndex.Seconds(Now) + WarnPause);
        }
    }

    /// <param name="cannot">It is gone, or cannot be read now.</param>
    private void Begin(int slot, Action<OpenMessage> what, Action? cannot = null)
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
            else
            {
                cannot?.Invoke();
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

            var status = expired ? s_expired : new EnhancedCode(5, 0, 0);
            given.Add((there, there.Recipients));
            foreach (var recipient in there.Recipients)
            {
                Settle(open, there, recipient, RecipientState.Failed, status);
                var (_, reply, why, host, at) = HeardOf(open, there.Name, recipient);
                Notice(open, ReportAction.Failed, [recipient], status, reply, expired ? why : why is null ? ByOrder : $"{ByOrder}; before: {why}", host, at, notices);
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

    /// <summary>
    /// What is known of why a recipient waits: what was heard when it was tried; else why its destination rests, where nobody came so far as to name a recipient. What a server said
    /// of another message, or of another recipient, is not for this sender.
    /// </summary>
    private (EnhancedCode? Status, ServerReply? Reply, string? Why, string? Host, DateTimeOffset? At) HeardOf(OpenMessage open, string destination, int recipient)
    {
        var own = open.Record.Attempts.FindAll(attempt => attempt.Destination == destination);
        if ((own.FindLast(attempt => attempt.Outcomes.Any(outcome => outcome.Recipient == recipient)) ?? own.LastOrDefault()) is { } attempt)
        {
            var heard = attempt.Outcomes.FirstOrDefault(outcome => outcome.Recipient == recipient);
            return (heard?.Status, heard?.Reply, heard?.Why ?? attempt.Why, attempt.Host, attempt.At);
        }

        if (_index.Find(destination) is not { } there)
        {
            return default;
        }

        return there is { LastAttempt: { Phase: < ClientState.Envelope } last } && there.RestsUntil > QueueIndex.Seconds(Now) && last.Outcomes.FirstOrDefault() is { } outcome
            ? (outcome.Status, outcome.Reply, outcome.Why ?? last.Why ?? there.Why, last.Host, null)
            : (null, null, there.Why, null, null);
    }

    /// <summary>One notice about all recipients that wait and are not held, once.</summary>
    private void SendWarning(OpenMessage open)
    {
        if (open.Record.WarnedAt is not null || open.IsOver)
        {
            return;
        }

        var now = Now;
        var waiting = open.Record.Destinations.Where(there => there.HeldAt is null)
            .SelectMany(there => there.Recipients.Select(recipient => (Recipient: recipient, Heard: HeardOf(open, there.Name, recipient)))).ToArray();
        if (waiting.Length == 0)
        {
            return;                                 // somebody holds it on purpose: there is a word when it is released and waits on
        }

        open.Record.WarnedAt = now;
        _index.MarksOf(open.Slot) &= ~MessageMarks.MayWarn;
        var (id, notices) = (_at.Ids.Next(now), new List<OwedNotice>());
        foreach (var same in waiting.GroupBy(one => one.Heard))
        {
            var (status, reply, why, host, at) = same.Key;
            Notice(open, ReportAction.Delayed, [.. same.Select(one => one.Recipient)], status ?? new EnhancedCode(4, 0, 0), reply, why ?? (at is null ? "nothing could be tried so far" : null), host, at, notices, id);
        }

        Promise(open, notices);
        Save(open, () => Owe(open, notices));
    }
}
