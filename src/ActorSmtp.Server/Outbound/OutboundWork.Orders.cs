using Akka.Actor;
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

    private readonly Queue<OrderRun> _orders = new();

    public void Change(Change m, IActorRef asker)
    {
        _orders.Enqueue(new OrderRun(asker, m.Order, m.Which)
        {
            Slots = m.Which.Ids.IsEmpty ? null : new Queue<int>(m.Which.Ids.Select(_store.Find).Where(slot => slot >= 0)),
        });
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

        for (var looked = 0; looked < MostLooked && run.Under < MostOrdered; looked++)
        {
            var slot = run.Slots is null ? (run.At < _index.Bound ? run.At++ : -1) : run.Slots.TryDequeue(out var next) ? next : -1;
            if (slot < 0)
            {
                run.IsAtEnd = true;
                break;
            }

            var legs = _index.LegsOf(slot).Where(leg => Matches(run.Which, leg)).Select(leg => _index.DestinationOf(leg).Name).ToArray();
            if (legs.Length > 0)
            {
                run.Under++;
                Access(slot, open => Obey(run, open, legs));
            }
        }

        if (run.IsAtEnd && run.Under == 0)
        {
            _orders.Dequeue();
            run.Asker.Tell(new Changed(run.Changed), _self);
            run.IsAtEnd = false;
        }
        else if (run.Under > 0)
        {
            return;                                 // goes on when one of those is done
        }

        if (_orders.Count > 0)
        {
            _self.Tell(OutboundMessages.GoOn.Instance, ActorRefs.NoSender);
        }
    }

    private void Obey(OrderRun run, OpenMessage? open, string[] destinations)
    {
        if (open is null || open.IsOver)
        {
            Obeyed(run, open);
            return;
        }

        var those = destinations.Select(name => open.Record.Destinations.Find(there => there.Name == name)).OfType<DestinationRecord>()
            .Where(there => !run.Which.NeedsRest || EntryOf(open, there.Name, run.Which) is not null).ToArray();
        switch (run.Order)
        {
            case QueueOrder.Hold:
                those = [.. those.Where(there => there.HeldAt is null)];
                Array.ForEach(those, there => there.HeldAt = Now);
                break;
            case QueueOrder.Release:
                those = [.. those.Where(there => there.HeldAt is not null)];
                Array.ForEach(those, there => (there.HeldAt, there.Due) = (null, Now));
                break;
            case QueueOrder.Retry:
                those = [.. those.Where(there => there.HeldAt is null && !open.Carried.Contains(there.Name))];
                Array.ForEach(those, there => there.Due = Now);
                break;
            default:
                Leave(run, open, those);
                return;
        }

        if (those.Length == 0)
        {
            Obeyed(run, open);
            return;
        }

        Save(open, () =>
        {
            foreach (var there in those)
            {
                Follow(run.Order, open, there);
                _at.News.Ordered(run.Order, open.Id, there.Name);
            }

            run.Changed += those.Length;
            Obeyed(run, open);
        });
    }

    /// <summary>What is recorded is done: it waits, is held, or is tried now.</summary>
    private void Follow(QueueOrder order, OpenMessage open, DestinationRecord there)
    {
        var leg = _index.LegOf(open.Slot, there.Name);
        if (leg < 0)
        {
            return;
        }

        var destination = _index.DestinationOf(leg);
        if (order == QueueOrder.Hold)
        {
            if (open.Carried.Contains(there.Name))
            {
                destination.Relay?.Tell(new Forget(open.Id), _self);
            }
            else if (_index[leg].State != LegState.Out)
            {
                _index.Hold(leg);
            }

            return;
        }

        if (order == QueueOrder.Retry)
        {
            destination.RestsUntil = 0;
            destination.Relay?.Tell(Hurry.Instance, _self);
        }

        if (_index[leg].State is not (LegState.Out or LegState.Ready))
        {
            SetWaiting(leg, there);
        }

        Want(destination);
    }

    /// <summary>Removed, or given back to the sender.</summary>
    private void Leave(OrderRun run, OpenMessage open, DestinationRecord[] those)
    {
        those = [.. those.Where(there => !open.Carried.Contains(there.Name))];      // what is under way ends as it ends
        if (those.Length == 0)
        {
            Obeyed(run, open);
            return;
        }

        var names = those.Select(there => there.Name).ToHashSet(StringComparer.Ordinal);
        void Then()
        {
            foreach (var name in names)
            {
                _at.News.Ordered(run.Order, open.Id, name);
            }

            run.Changed += names.Count;
            Obeyed(run, open);
        }

        if (run.Order == QueueOrder.Return)
        {
            GiveUp(open, leg => names.Contains(_index.DestinationOf(leg).Name), expired: false, Then);
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

            Then();
        });
    }

    private void Obeyed(OrderRun run, OpenMessage? open)
    {
        Unuse(open);
        run.Under--;
        if (run.Under == 0)
        {
            _self.Tell(OutboundMessages.GoOn.Instance, ActorRefs.NoSender);
        }
    }

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

        /// <summary>Those that are named; null: all.</summary>
        public Queue<int>? Slots { get; init; }

        public int At { get; set; }

        public int Under { get; set; }

        public int Changed { get; set; }

        public bool IsAtEnd { get; set; }
    }
}
