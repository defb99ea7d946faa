using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The queue of a server that does not run, to be looked at and not to be changed: what <c>queue list</c> and <c>queue show</c> tell where nobody answers. What is known is
/// what was recorded: nothing is being tried, and that a destination rests is not recorded.
/// </summary>
public sealed class StoppedQueue : IDisposable
{
    private readonly QueueReader _reader;
    private readonly RowSight _sight;
    private readonly TimeProvider _time;

    private StoppedQueue(QueueReader reader, OutboundSettings settings, TimeProvider time) =>
        (_reader, _sight, _time) = (reader, new RowSight(settings, time, NotRunning), time);

    /// <summary>How much there is.</summary>
    public int Messages => _reader.Messages;

    /// <summary>Places of the queue's record that cannot be read.</summary>
    public int Damage => _reader.Damage;

    /// <summary>Opens it; changes nothing.</summary>
    /// <exception cref="StoreException">There is none, it cannot be read, a server runs on it, or another version wrote it.</exception>
    public static StoppedQueue Open(string dataDirectory, OutboundSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new StoppedQueue(QueueReader.Open(dataDirectory, cancellation), settings, time);
    }

    /// <summary>All of it, oldest first: each message once for each of its destinations; those that the filter leaves out are counted all the same.</summary>
    /// <param name="totals">Of the whole queue; complete at the end.</param>
    public IEnumerable<QueueEntry> List(QueueFilter filter, StoppedTotals totals)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(totals);
        foreach (var mail in _reader.Read())
        {
            totals.Add(mail);
            foreach (var (destination, state, receivedAt, entry) in _sight.EntriesOf(mail, filter))
            {
                totals.Add(destination, state, receivedAt);
                if (entry is not null && filter.Matches(mail.Id, destination ?? "", state, receivedAt, _time.GetUtcNow()))
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>A message with all that is known of it; null: it is not in the queue.</summary>
    public QueuedMessage? Show(MailId id) => _reader.Find(id) is { } mail ? _sight.MessageOf(mail) : null;

    public void Dispose() => _reader.Dispose();

    private const string NotRunning = "the server does not run";
}

/// <summary>What was counted in a queue that was looked through.</summary>
public sealed class StoppedTotals
{
    private readonly Dictionary<string, DestinationTotals> _destinations = new(StringComparer.Ordinal);
    private long _messages;
    private long _octets;
    private long _held;
    private long _waiting;
    private long _unreadable;
    private DateTimeOffset? _oldest;

    /// <summary>The whole.</summary>
    public QueueTotals Totals => new(_messages, _octets, 0, _waiting, _held, _destinations.Count, _oldest, null, StorePressure.Normal) { Unreadable = _unreadable };

    /// <summary>By destination, the largest first.</summary>
    public IEnumerable<DestinationTotals> Destinations => _destinations.Values.OrderByDescending(there => there.Messages).ThenBy(there => there.Destination, StringComparer.Ordinal);

    internal void Add(StoredQueueMail mail)
    {
        _messages++;
        _octets += mail.Length;
        _unreadable += mail.Problem is null ? 0 : 1;
    }

    internal void Add(string? destination, QueueState state, DateTimeOffset receivedAt)
    {
        _oldest = _oldest < receivedAt ? _oldest : receivedAt;
        if (destination is null)
        {
            return;
        }

        (_held, _waiting) = state == QueueState.Held ? (_held + 1, _waiting) : (_held, _waiting + 1);
        var there = _destinations.GetValueOrDefault(destination) ?? new DestinationTotals(destination, 0, 0, 0, receivedAt, null, null, null);
        _destinations[destination] = there with { Messages = there.Messages + 1, Held = there.Held + (state == QueueState.Held ? 1 : 0) };
    }
}
