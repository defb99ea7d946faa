using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using static ActorSmtp.Server.Outbound.OutboundMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// Whose turn it is. A destination with mail that is due stands in line for a relay, which takes one of <c>outbound.destinations</c> places. A relay that has
/// nothing to do ends, and one that has had its share makes place while others stand in line, so that no destination waits for a crowd of another's mail.
/// </summary>
internal sealed partial class OutboundWork
{
    internal const string NoRoute = "no route leads there any more (outbound.routes); it waits until one does, or expires";

    /// <summary>Destinations without a route that the log names; the list has them all.</summary>
    private const int MostWaylessTold = 100;

    /// <summary>Rests that count no more, beside as many as there are destinations.</summary>
    private const int MostStale = 100;

    /// <summary>
    /// While news of so many messages are not on record, no further one is sent: whatever was sent and is not on record goes out again after a crash, or from another node.
    /// </summary>
    internal const int MostUnrecorded = 512;

    private readonly Dictionary<IActorRef, Destination> _relays = [];
    private readonly HashSet<Destination> _heldUp = [];     // have room, and wait for the store
    private readonly PriorityQueue<Destination, uint> _resting = new();
    private readonly HashSet<IActorRef> _drainers = [];
    private readonly RouteTable _routes;
    private bool _isDraining;
    private int _wayless;
    private long _named;

    /// <summary>Entries in the line of rests.</summary>
    internal int RestsKept => _resting.Count;

    /// <summary>
    /// An actor's name for a destination, which others choose: a name of letters, digits, hyphens and dots is itself; of any other what cannot stand in an actor's path
    /// is left out, and a number tells it from its like.
    /// </summary>
    private string NameOf(string destination) => destination.All(IsPlain)
        ? destination
        : $"{new string([.. destination.Where(IsPlain).Take(100)])}~{++_named}";

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.';

    /// <summary>Everything that is due gets its turn. Answers when something is due next; null: nothing before somebody says something.</summary>
    public DateTimeOffset? Pump()
    {
        var now = QueueIndex.Seconds(Now);
        if (!_isDraining)
        {
            for (int leg; (leg = _index.TakeDue(now)) >= 0;)
            {
                _index.Queue(leg, now);
                Want(_index.DestinationOf(leg));
            }

            while (_resting.TryPeek(out var rested, out var until) && until <= now)
            {
                _resting.Dequeue();
                Want(rested);
            }

            Sweep(now);
            TellNext(now);
            WaitNoLonger(now);
            MakePlaces(now);
            HandOnHeldUp();
            while (NextInTurn() is { } next)
            {
                next.IsInTurn = false;
                Engage(next, now);
            }
        }

        var idle = StopIdle(now);
        Ask();
        AnswerDrainers();
        UpdateTotals();
        return _isDraining ? null : Next(now, idle);
    }

    public void OnRoom(Room m, IActorRef relay)
    {
        if (_relays.TryGetValue(relay, out var destination))
        {
            destination.Room += m.More;
            HandOn(destination);
        }
    }

    /// <summary>Nothing goes there now: all that the relay had waits again, and the relay ends.</summary>
    public void OnResting(Resting m, IActorRef relay)
    {
        if (!_relays.TryGetValue(relay, out var destination))
        {
            return;
        }

        destination.RestsUntil = Math.Max(QueueIndex.SecondsUp(m.Until), QueueIndex.Seconds(Now) + 1);
        destination.Rests++;
        (destination.Why, destination.LastAttempt) = (m.Why, m.Last);
        _at.News.Rests(destination.Name, m.Until, m.Why);
        Rest(destination);
        Dismiss(destination);
        ShareRest(destination);
    }

    /// <summary>It is looked at again when its rest is over. Rests that were cut short, and those of destinations that are gone, do not gather.</summary>
    private void Rest(Destination destination)
    {
        if (_resting.Count >= MostStale + (2 * _index.Destinations))
        {
            _resting.Clear();
            _resting.EnqueueRange(_index.AllDestinations.Where(there => there != destination && there.RestsUntil is > 0 and < uint.MaxValue).Select(there => (there, there.RestsUntil)));
        }

        _resting.Enqueue(destination, destination.RestsUntil);
    }

    /// <summary>An attempt under way is waited for, nothing new is begun.</summary>
    public void Drain(IActorRef drainer)
    {
        _drainers.Add(drainer);
        if (!_isDraining)
        {
            _isDraining = true;
            HandOver();
            foreach (var (relay, destination) in _relays)
            {
                destination.IsLeaving = true;
                relay.Tell(Finish.Instance, _self);
            }
        }
    }

    /// <summary>What is not begun is for the other nodes, where the queue is theirs too.</summary>
    private void HandOver()
    {
        _shared?.Hasten();
        for (var slot = _index.First; slot >= 0; slot = _index.After(slot))
        {
            Consider(slot);
        }
    }

    /// <summary>
    /// Whether mail may go there. Routes may have gone since the mail was accepted: then it waits, with the reason, until there is one again or it expires.
    /// </summary>
    private bool IsRouted(Destination destination)
    {
        if (destination.HasRoute is not { } has)
        {
            destination.HasRoute = has = MailDomain.TryParse(destination.Name) is not { } domain || _routes.Find(domain) is not null;
            if (!has)
            {
                (destination.RestsUntil, destination.Why) = (uint.MaxValue, NoRoute);
                if (_wayless++ < MostWaylessTold)
                {
                    _at.Log.NoRouteAnyMore(QueueNews.Path, destination.Name);
                }
            }
        }

        return has;
    }

    /// <summary>At the opening: the log says at once for whom mail waits that cannot leave.</summary>
    private void TellOfWayless()
    {
        if (_routes.IsEmpty)
        {
            _at.Log.QueueWithoutRoutes(QueueNews.Path, _index.Messages);
        }

        foreach (var destination in _index.AllDestinations)
        {
            IsRouted(destination);
        }
    }

    /// <summary>A destination that has mail due stands in line, once.</summary>
    private void Want(Destination destination)
    {
        if (!IsRouted(destination))
        {
            return;
        }

        if (destination.Relay is not null)
        {
            HandOn(destination);
        }
        else if (destination is { Ready: > 0, IsInTurn: false, IsForgotten: false } && destination.RestsUntil <= QueueIndex.Seconds(Now))
        {
            StandInTurn(destination);
        }
    }

    private void Engage(Destination destination, uint now)
    {
        if (destination is { Ready: > 0, Relay: null, IsForgotten: false } && destination.RestsUntil <= now)
        {
            destination.Relay = _shell.MakeRelay(destination.Name, destination.Rests, NameOf(destination.Name));
            _relays.Add(destination.Relay, destination);
            TakePlace(destination, now);
            _index.Touch(destination);
        }
    }

    /// <summary>Gives a relay as much as it has room for.</summary>
    private void HandOn(Destination destination)
    {
        if (destination.Relay is null)
        {
            Want(destination);
            return;
        }

        while (destination is { Room: > 0, IsLeaving: false, Ready: > 0 })
        {
            if (_unrecorded >= MostUnrecorded)
            {
                _heldUp.Add(destination);
                return;
            }

            if (destination.Given >= Share && InLine > 0 && _places.Count >= _at.Settings.Destinations)
            {
                destination.IsSlow = false;
                Retire(destination);
                break;
            }

            destination.MovedAt = destination.Out == 0 ? QueueIndex.Seconds(Now) : destination.MovedAt;
            var leg = _index.TakeReady(destination);
            if (leg < 0)
            {
                break;
            }

            destination.Room--;
            destination.Given++;
            var (slot, relay) = (_index[leg].Slot, destination.Relay);
            Access(slot, open => Carry(open, destination, relay, slot));
        }
    }

    /// <summary>What came of enough messages is on record again.</summary>
    private void HandOnHeldUp()
    {
        if (_heldUp.Count == 0 || _unrecorded > MostUnrecorded / 2)
        {
            return;
        }

        Destination[] heldUp = [.. _heldUp];
        _heldUp.Clear();
        foreach (var destination in heldUp.Where(there => !there.IsForgotten))
        {
            HandOn(destination);
        }
    }

    private void Carry(OpenMessage? open, Destination destination, IActorRef relay, int slot)
    {
        var leg = _index.LegOf(slot, destination.Name);
        if (open is null || leg < 0)
        {
            Unuse(open);
            destination.Room += destination.Relay == relay ? 1 : 0;
            if (leg >= 0)
            {
                _index.Wait(leg, _unreadable.TryGetValue(slot, out var unreadable) ? unreadable.LooksAt : QueueIndex.Seconds(Now) + FirstLook);
            }

            return;                                 // gone, or it cannot be read now
        }

        var there = open.Record.Destinations.Find(record => record.Name == destination.Name);
        if (!_store.Holds(slot))
        {
            destination.Room += destination.Relay == relay ? 1 : 0;
            _index.Wait(leg, QueueIndex.Seconds(Now) + 1);
            Unuse(open);
            return;                                 // its claim may have ended: it is renewed, or lost
        }

        if (there is null || destination.Relay != relay || destination.IsEnding || _isDraining || there.HeldAt is not null)
        {
            destination.Room += destination.Relay == relay ? 1 : 0;             // the relay waits for another in its place
            SetWaiting(leg, there);
            Unuse(open);
            return;
        }

        open.Carried.Add(destination.Name);
        destination.Carried.Add(open);
        relay.Tell(new Carry(new Errand(open.Id, destination.Name, there.Recipients, open.Envelope, open.Mail.Length, open, there.Failures)), _self);
    }

    /// <summary>As its record says.</summary>
    private void SetWaiting(int leg, DestinationRecord? record)
    {
        var now = Now;
        if (record is null or { HeldAt: not null })
        {
            _index.Hold(leg);                       // held, or settled already and about to leave the index
        }
        else if (record.Due <= now)
        {
            _index.Queue(leg, QueueIndex.Seconds(now));
            Want(_index.DestinationOf(leg));
        }
        else
        {
            _index[leg].Failures = (ushort)Math.Min(record.Failures, ushort.MaxValue);
            _index.Wait(leg, QueueIndex.SecondsUp(record.Due));
        }
    }

    private DateTimeOffset? Next(uint now, uint? idle)
    {
        var next = Earlier(idle, _index.NextDue);
        if (_resting.TryPeek(out _, out var until))
        {
            next = Earlier(next, until);
        }

        if (_telling < MostTelling)
        {
            next = Earlier(next, _inLine.Count > 0 ? _tellsAt : null);
            next = Earlier(next, _inLineLater.TryPeek(out _, out var later) ? later : null);
        }

        next = Earlier(next, _bringsNoMore == long.MaxValue ? _openedAt + LongestHandover : null);
        next = Earlier(next, _sweepAt);
        next = Earlier(next, NextSlice(now));
        next = Earlier(next, _unpinsAt);
        return next is { } at ? QueueIndex.Time(Math.Max(at, now)) : null;
    }

    private static uint? Earlier(uint? one, uint? other) => one is { } a && other is { } b ? Math.Min(a, b) : one ?? other;

    private void AnswerDrainers()
    {
        if (_drainers.Count == 0 || _recording > 0 || _loading.Count > 0 || _open.Values.Any(open => open.Carried.Count > 0))
        {
            return;
        }

        foreach (var drainer in _drainers)
        {
            drainer.Tell(Drained.Instance, _self);
        }

        _drainers.Clear();
    }
}
