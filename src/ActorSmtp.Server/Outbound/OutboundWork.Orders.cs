using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using static ActorSmtp.Server.Outbound.OutboundMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>What administrators want of the queue. A bounded part at a time, so that mail goes on meanwhile.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>Slots looked at in one turn.</summary>
    private const int MostLooked = 5000;

    /// <summary>Messages of an order that are loaded at the same time.</summary>
    private const int MostOrdered = 64;

    /// <summary>Orders that stand in line, the one under way included.</summary>
    internal const int MostOrders = 64;

    private readonly Queue<OrderRun> _orders = new();

    public void Change(Change m, IActorRef asker)
    {
        if (_orders.Count >= MostOrders)
        {
            asker.Tell(new Refused($"{MostOrders} orders to the queue are under way or wait for their turn: give this one again when some of them are done"), _self);
            return;
        }

        _orders.Enqueue(new OrderRun(asker, m.Order, m.Which) { Named = m.Which.Ids.IsEmpty ? null : new Queue<MailId>(m.Which.Ids) });
        if (_orders.Count == 1)
        {
            GoOn();
        }
    }

    /// <summary>The next part of the order whose turn it is.</summary>
    public void GoOn()
    {
        if (!_orders.TryPeek(out var run))
        {
            return;
        }

        run.IsLooking = true;
        for (var looked = 0; looked < MostLooked && run.Under < MostOrdered; looked++)
        {
            if (run.Named is { } named)
            {
                if (!named.TryDequeue(out var id))
                {
                    run.IsAtEnd = true;
                    break;
                }

                if (_store.Find(id) is >= 0 and var there && _index.Has(there))
                {
                    Begin(run, there);
                }
                else
                {
                    run.Absent.Add(id);
                }
            }
            else if (run.At < _index.Bound)
            {
                Begin(run, run.At++);
            }
            else
            {
                run.IsAtEnd = true;
                break;
            }
        }

        run.IsLooking = false;
        if (run.IsAtEnd && run.Under == 0)
        {
            _orders.Dequeue();
            Unpin(run.Which.Ids);
            run.Asker.Tell(new Changed(run.Changed, run.Absent.ToImmutable()), _self);
        }
        else if (run.Under > 0)
        {
            return;                                 // goes on when those are done
        }

        if (_orders.Count > 0)
        {
            _self.Tell(OutboundMessages.GoOn.Instance, ActorRefs.NoSender);
        }
    }

    private void Begin(OrderRun run, int slot)
    {
        var destinations = _index.LegsOf(slot).Where(leg => Matches(run.Which, leg)).Select(leg => _index.DestinationOf(leg).Name).ToArray();
        var isUntold = destinations.Length == 0 && run.Order == QueueOrder.Remove && IsUntold(slot) && !run.Which.NeedsRest && Matches(run.Which, slot, QueueState.Waiting);
        if (destinations.Length == 0 && !isUntold)
        {
            return;
        }

        if (run.Order == QueueOrder.Retry && _unreadable.TryGetValue(slot, out var unreadable) && unreadable.LooksAt < uint.MaxValue)
        {
            unreadable.LooksAt = 0;                 // the disk may have been mended
        }

        run.Under++;
        var id = _store.At(slot)?.Id;
        Access(slot, open =>
        {
            if (open is null && !_index.Has(slot) && id is { } lost && run.Named is not null)
            {
                run.Absent.Add(lost);               // another node's since it was looked for
            }

            if (open is null && run.Order == QueueOrder.Remove && _unreadable.ContainsKey(slot) && MatchesUnread(run.Which) && destinations.Length == _index.LegsOf(slot).Count())
            {
                RemoveUnread(slot, isGone => Obeyed(run, null, isGone ? Math.Max(1, destinations.Length) : 0));
            }
            else if (open is null or { IsOver: true })
            {
                Obeyed(run, open, 0);
            }
            else if (isUntold)
            {
                TellNoMore(run, open);
            }
            else
            {
                Obey(run, open, destinations);
            }
        });
    }

    private void Obey(OrderRun run, OpenMessage open, string[] destinations)
    {
        var those = destinations.Select(name => open.Record.Destinations.Find(there => there.Name == name)).OfType<DestinationRecord>()
            .Where(there => !run.Which.NeedsRest || EntryOf(open, there.Name, run.Which) is not null).ToArray();
        var now = Now;
        switch (run.Order)
        {
            case QueueOrder.Hold:
                those = [.. those.Where(there => there.HeldAt is null)];
                Array.ForEach(those, there => there.HeldAt = now);
                break;
            case QueueOrder.Release:
                those = [.. those.Where(there => there.HeldAt is not null)];
                Array.ForEach(those, there => (there.HeldAt, there.Due) = (null, now));
                break;
            case QueueOrder.Retry:
                those = [.. those.Where(there => there.HeldAt is null && !open.Carried.Contains(there.Name) && MayBeSooner(run, there, now))];
                if (Array.TrueForAll(those, there => there.Due <= now))
                {
                    Obeyed(run, open, those.Count(there => Follow(run, open, there)));      // it is their destination that rests: nothing is to be recorded
                    return;
                }

                Array.ForEach(those, there => there.Due = there.Due > now ? now : there.Due);
                break;
            default:
                Leave(run, open, those);
                return;
        }

        if (those.Length == 0)
        {
            Obeyed(run, open, 0);
            return;
        }

        Save(open, () => Obeyed(run, open, those.Count(there => Follow(run, open, there))));
    }

    /// <summary>An order to try it now changes something: it is not due yet, or its destination rests, or rested when the order came.</summary>
    private bool MayBeSooner(OrderRun run, DestinationRecord there, DateTimeOffset now) =>
        _index.Find(there.Name) is { } destination && IsRouted(destination) && (there.Due > now || destination.RestsUntil > QueueIndex.Seconds(now) || run.Hurried.Contains(there.Name));

    /// <summary>What is recorded is done: it waits, is held, or is tried now. False: it had ended before that.</summary>
    private bool Follow(OrderRun run, OpenMessage open, DestinationRecord there)
    {
        var leg = _index.LegOf(open.Slot, there.Name);
        if (leg < 0)
        {
            return false;
        }

        _at.News.Ordered(run.Order, open.Id, there.Name);
        var destination = _index.DestinationOf(leg);
        if (run.Order == QueueOrder.Hold)
        {
            if (open.Carried.Contains(there.Name))
            {
                destination.Relay?.Tell(new Forget(open.Id), _self);
            }
            else if (_index[leg].State != LegState.Out)
            {
                _index.Hold(leg);
            }

            return true;
        }

        if (run.Order == QueueOrder.Retry && run.Hurried.Add(there.Name))
        {
            destination.RestsUntil = 0;             // once for an order: a million messages do not wake a dead destination a million times
            _shared?.Rest(destination.Name, TimeSpan.Zero, destination.Rests, destination.Why);
            destination.Relay?.Tell(Hurry.Instance, _self);
        }

        if (_index[leg].State is not (LegState.Out or LegState.Ready))
        {
            SetWaiting(leg, there);
        }

        if (run.Order == QueueOrder.Release)
        {
            WarnReleased(open.Slot);
        }

        Want(destination);
        return true;
    }

    /// <summary>Removed, or given back to the sender.</summary>
    private void Leave(OrderRun run, OpenMessage open, DestinationRecord[] those)
    {
        those = [.. those.Where(there => !open.Carried.Contains(there.Name))];      // what is under way ends as it ends
        var names = those.Select(there => there.Name).ToHashSet(StringComparer.Ordinal);
        if (run.Order == QueueOrder.Return)
        {
            GiveUp(open, leg => names.Contains(_index.DestinationOf(leg).Name), expired: false, given => Left(run, open, given));
            return;
        }

        if (those.Length == 0)
        {
            Obeyed(run, open, 0);
            return;
        }

        foreach (var there in those)
        {
            there.Recipients.ToList().ForEach(recipient => Settle(open, there, recipient, RecipientState.Failed, new EnhancedCode(5, 0, 0)));
            open.Record.Destinations.Remove(there);
            if (_index.LegOf(open.Slot, there.Name) is >= 0 and var leg)
            {
                _index.Hold(leg);                   // until it is recorded nothing takes it
            }
        }

        Save(open, () =>
        {
            foreach (var name in names)
            {
                if (_index.LegOf(open.Slot, name) is >= 0 and var leg)
                {
                    _index.RemoveLeg(leg);
                }
            }

            Left(run, open, [.. names]);
        });
    }

    private void Left(OrderRun run, OpenMessage open, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            _at.News.Ordered(run.Order, open.Id, name);
        }

        Obeyed(run, open, names.Count);
    }

    /// <summary>Nothing of it waits but notices to its sender, and an administrator does not want those either. What is on its way goes its way.</summary>
    private void TellNoMore(OrderRun run, OpenMessage open)
    {
        MailId[] dropped = [.. open.Record.Notices.Select(notice => notice.Id).Where(notice => !open.Telling.Contains(notice) && !open.Unrecorded.Contains(notice)).Distinct()];
        if (dropped.Length == 0)
        {
            Obeyed(run, open, 0);
            return;
        }

        open.Record.Notices.RemoveAll(notice => dropped.Contains(notice.Id));
        Save(open, () =>
        {
            foreach (var notice in dropped)
            {
                IsNoTrouble(open.Slot, notice);
                if (_givenBefore.Remove(notice))
                {
                    _at.Notices.Open(notice);       // the journal has it, and nothing else of it is left
                }
            }

            _at.News.Ordered(run.Order, open.Id, "");
            Obeyed(run, open, 1);
        });
    }

    private void Obeyed(OrderRun run, OpenMessage? open, int changed)
    {
        Unuse(open);
        run.Changed += changed;
        run.Under--;
        if (run is { Under: 0, IsLooking: false })
        {
            _self.Tell(OutboundMessages.GoOn.Instance, ActorRefs.NoSender);
        }
    }

    /// <summary>It is to go nowhere any more, and its sender is still to be told something.</summary>
    private bool IsUntold(int slot) => _index.Has(slot) && (_index.MarksOf(slot).HasFlag(MessageMarks.Owes) || _unreadable.ContainsKey(slot)) && !_index.LegsOf(slot).Any();

    /// <summary>Nothing is known of its addresses.</summary>
    private static bool MatchesUnread(QueueFilter filter) => filter is { Sender: null, Recipient: null, Error: null };

    /// <summary>Whether a message that is to go nowhere any more is meant, as far as the index knows.</summary>
    private bool Matches(QueueFilter filter, int slot, QueueState state) =>
        filter is { Destination: null } && (filter.State is null || filter.State == state)
        && (filter.Ids.IsEmpty || (_store.At(slot) is { } there && filter.Ids.Contains(there.Id)))
        && (filter.OlderThan is not { } age || Now - QueueIndex.Time(_index.ArrivalOf(slot)) >= age);

    private bool Matches(QueueFilter filter, int leg)
    {
        var slot = _index[leg].Slot;
        return (filter.Ids.IsEmpty || (_store.At(slot) is { } there && filter.Ids.Contains(there.Id)))
            && (filter with { Ids = [] }).Matches(default, _index.DestinationOf(leg).Name, StateOf(_index[leg].State), QueueIndex.Time(_index.ArrivalOf(slot)), Now);
    }

    private static QueueState StateOf(LegState state) => state switch
    {
        LegState.Out => QueueState.Active,
        LegState.Held => QueueState.Held,
        _ => QueueState.Waiting,
    };

    private sealed class OrderRun(IActorRef asker, QueueOrder order, QueueFilter which)
    {
        public IActorRef Asker { get; } = asker;

        public QueueOrder Order { get; } = order;

        public QueueFilter Which { get; } = which;

        /// <summary>It is being gone on with: nobody need say so.</summary>
        public bool IsLooking { get; set; }

        /// <summary>Destinations whose rest it has ended.</summary>
        public HashSet<string> Hurried { get; } = new(StringComparer.Ordinal);

        /// <summary>Those that are named and were not looked at yet; null: all are meant.</summary>
        public Queue<MailId>? Named { get; init; }

        /// <summary>Those of them that are not here.</summary>
        public ImmutableArray<MailId>.Builder Absent { get; } = ImmutableArray.CreateBuilder<MailId>();

        public int At { get; set; }

        public int Under { get; set; }

        public int Changed { get; set; }

        public bool IsAtEnd { get; set; }
    }
}
