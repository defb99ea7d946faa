using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Storage;
using static ActorSmtp.Server.Outbound.OutboundMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The queue where nodes share it: messages come when the store has claimed them, and go back when nothing is to be done with them for a while. In between they are as any others.
/// What another node has by now is forgotten, whatever was under way with it: nothing of it could be recorded.
/// </summary>
internal sealed partial class OutboundWork
{
    /// <summary>Seconds that a message is kept for which something is due so soon.</summary>
    private const uint ShortWait = 10;

    /// <summary>Seconds that a message is kept that was fetched for an order which never came.</summary>
    private const uint LongestPin = 60;

    /// <summary>Seconds from one look at what time does to the claimed messages to the next.</summary>
    private const uint SweepClaimedEvery = 10;

    /// <summary>Seconds that a message without a way is left in peace: a node that knows one may come.</summary>
    private const uint WaylessPause = 3600;

    /// <summary>Seconds by which the clock of a node may have been ahead that does not go by the database's, and said when a message is due: one of an earlier version.</summary>
    private const uint Skew = 900;

    /// <summary>Seconds by which two that go by the database's clock may seem to differ: what was rounded, and a question's way.</summary>
    private const uint Alike = 2;

    private readonly ISharedQueue? _shared;
    private readonly HashSet<int> _considered = [];         // slots that may be given back, if nothing is due soon
    private readonly HashSet<int> _wanted = [];             // slots that another node has an order for
    private readonly HashSet<int> _lost = [];               // slots of other nodes' messages that are in use here still
    private readonly Dictionary<int, uint> _pinned = [];    // slots that were fetched for an order, and until when it is waited for
    private uint? _unpinsAt;

    /// <summary>Slots that another node has an order for, and those that were fetched for one of ours.</summary>
    internal (int Wanted, int Pinned) OrdersKept => (_wanted.Count, _pinned.Count);

    void IQueueObserver.OnClaimed(ReadOnlySpan<ClaimedQueueMail> mails) => _self.Tell(new Claimed(mails.ToArray()), Akka.Actor.ActorRefs.NoSender);

    void IQueueObserver.OnLost(ReadOnlySpan<int> slots) => _self.Tell(new Called(slots.ToArray(), IsLost: true), Akka.Actor.ActorRefs.NoSender);

    void IQueueObserver.OnWanted(ReadOnlySpan<int> slots) => _self.Tell(new Called(slots.ToArray(), IsLost: false), Akka.Actor.ActorRefs.NoSender);

    public void OnClaimed(ClaimedQueueMail[] mails)
    {
        var now = QueueIndex.Seconds(Now);
        foreach (var mail in mails)
        {
            Learn(mail.Slot, mail.State.Span);
            if (mail.TakenFrom is { } before)
            {
                _at.News.TakenOver(mail.Id, before);
            }

            if (mail.IsFetched)
            {
                _pinned[mail.Slot] = now + LongestPin;
                _unpinsAt = Earlier(_unpinsAt, now + LongestPin);
            }
            else if (mail.WasFree)
            {
                BeDue(mail.Slot, now);
            }

            if (_index.Find(mail.Line) is { } destination && destination.Rests < mail.Rest.Times)
            {
                (destination.Rests, destination.Why) = (mail.Rest.Times, destination.Why ?? mail.Rest.Why);
                if (mail.Rest.For > TimeSpan.Zero)
                {
                    destination.RestsUntil = Math.Max(destination.RestsUntil, QueueIndex.SecondsUp(Now + mail.Rest.For));
                    Rest(destination);
                }
            }

            Consider(mail.Slot);
        }

        _sweepAt = null;
    }

    public void OnCalled(Called m)
    {
        foreach (var slot in m.Slots)
        {
            if (m.IsLost)
            {
                Lose(slot);
            }
            else if (_index.Has(slot))
            {
                _wanted.Add(slot);
                Consider(slot);
            }
        }
    }

    /// <summary>Where a message still has to go, as the shared queue wants to know it.</summary>
    private QueueStand? StandOf(MessageRecord record) => _shared is null ? null : new(
        record.Destinations.ConvertAll(there => there.Name), record.Destinations.FindAll(there => there.HeldAt is not null).ConvertAll(there => there.Name));

    /// <summary>
    /// By the database's clock its wait is over. Where the record says that it goes on, a node wrote it whose own clock was ahead by so much: all its times are moved. But where its sender is to be
    /// warned, or its time is over, it was given back for that, and what it says of its attempts is right.
    /// </summary>
    private void BeDue(int slot, uint now)
    {
        int[] waiting = [.. _index.LegsOf(slot).Where(leg => _index[leg].State == LegState.Waiting)];
        var first = waiting.Length == 0 ? 0 : waiting.Min(leg => _index[leg].Due);
        if (first <= now + Alike || first > now + Skew || ExpiresAt(slot) <= now + Alike || WarnsAt(slot) <= now + Alike)
        {
            return;
        }

        var ahead = first - now;
        foreach (var leg in waiting)
        {
            if (_index[leg].Due == first)
            {
                _index.Queue(leg, now);
                Want(_index.DestinationOf(leg));
            }
            else
            {
                _index.Wait(leg, _index[leg].Due - ahead);
            }
        }
    }

    private uint ExpiresAt(int slot) => _index.ArrivalOf(slot) + (uint)_at.Settings.Retry.Expire.TotalSeconds;

    /// <summary>When its sender is to hear that it takes long; null: nobody is.</summary>
    private uint? WarnsAt(int slot) =>
        _index.MarksOf(slot).HasFlag(MessageMarks.MayWarn) && !IsHeld(slot) && _at.Settings.Retry.WarnsAt(default) is { } after ? _index.ArrivalOf(slot) + (uint)(after - default(DateTimeOffset)).TotalSeconds : null;

    /// <summary>At the end of this turn it is looked at whether it can go back.</summary>
    private void Consider(int slot)
    {
        if (_shared is not null)
        {
            _considered.Add(slot);
        }
    }

    /// <summary>A rest is all nodes' rest, and what waits for it need not be held by this one.</summary>
    private void ShareRest(Destination destination)
    {
        if (_shared is null)
        {
            return;
        }

        _shared.Rest(destination.Name, QueueIndex.Time(destination.RestsUntil) - Now, destination.Rests, destination.Why);
        for (var slot = _index.First; slot >= 0; slot = _index.After(slot))
        {
            if (_index.LegOf(slot, destination.Name) >= 0)
            {
                Consider(slot);
            }
        }
    }

    private void Unpin(IEnumerable<MailId> ids)
    {
        foreach (var slot in _pinned.Count == 0 ? [] : ids.Select(_store.Find).Where(slot => slot >= 0).ToArray())
        {
            _pinned.Remove(slot);
            Consider(slot);
        }
    }

    private void GiveBackSome()
    {
        if (_shared is null)
        {
            return;
        }

        var now = QueueIndex.Seconds(Now);
        if (_unpinsAt <= now)
        {
            _unpinsAt = null;
            foreach (var (slot, until) in _pinned.ToArray())
            {
                if (until > now)
                {
                    _unpinsAt = Earlier(_unpinsAt, until);
                }
                else
                {
                    _pinned.Remove(slot);
                    Consider(slot);
                }
            }
        }

        foreach (var slot in _considered)
        {
            if (_lost.Contains(slot))
            {
                if (!_open.ContainsKey(slot) && !_loading.ContainsKey(slot) && !_leaving.Contains(slot))
                {
                    _lost.Remove(slot);
                    GiveBack(slot, TimeSpan.Zero);
                }
            }
            else if (_index.Has(slot) && WaitOf(slot, now) is { } wait)
            {
                Forget(slot);
                GiveBack(slot, wait);
            }
        }

        _considered.Clear();
    }

    private void GiveBack(int slot, TimeSpan wait)
    {
        _recording++;
        _asked.Add(QueueJob.GiveBack(slot, wait, (Action<QueueJob>)(_ => _recording--)));
    }

    /// <summary>How long nobody need look at a message; null: this node has something to do with it, now or soon.</summary>
    private TimeSpan? WaitOf(int slot, uint now)
    {
        if (_open.ContainsKey(slot) || _loading.ContainsKey(slot) || _pinned.ContainsKey(slot) || (_index.MarksOf(slot) & (MessageMarks.Owes | MessageMarks.IsSwept)) != 0
            || _leaving.Contains(slot))
        {
            return null;
        }

        var isWanted = _wanted.Contains(slot);
        uint? next = null;
        foreach (var leg in _index.LegsOf(slot))
        {
            var rests = _index.DestinationOf(leg).RestsUntil;
            rests = rests == uint.MaxValue ? now + WaylessPause : rests;
            switch (_index[leg].State)
            {
                case LegState.Held:
                    continue;
                case LegState.Waiting:
                    next = Earlier(next, Math.Max(_index[leg].Due, rests));
                    continue;
                case LegState.Ready when rests > now || isWanted || _isDraining:
                    next = Earlier(next, Math.Max(now, rests));
                    continue;
                default:
                    return null;
            }
        }

        var expires = ExpiresAt(slot);
        next = Earlier(next is null || expires <= now ? next : Earlier(next, expires), WarnsAt(slot));
        return isWanted ? TimeSpan.Zero
            : next is not { } at ? Timeout.InfiniteTimeSpan
            : at > now + ShortWait ? TimeSpan.FromSeconds(at - now)
            : _isDraining ? TimeSpan.FromSeconds(at > now ? at - now : 0)
            : null;
    }

    /// <summary>At all of its destinations: nothing happens to it before it is released.</summary>
    private bool IsHeld(int slot) => _index.LegsOf(slot).All(leg => _index[leg].State == LegState.Held);

    /// <summary>It is another node's by now. What is under way ends and changes nothing; its slot is free when nothing uses it any more.</summary>
    private void Lose(int slot)
    {
        if (!_index.Has(slot) || !_lost.Add(slot))
        {
            return;
        }

        if (_open.TryGetValue(slot, out var open))
        {
            open.IsGone = open.IsOver = true;
            foreach (var name in open.Carried)
            {
                _index.Find(name)?.Relay?.Tell(new Forget(open.Id), _self);
            }
        }

        _at.Log.QueuedIsLost(QueueNews.Path, _store.At(slot)?.Id ?? default);
        Forget(slot);
        Consider(slot);
    }

    /// <summary>As <see cref="Sweep"/>, of what is claimed: it came in any order, and is not much.</summary>
    private void SweepClaimed(uint now)
    {
        _sweepAt = now + SweepClaimedEvery;
        while (_warnLater.TryPeek(out var late, out var at) && at <= now)
        {
            _warnLater.Dequeue();
            IsItsTurn(late);
        }

        var expire = (uint)_at.Settings.Retry.Expire.TotalSeconds;
        var warn = _at.Settings.Retry.WarnsAt(default) is { } after ? (uint?)(after - default(DateTimeOffset)).TotalSeconds : null;
        for (int slot = _index.First, next; slot >= 0; slot = next)
        {
            next = _index.After(slot);
            var marks = _index.MarksOf(slot);
            if (_sweeping >= MostSwept)
            {
                _sweepAt = now + 1;
                return;
            }

            if (marks.HasFlag(MessageMarks.IsSwept))
            {
                continue;
            }

            if (_index.ArrivalOf(slot) + expire <= now && _index.LegsOf(slot).Any(leg => IsStuck(leg, now)))
            {
                Begin(slot, GiveUp);
            }
            else if (marks.HasFlag(MessageMarks.MayWarn) && !marks.HasFlag(MessageMarks.WarnsLater) && _index.ArrivalOf(slot) + warn <= now && !IsHeld(slot))
            {
                WarnOf(slot);
            }
        }
    }
}
