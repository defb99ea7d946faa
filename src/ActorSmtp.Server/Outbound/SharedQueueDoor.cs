using System.Collections.Immutable;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The queue of all nodes that share it, seen through one of them. Lists and figures come from the database. What an order is for is fetched: this node claims it, does
/// what is wanted by its own queue, and gives it back; what another node has in hand is asked for, and waited for as long as an attempt may take.
/// </summary>
internal sealed class SharedQueueDoor(OutboundDoor own, ISharedQueue shared, OutboundSettings settings, TimeProvider time) : IOutboundQueue, IOutboundIntake
{
    /// <summary>Rows read by one statement, and messages fetched together.</summary>
    private const int MostRead = 500, MostFetched = 100;

    /// <summary>A page that finds nothing goes on for so many rows.</summary>
    private const int MostLooked = 5000;

    private static readonly TimeSpan s_fetchPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_fetchPause = TimeSpan.FromMilliseconds(250);

    private readonly RowSight _sight = new(settings, time, "the node that has it is about to");

    public bool IsFull => own.IsFull;

    public Announcement<QueueChange> Changes => own.Changes;

    public QueueTotals Totals
    {
        get
        {
            var (all, here) = (shared.Totals, own.Totals);
            return here with
            {
                Messages = all.Messages,
                Octets = all.Octets,
                Active = all.Claimed,
                Waiting = Math.Max(0, all.Places - all.Claimed - all.Held),
                Held = all.Held,
                Destinations = all.Destinations,
                OldestAt = all.Oldest?.Time,
            };
        }
    }

    public async Task<QueuePage> ListAsync(QueueFilter filter, string? after, int most, CancellationToken cancellation)
    {
        most = Math.Clamp(most, 1, QueuePage.Largest);
        var (found, place, looked, size) = (ImmutableArray.CreateBuilder<QueueEntry>(), PlaceOf(after), 0, Math.Min(MostRead, most) + 1);
        while (true)
        {
            var rows = await RowsAsync(filter, place.Id, size, cancellation);
            var here = await HereAsync(rows, filter, cancellation);
            foreach (var row in rows.Where(row => place.Id is not { } id || row.Mail.Id > id || (row.Mail.Id == id && place.Destination is not null)))
            {
                var behind = row.Mail.Id == place.Id ? place.Destination : null;
                foreach (var entry in (here.TryGetValue(row.Mail.Id, out var known) ? known : _sight.Matching(row.Mail, filter, row.Node == shared.Node ? null : row.Node)).OrderBy(entry => entry.Destination, StringComparer.Ordinal))
                {
                    if (behind is not null && string.CompareOrdinal(entry.Destination, behind) <= 0)
                    {
                        continue;
                    }

                    if (found.Count == most)
                    {
                        return new QueuePage(found.ToImmutable(), found[^1].Id == row.Mail.Id ? $"{row.Mail.Id}.{found[^1].Destination}" : $"{place.Id}");
                    }

                    found.Add(entry with { Node = row.Node });
                }

                place = (row.Mail.Id, null);
            }

            looked += rows.Count;
            if (rows.Count < size || !filter.Ids.IsEmpty)
            {
                return new QueuePage(found.ToImmutable(), null);
            }

            if (found.Count == most || looked >= MostLooked)
            {
                return new QueuePage(found.ToImmutable(), $"{place.Id}");
            }
        }
    }

    public async Task<ImmutableArray<DestinationTotals>> DestinationsAsync(string? containing, int most, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        return
        [
            .. (await shared.DestinationsAsync(containing, most, cancellation)).Select(line => new DestinationTotals(
                line.Name, line.Messages, line.Claimed, line.Held, line.Oldest.Time, line.DueIn is { } wait ? now + (wait > line.RestsFor ? wait : line.RestsFor) : null,
                line.RestsFor > TimeSpan.Zero ? now + line.RestsFor : null, line.Why)),
        ];
    }

    public async Task<QueuedMessage?> ShowAsync(string id, CancellationToken cancellation)
    {
        if (!MailId.TryParse(id, out var known))
        {
            return null;
        }

        // What this node has in hand it knows best.
        return await own.ShowAsync(id, cancellation) is { } here ? here with { Node = shared.Node }
            : (await shared.FindAsync([known], cancellation)) is [var row] ? _sight.MessageOf(row.Mail, row.Node) with { Node = row.Node }
            : null;
    }

    public async Task<int> ChangeAsync(QueueOrder order, QueueFilter which, CancellationToken cancellation)
    {
        var (changed, after) = (0, (MailId?)null);
        var newest = time.GetUtcNow();
        while (true)
        {
            var rows = await RowsAsync(which, after, MostRead + 1, cancellation);
            MailId[] meant = [.. rows.Where(row => row.Mail.Id != after && _sight.Matching(row.Mail, which, row.Node).Any()).Select(row => row.Mail.Id)];
            foreach (var part in meant.Chunk(MostFetched))
            {
                changed += await ChangeAsync(order, which, part, cancellation);
            }

            // What comes in meanwhile is not meant: else a busy queue would never end.
            if (rows.Count <= MostRead || !which.Ids.IsEmpty || rows[^1].Mail.Id.Time > newest)
            {
                await shared.CountAsync(cancellation);
                return changed;
            }

            after = rows[^1].Mail.Id;
        }
    }

    private async Task<int> ChangeAsync(QueueOrder order, QueueFilter which, MailId[] part, CancellationToken cancellation)
    {
        var (changed, left, began) = (0, (IReadOnlyCollection<MailId>)part, time.GetTimestamp());
        while (left.Count > 0)
        {
            var away = await shared.FetchAsync(left, cancellation);
            var here = left.Except(away).ToImmutableHashSet();
            if (!here.IsEmpty)
            {
                var done = await own.ChangeHereAsync(order, which with { Ids = here }, cancellation);
                changed += done.Count;
                if (!done.Absent.IsEmpty)
                {
                    // On its way back to the others just now, or gone: what is still there is fetched.
                    away = [.. away, .. (await shared.FindAsync(done.Absent, cancellation)).Select(row => row.Mail.Id)];
                }
            }

            if (away.Count > 0 && time.GetElapsedTime(began) >= s_fetchPatience)
            {
                throw new StoreException($"{changed} were changed; {away.Count} are being tried by other nodes now, the first is {away[0]}: give the order again.");
            }

            left = away;
            if (left.Count > 0)
            {
                await Task.Delay(s_fetchPause, time, cancellation);
            }
        }

        return changed;
    }

    /// <summary>What this node has in hand it knows best: what of it is being tried, and what only waits for its turn.</summary>
    private async Task<Dictionary<MailId, List<QueueEntry>>> HereAsync(IReadOnlyList<SharedQueueMail> rows, QueueFilter filter, CancellationToken cancellation)
    {
        var all = new Dictionary<MailId, List<QueueEntry>>();
        var mine = rows.Where(row => row.Node == shared.Node).Select(row => row.Mail.Id).ToImmutableHashSet();
        string? after = null;
        while (!mine.IsEmpty)
        {
            var page = await own.ListAsync(filter with { Ids = mine }, after, QueuePage.Largest, cancellation);
            foreach (var entry in page.Items)
            {
                if (!all.TryGetValue(entry.Id, out var entries))
                {
                    all[entry.Id] = entries = [];
                }

                entries.Add(entry);
            }

            if ((after = page.Next) is null)
            {
                break;
            }
        }

        return all;
    }

    private Task<IReadOnlyList<SharedQueueMail>> RowsAsync(QueueFilter filter, MailId? after, int most, CancellationToken cancellation) =>
        filter.Ids.IsEmpty ? shared.ReadAsync(after, most, cancellation) : shared.FindAsync(filter.Ids, cancellation);

    /// <summary>The message, and the destination of it, behind which a page begins; null: behind all of them.</summary>
    private static (MailId? Id, string? Destination) PlaceOf(string? after)
    {
        var (id, destination) = after?.Split('.', 2) switch
        {
            [var one] => (one, null),
            [var one, var behind] => (one, behind),
            _ => (null, (string?)null),
        };
        return id is null ? (null, null) : MailId.TryParse(id, out var known) ? (known, destination) : throw new FormatException("that page is from nowhere");
    }
}
