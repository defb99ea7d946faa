using System.Collections.Immutable;
using System.Globalization;
using Akka.Actor;
using static ActorSmtp.Server.Outbound.OutboundMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>Who looks at the queue: totals, pages, a message. What is not in memory is loaded away from the actor.</summary>
internal sealed partial class OutboundWork
{
    /// <summary>Who stands first in the line of destinations with due mail, and since when: as long as the line moves, the queue keeps up.</summary>
    private (Destination? Destination, DateTimeOffset Since) _head;

    /// <summary>Totals as they were after the last turn; any thread.</summary>
    public QueueTotals Totals { get; private set; } = QueueTotals.None;

    public void List(List m, IActorRef asker)
    {
        if (!TryCursor(m.After, out var slot, out var after))
        {
            asker.Tell(new Refused("that page is from nowhere"), _self);
            return;
        }

        var page = new PageRun(asker, m.Filter);
        var found = new List<int>();
        var looked = 0;
        for (var bound = _index.Bound; slot < bound && found.Count < m.Most && looked < MostLooked; slot++, looked++)
        {
            foreach (var leg in _index.LegsOf(slot).OrderBy(leg => _index[leg].Destination))
            {
                if (_index[leg].Destination > after && found.Count < m.Most && Matches(m.Filter, leg))
                {
                    found.Add(leg);
                    page.Next = Cursor(slot, _index[leg].Destination);
                }
            }

            after = -1;
            if (found.Count < m.Most)
            {
                page.Next = Cursor(slot, int.MaxValue);
            }
        }

        page.Next = slot >= _index.Bound && found.Count < m.Most ? null : page.Next;
        page.Left = found.Count;
        page.Entries = new QueueEntry?[found.Count];
        for (var i = 0; i < found.Count; i++)
        {
            var (at, of, destination) = (i, _index[found[i]].Slot, _index.DestinationOf(found[i]).Name);
            Access(of, open =>
            {
                page.Entries[at] = open is null ? null : EntryOf(open, destination, m.Filter);
                page.Left--;
                Unuse(open);
                page.AnswerIfDone(_self);
            });
        }

        page.AnswerIfDone(_self);
    }

    public ImmutableArray<DestinationTotals> ListDestinations(ListDestinations m) =>
    [
        .. _index.AllDestinations.Where(d => d.Legs > 0 && (m.Containing is null || d.Name.Contains(m.Containing, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(d => d.Legs).Take(m.Most)
            .Select(d => new DestinationTotals(
                d.Name, d.Legs, d.Out, d.Held, null, d.Ready > 0 ? (d.RestsUntil > 0 ? QueueIndex.Time(d.RestsUntil) : Now) : null,
                d.RestsUntil > QueueIndex.Seconds(Now) ? QueueIndex.Time(d.RestsUntil) : null, d.Why ?? WordsOf(d.LastAttempt))),
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
            asker.Tell(new Shown(open is null ? null : MessageOf(open)), _self);
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

        var all = there.Recipients.Select(recipient => open.Envelope.Recipients[recipient].Address.ToString());
        var last = open.Record.Attempts.FindLast(attempt => attempt.Destination == destination);
        var at = _index.DestinationOf(leg);
        var why = WordsOf(last) ?? at.Why;
        var from = open.Envelope.From.Mailbox?.ToString() ?? "";
        var state = StateOf(_index[leg].State);
        var host = last is null ? null : AttemptWords.Server(last);
        return filter.MatchesRest(from, all, why, host)
            ? new QueueEntry(
                open.Id, destination, state, from, [.. all.Take(QueueEntry.MostShown)], there.Recipients.Length, open.Mail.Length, open.Record.ReceivedAt, there.Failures,
                state == QueueState.Waiting ? NextAttempt(at, there) : null, why, host)
            : null;
    }

    private static DateTimeOffset NextAttempt(Destination destination, DestinationRecord there)
    {
        var rested = QueueIndex.Time(destination.RestsUntil);
        return destination.RestsUntil > 0 && rested > there.Due ? rested : there.Due;
    }

    private static string? WordsOf(AttemptReport? attempt) =>
        attempt is null ? null : attempt.Outcomes.LastOrDefault(outcome => outcome.Kind is OutcomeKind.Later or OutcomeKind.Never) is { } outcome ? AttemptWords.Of(attempt, outcome) : attempt.Why;

    private QueuedMessage MessageOf(OpenMessage open)
    {
        var recipients = ImmutableArray.CreateBuilder<QueuedRecipient>();
        for (var i = 0; i < open.Envelope.Recipients.Length; i++)
        {
            var recipient = open.Envelope.Recipients[i];
            if (!MessageRecord.IsOurs(recipient))
            {
                continue;
            }

            var name = recipient.Address.Domain.Canonical;
            var there = open.Record.Destinations.Find(record => record.Name == name && record.Recipients.Contains(i));
            var last = open.Record.Attempts.FindLast(attempt => attempt.Outcomes.Any(outcome => outcome.Recipient == i));
            var outcome = last?.Outcomes.First(outcome => outcome.Recipient == i);
            var leg = there is null ? -1 : _index.LegOf(open.Slot, name);
            var state = there is null ? open.Record.Settled.GetValueOrDefault(i, (RecipientState.Failed, default)).State
                : leg < 0 ? RecipientState.Waiting
                : StateOf(_index[leg].State) switch
                {
                    QueueState.Active => RecipientState.Active,
                    QueueState.Held => RecipientState.Held,
                    _ => RecipientState.Waiting,
                };
            recipients.Add(new QueuedRecipient(
                i, recipient.Address, name, state, there?.Failures ?? 0, state == RecipientState.Waiting && leg >= 0 ? NextAttempt(_index.DestinationOf(leg), there!) : null,
                outcome?.Status, outcome is null ? null : AttemptWords.Of(last!, outcome)));
        }

        return new QueuedMessage(
            open.Envelope, open.Mail.Length, _at.Settings.Retry.ExpiresAt(open.Record.ReceivedAt), open.Record.WarnedAt, recipients.ToImmutable(),
            [.. open.Record.Attempts], open.Record.EarlierAttempts);
    }

    private void UpdateTotals()
    {
        var statistics = _store.Statistics;
        _turn.TryPeek(out var head);
        _head = head is null ? default : head == _head.Destination ? _head : (head, Now);
        Totals = new QueueTotals(
            _index.Messages, statistics.Octets, _index.Out, _index.Legs - _index.Out - _index.Held, _index.Held, _index.Destinations,
            _index.First >= 0 ? QueueIndex.Time(_index.ArrivalOf(_index.First)) : null, _head.Destination is null ? null : _head.Since, _store.Pressure);
    }

    private static string Cursor(int slot, int destination) => string.Create(CultureInfo.InvariantCulture, $"{slot}.{destination}");

    /// <summary>The slot to go on with, and the destination behind which.</summary>
    private static bool TryCursor(string? text, out int slot, out int after)
    {
        (slot, after) = (0, -1);
        if (text is null)
        {
            return true;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || !int.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out slot)
            || !int.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            return false;
        }

        if (after == int.MaxValue)
        {
            (slot, after) = (slot + 1, -1);
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
