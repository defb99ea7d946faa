using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>Who looks at the queue: totals, pages, a message. What is not in memory is loaded away from the actor.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>In place of a destination's number: the message goes nowhere any more.</summary>
    private const int Unsent = -1;

    /// <summary>Who stands first in the line of destinations with due mail, and since when: as long as the line moves, the queue keeps up.</summary>
    private (Destination? Destination, DateTimeOffset Since) _head;

    /// <summary>Totals as they were after the last turn; any thread.</summary>
    public QueueTotals Totals { get; private set; } = QueueTotals.None;

    /// <summary>A page, oldest first; within a message by destination. The cursor is the place of the last one that was looked at.</summary>
    public void List(List m, IActorRef asker)
    {
        if (!TryCursor(m.After, out var number, out var after))
        {
            asker.Tell(new Refused("that page is from nowhere"), _self);
            return;
        }

        var (page, found) = (new PageRun(asker, m.Filter), new List<(int Slot, int Leg)>());
        var named = m.Filter.Ids.IsEmpty ? null : new Queue<int>(m.Filter.Ids.Select(_store.Find).Where(_index.Has).OrderBy(_index.NumberOf).SkipWhile(slot => _index.NumberOf(slot) < number));
        int Following(int slot) => named is null ? (slot < 0 ? _index.FromNumber(number) : _index.After(slot)) : named.TryDequeue(out var next) ? next : -1;

        var slot = Following(-1);
        for (var looked = 0; slot >= 0 && found.Count < m.Most && looked < MostLooked; slot = found.Count < m.Most ? Following(slot) : slot, looked++)
        {
            var behind = _index.NumberOf(slot) == number ? after : Unsent - 1;
            page.Next = Cursor(_index.NumberOf(slot), int.MaxValue);
            foreach (var (leg, destination) in PartsOf(slot, m.Filter).Where(part => part.Destination > behind).OrderBy(part => part.Destination))
            {
                if (found.Count == m.Most)
                {
                    break;
                }

                found.Add((slot, leg));
                page.Next = found.Count == m.Most ? Cursor(_index.NumberOf(slot), destination) : page.Next;
            }
        }

        page.Next = slot < 0 ? null : page.Next;
        page.Left = found.Count;
        page.Entries = new QueueEntry?[found.Count];
        for (var i = 0; i < found.Count; i++)
        {
            var (at, of, destination) = (i, found[i].Slot, found[i].Leg < 0 ? null : _index.DestinationOf(found[i].Leg).Name);
            Access(of, open =>
            {
                page.Entries[at] = open is null ? UnreadableEntry(of, destination, m.Filter) : destination is null ? UntoldEntry(open, m.Filter) : EntryOf(open, destination, m.Filter);
                page.Left--;
                Unuse(open);
                page.AnswerIfDone(_self);
            });
        }

        page.AnswerIfDone(_self);
    }

    /// <summary>What a message is listed as: each of its destinations; one that goes nowhere any more once (leg -1), as long as its sender is to be told something.</summary>
    private IEnumerable<(int Leg, int Destination)> PartsOf(int slot, QueueFilter filter) =>
        IsUntold(slot)
            ? Matches(filter, slot, QueueState.Waiting) ? [(-1, Unsent)] : []
            : _index.LegsOf(slot).Where(leg => Matches(filter, leg)).Select(leg => (leg, _index[leg].Destination));

    /// <summary>Null where the filter says no, or it is gone.</summary>
    private QueueEntry? UnreadableEntry(int slot, string? destination, QueueFilter filter)
    {
        if (!_unreadable.TryGetValue(slot, out var unreadable) || _store.At(slot) is not var (id, length))
        {
            return null;
        }

        var leg = destination is null ? -1 : _index.LegOf(slot, destination);
        return QueueSight.UnreadableEntry(
            id, QueueIndex.Time(_index.ArrivalOf(slot)), length, destination, leg < 0 ? QueueState.Waiting : StateOf(_index[leg].State), leg < 0 ? 0 : _index[leg].Failures,
            unreadable.LooksAt is > 0 and < uint.MaxValue ? QueueIndex.Time(unreadable.LooksAt) : null, unreadable.Problem, filter);
    }

    private QueueEntry? UntoldEntry(OpenMessage open, QueueFilter filter)
    {
        if (open.Record.Notices is not [var first, ..])
        {
            return null;
        }

        var (tries, why) = WhyUntold(open, first);
        return QueueSight.UntoldEntry(open.Id, open.Envelope, open.Mail.Length, open.Record, tries, TellsAt(open), why, filter);
    }

    private (int Tries, string Why) WhyUntold(OpenMessage open, OwedNotice notice)
    {
        var (tries, trouble) = TroubleOf(open.Slot, notice.Id) ?? (0, _tellsNotWhy ?? "it is its turn soon");
        return (tries, QueueSight.WhyUntold(notice, trouble));
    }

    private DateTimeOffset TellsAt(OpenMessage open) => QueueIndex.Time(Math.Max(Math.Max(_tellsAt, open.Troubled), QueueIndex.Seconds(Now)));

    public ImmutableArray<DestinationTotals> ListDestinations(ListDestinations m) =>
    [
        .. _index.AllDestinations.Where(d => d.Legs > 0 && (m.Containing is null || d.Name.Contains(m.Containing, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(d => d.Legs).Take(m.Most)
            .Select(d => new DestinationTotals(
                d.Name, d.Legs, d.Out, d.Held, null, d.Ready > 0 && d.RestsUntil < uint.MaxValue ? (d.RestsUntil > 0 ? QueueIndex.Time(d.RestsUntil) : Now) : null,
                d.RestsUntil > QueueIndex.Seconds(Now) && d.RestsUntil < uint.MaxValue ? QueueIndex.Time(d.RestsUntil) : null, d.Why ?? QueueSight.WordsOf(d.LastAttempt))),
    ];

    public void Show(Show m, IActorRef asker)
    {
        var slot = _store.Find(m.Id);
        if (slot < 0 || !_index.Has(slot))
        {
            asker.Tell(new Shown(null), _self);
            return;
        }

        Access(slot, open =>
        {
            asker.Tell(new Shown(open is null ? UnreadableMessage(slot) : MessageOf(open)), _self);
            Unuse(open);
        });
    }

    /// <summary>Null where the filter says no.</summary>
    private QueueEntry? EntryOf(OpenMessage open, string destination, QueueFilter filter)
    {
        var leg = _index.LegOf(open.Slot, destination);
        if (leg < 0 || open.Record.Destinations.Find(record => record.Name == destination) is not { } there)
        {
            return null;
        }

        var at = _index.DestinationOf(leg);
        return QueueSight.Entry(
            open.Id, open.Envelope, open.Mail.Length, open.Record, there, StateOf(_index[leg].State), NextAttempt(at, there), WaylessOf(at), at.Why, filter);
    }

    private static string? WaylessOf(Destination destination) => destination.HasRoute == false ? destination.Why : null;

    /// <summary>Null: none before something is changed.</summary>
    private static DateTimeOffset? NextAttempt(Destination destination, DestinationRecord there)
    {
        if (destination.RestsUntil == uint.MaxValue)
        {
            return null;
        }

        var rested = QueueIndex.Time(destination.RestsUntil);
        return destination.RestsUntil > 0 && rested > there.Due ? rested : there.Due;
    }

    private QueuedMessage? UnreadableMessage(int slot) => _unreadable.TryGetValue(slot, out var unreadable) && _store.At(slot) is var (id, length)
        ? QueueSight.Unreadable(
            id, QueueIndex.Time(_index.ArrivalOf(slot)), length, _index.LegsOf(slot).Select(leg => _index.DestinationOf(leg).Name), unreadable.Problem, _at.Settings)
        : null;

    private QueuedMessage MessageOf(OpenMessage open) => QueueSight.Message(open.Envelope, open.Mail.Length, open.Record, _at.Settings, there =>
    {
        var leg = _index.LegOf(open.Slot, there.Name);
        return leg < 0 ? (RecipientState.Waiting, null, null) : (StateOf(_index[leg].State) switch
        {
            QueueState.Active => RecipientState.Active,
            QueueState.Held => RecipientState.Held,
            _ => RecipientState.Waiting,
        }, NextAttempt(_index.DestinationOf(leg), there), WaylessOf(_index.DestinationOf(leg)));
    }) with
    {
        Problem = open.IsHarmed ? Harmed : null,
        Notices = QueueSight.NoticesOf(open.Record, TellsAt(open), notice => WhyUntold(open, notice).Why),
    };

    private void UpdateTotals()
    {
        var statistics = _store.Statistics;
        _turn.TryPeek(out var head);
        _head = head is null ? default : head == _head.Destination ? _head : (head, Now);
        Totals = new QueueTotals(
            _index.Messages, statistics.Octets, _index.Out, _index.Legs - _index.Out - _index.Held, _index.Held, _index.Destinations,
            _index.First >= 0 ? QueueIndex.Time(_index.ArrivalOf(_index.First)) : null, _head.Destination is null ? null : _head.Since, _store.Pressure)
        {
            Unreadable = _unreadable.Count,
            Untold = _owing,
            UntoldWhy = _tellsNotWhy,
        };
    }

    private static string Cursor(long number, int destination) => string.Create(CultureInfo.InvariantCulture, $"{number}.{destination}");

    /// <summary>The number to go on with, and the destination behind which.</summary>
    private static bool TryCursor(string? text, out long number, out int after)
    {
        (number, after) = (0, Unsent - 1);
        if (text is null)
        {
            return true;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out after))
        {
            return false;
        }

        if (after == int.MaxValue)
        {
            (number, after) = (number + 1, Unsent - 1);
        }

        return true;
    }

    private sealed class PageRun(IActorRef asker, QueueFilter filter)
    {
        private bool _isAnswered;

        public QueueFilter Filter { get; } = filter;

        public QueueEntry?[] Entries { get; set; } = [];

        public string? Next { get; set; }

        public int Left { get; set; }

        public void AnswerIfDone(IActorRef self)
        {
            if (Left == 0 && !_isAnswered)
            {
                _isAnswered = true;
                asker.Tell(new QueuePage([.. Entries.OfType<QueueEntry>()], Next), self);
            }
        }
    }
}
