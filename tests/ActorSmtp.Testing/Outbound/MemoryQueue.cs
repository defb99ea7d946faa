using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Storage;

namespace ActorSmtp.Testing.Outbound;

/// <summary>
/// An outbound queue that tries nothing and forgets everything: for tests of what stands around a queue. Mail is put in by hand, attempts are told,
/// orders are done as the real one does them, and remembered.
/// </summary>
public sealed class MemoryQueue(TimeProvider time) : IOutboundQueue
{
    /// <summary>Messages looked at for one page: what needs a look at each comes in short pages.</summary>
    public int MostLooked { get; init; } = 1000;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Kept> _all = new(StringComparer.Ordinal);
    private readonly List<(QueueOrder Order, QueueFilter Which)> _orders = [];

    public Announcement<QueueChange> Changes { get; } = new(_ => { });

    /// <summary>Whether more is taken.</summary>
    public StorePressure Pressure { get; set; } = StorePressure.Normal;

    /// <summary>Since when the queue lags behind.</summary>
    public DateTimeOffset? DueSince { get; set; }

    /// <summary>What was wanted so far.</summary>
    public IReadOnlyList<(QueueOrder Order, QueueFilter Which)> Orders
    {
        get
        {
            lock (_gate)
            {
                return [.. _orders];
            }
        }
    }

    public QueueTotals Totals
    {
        get
        {
            lock (_gate)
            {
                var kept = _all.Values.ToList();
                return new QueueTotals(
                    kept.DistinctBy(k => k.Envelope.Id).Count(),
                    kept.DistinctBy(k => k.Envelope.Id).Sum(k => k.Length),
                    kept.Count(k => k.State == QueueState.Active),
                    kept.Count(k => k.State == QueueState.Waiting),
                    kept.Count(k => k.State == QueueState.Held),
                    kept.DistinctBy(k => k.Destination).Count(),
                    kept.Count == 0 ? null : kept.Min(k => k.Envelope.ReceivedAt),
                    DueSince,
                    Pressure);
            }
        }
    }

    /// <summary>Puts a message in: all recipients without an account, by their domains.</summary>
    public void Add(Envelope envelope, long length = 1000, QueueState state = QueueState.Waiting, TimeSpan? nextIn = null)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var numbers = Enumerable.Range(0, envelope.Recipients.Length).Where(i => envelope.Recipients[i].Account is null);
        foreach (var there in numbers.GroupBy(i => envelope.Recipients[i].Address.Domain.Canonical))
        {
            lock (_gate)
            {
                _all.Add(Key(envelope.Id, there.Key), new Kept(envelope, length, there.Key, [.. there])
                {
                    State = state,
                    NextAt = state == QueueState.Waiting ? time.GetUtcNow() + (nextIn ?? TimeSpan.FromMinutes(1)) : null,
                });
            }

            Tell(envelope.Id, there.Key, QueueChangeKind.Queued);
        }
    }

    /// <summary>An attempt was made: recipients that it settled are settled, the others wait until then.</summary>
    public void Tried(MailId id, AttemptReport report, TimeSpan nextIn)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_gate)
        {
            var kept = _all[Key(id, report.Destination)];
            kept.Attempts.Add(report);
            foreach (var outcome in report.Outcomes)
            {
                kept.Outcomes[outcome.Recipient] = outcome;
            }

            if (kept.Open.Any())
            {
                kept.Failures++;
                kept.State = QueueState.Waiting;
                kept.NextAt = time.GetUtcNow() + nextIn;
            }
            else
            {
                _all.Remove(Key(id, report.Destination));
            }
        }

        Tell(id, report.Destination, report.Outcomes.Any(o => o.Kind == OutcomeKind.Later) ? QueueChangeKind.Deferred : QueueChangeKind.Delivered);
    }

    public Task<QueuePage> ListAsync(QueueFilter filter, string? after, int most, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (after is not null && (after.Length < MailId.Length + 2 || !MailId.TryParse(after.AsSpan(0, MailId.Length), out _)))
        {
            throw new FormatException("no place in the queue");
        }

        lock (_gate)
        {
            var items = ImmutableArray.CreateBuilder<QueueEntry>();
            var looked = 0;
            foreach (var (key, kept) in _all)
            {
                if (after is not null && string.CompareOrdinal(key, after) <= 0)
                {
                    continue;
                }

                if (Matches(filter, kept))
                {
                    items.Add(Entry(kept));
                }

                if (items.Count == most || ++looked == MostLooked)
                {
                    return Task.FromResult(new QueuePage(items.ToImmutable(), key == _all.Keys.Last() ? null : key));
                }
            }

            return Task.FromResult(new QueuePage(items.ToImmutable(), null));
        }
    }

    public Task<ImmutableArray<DestinationTotals>> DestinationsAsync(string? containing, int most, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult<ImmutableArray<DestinationTotals>>(
            [
                .. _all.Values.GroupBy(k => k.Destination)
                    .Where(g => containing is null || g.Key.Contains(containing, StringComparison.OrdinalIgnoreCase))
                    .Select(g => new DestinationTotals(
                        g.Key, g.Count(), g.Count(k => k.State == QueueState.Active), g.Count(k => k.State == QueueState.Held), g.Min(k => k.Envelope.ReceivedAt), g.Min(k => k.NextAt), null,
                        g.Select(k => k.Why).FirstOrDefault(w => w is not null)))
                    .OrderByDescending(d => d.Messages).ThenBy(d => d.Destination, StringComparer.Ordinal).Take(most),
            ]);
        }
    }

    public Task<QueuedMessage?> ShowAsync(string id, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var kept = _all.Values.Where(k => k.Envelope.Id.ToString().Equals(id, StringComparison.OrdinalIgnoreCase)).ToList();
            return Task.FromResult(kept.Count == 0 ? null : new QueuedMessage(
                kept[0].Envelope,
                kept[0].Length,
                kept[0].Envelope.ReceivedAt + TimeSpan.FromDays(5),
                null,
                [.. kept.SelectMany(Recipients).OrderBy(r => r.Number)],
                [.. kept.SelectMany(k => k.Attempts).OrderBy(a => a.At)],
                0));
        }
    }

    public Task<int> ChangeAsync(QueueOrder order, QueueFilter which, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(which);
        List<Kept> changed;
        lock (_gate)
        {
            _orders.Add((order, which));
            changed = [.. _all.Values.ToList().Where(k => Matches(which, k) && Change(order, k))];
        }

        foreach (var kept in changed)
        {
            Tell(kept.Envelope.Id, kept.Destination, order switch
            {
                QueueOrder.Hold => QueueChangeKind.Held,
                QueueOrder.Retry or QueueOrder.Release => QueueChangeKind.Released,
                _ => QueueChangeKind.Removed,
            });
        }

        return Task.FromResult(changed.Count);
    }

    private bool Change(QueueOrder order, Kept kept)
    {
        switch (order)
        {
            case QueueOrder.Retry when kept.State == QueueState.Waiting:
                kept.NextAt = time.GetUtcNow();
                return true;

            case QueueOrder.Hold when kept.State != QueueState.Held:
                (kept.State, kept.NextAt) = (QueueState.Held, null);
                return true;

            case QueueOrder.Release when kept.State == QueueState.Held:
                (kept.State, kept.NextAt) = (QueueState.Waiting, time.GetUtcNow());
                return true;

            case QueueOrder.Remove or QueueOrder.Return:
                return _all.Remove(Key(kept.Envelope.Id, kept.Destination));

            default:
                return false;
        }
    }

    private bool Matches(QueueFilter filter, Kept kept) =>
        filter.Matches(kept.Envelope.Id, kept.Destination, kept.State, kept.Envelope.ReceivedAt, time.GetUtcNow())
        && filter.MatchesRest(kept.From, kept.Open.Select(i => kept.Envelope.Recipients[i].Address.ToString()), kept.Why, kept.Host);

    private static QueueEntry Entry(Kept kept)
    {
        var open = kept.Open.Select(i => kept.Envelope.Recipients[i].Address.ToString()).ToList();
        return new QueueEntry(
            kept.Envelope.Id, kept.Destination, kept.State, kept.From, [.. open.Take(QueueEntry.MostShown)], open.Count, kept.Length, kept.Envelope.ReceivedAt, kept.Failures, kept.NextAt, kept.Why, kept.Host);
    }

    private static IEnumerable<QueuedRecipient> Recipients(Kept kept) => kept.Recipients.Select(i =>
    {
        var outcome = kept.Outcomes.GetValueOrDefault(i);
        var last = kept.Attempts.LastOrDefault(a => a.Outcomes.Contains(outcome!));
        var state = outcome?.Kind switch
        {
            OutcomeKind.Delivered => RecipientState.Delivered,
            OutcomeKind.Relayed => RecipientState.Relayed,
            OutcomeKind.Never => RecipientState.Failed,
            _ => kept.State switch { QueueState.Active => RecipientState.Active, QueueState.Held => RecipientState.Held, _ => RecipientState.Waiting },
        };
        return new QueuedRecipient(
            i, kept.Envelope.Recipients[i].Address, kept.Destination, state, kept.Failures, state == RecipientState.Waiting ? kept.NextAt : null, outcome?.Status, last is null ? null : AttemptWords.Of(last, outcome!));
    });

    private void Tell(MailId id, string destination, QueueChangeKind what)
    {
        if (Changes.IsWanted)
        {
            Changes.Publish(new QueueChange(id, destination, what, time.GetUtcNow()));
        }
    }

    private static string Key(MailId id, string destination) => $"{id}/{destination}";

    private sealed class Kept(Envelope envelope, long length, string destination, ImmutableArray<int> recipients)
    {
        public Envelope Envelope => envelope;

        public long Length => length;

        public string Destination => destination;

        public ImmutableArray<int> Recipients => recipients;

        public QueueState State { get; set; }

        public DateTimeOffset? NextAt { get; set; }

        public int Failures { get; set; }

        public List<AttemptReport> Attempts { get; } = [];

        public Dictionary<int, RecipientOutcome> Outcomes { get; } = [];

        public string From => envelope.From.Mailbox?.ToString() ?? "";

        public IEnumerable<int> Open => recipients.Where(i => KindOf(i) is null or OutcomeKind.Later);

        public string? Why => Attempts.Count == 0 ? null : AttemptWords.Why(Attempts[^1]);

        public string? Host => Attempts.Count == 0 ? null : AttemptWords.Server(Attempts[^1]);

        private OutcomeKind? KindOf(int i) => Outcomes.TryGetValue(i, out var outcome) ? outcome.Kind : null;
    }
}
