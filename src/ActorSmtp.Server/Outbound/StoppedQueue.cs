using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
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
    private readonly OutboundSettings _settings;
    private readonly RouteTable _routes;
    private readonly TimeProvider _time;

    private StoppedQueue(QueueReader reader, OutboundSettings settings, TimeProvider time) =>
        (_reader, _settings, _routes, _time) = (reader, settings, new RouteTable(settings.Routes), time);

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
            foreach (var (destination, state, receivedAt, entry) in EntriesOf(mail, filter))
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
    public QueuedMessage? Show(MailId id)
    {
        if (_reader.Find(id) is not { } mail)
        {
            return null;
        }

        if (RecordOf(mail) is not { } record || mail.Envelope is not { } envelope)
        {
            return QueueSight.Unreadable(id, id.Time, mail.Length, RecordOf(mail)?.Destinations.Select(there => there.Name) ?? [], ProblemOf(mail), _settings);
        }

        return QueueSight.Message(envelope, mail.Length, record, _settings, there => (there.HeldAt is null ? RecipientState.Waiting : RecipientState.Held, there.Due, WaylessOf(there.Name))) with
        {
            Notices = QueueSight.NoticesOf(record, _time.GetUtcNow(), static notice => QueueSight.WhyUntold(notice, NotRunning)),
        };
    }

    public void Dispose() => _reader.Dispose();

    private const string NotRunning = "the server does not run";

    private IEnumerable<(string? Destination, QueueState State, DateTimeOffset ReceivedAt, QueueEntry? Entry)> EntriesOf(StoredQueueMail mail, QueueFilter filter)
    {
        var record = RecordOf(mail);
        if (record is null)
        {
            yield return (null, QueueState.Waiting, mail.Id.Time, QueueSight.UnreadableEntry(mail.Id, mail.Id.Time, mail.Length, null, QueueState.Waiting, 0, null, ProblemOf(mail), filter));
            yield break;
        }

        foreach (var there in record.Destinations)
        {
            var state = there.HeldAt is null ? QueueState.Waiting : QueueState.Held;
            yield return (there.Name, state, record.ReceivedAt, mail.Envelope is { } envelope
                ? QueueSight.Entry(mail.Id, envelope, mail.Length, record, there, state, there.Due, WaylessOf(there.Name), null, filter)
                : QueueSight.UnreadableEntry(mail.Id, record.ReceivedAt, mail.Length, there.Name, state, there.Failures, null, ProblemOf(mail), filter));
        }

        if (record.Destinations.Count == 0 && mail.Envelope is { } about && record.Notices is [var first, ..])
        {
            yield return (null, QueueState.Waiting, record.ReceivedAt, QueueSight.UntoldEntry(mail.Id, about, mail.Length, record, 0, null, QueueSight.WhyUntold(first, NotRunning), filter));
        }
    }

    private string? WaylessOf(string destination) => MailDomain.TryParse(destination) is { } domain && _routes.Find(domain) is null ? OutboundWork.NoRoute : null;

    private static string ProblemOf(StoredQueueMail mail) => mail.Problem ?? "its state is of another version of this program";

    private static MessageRecord? RecordOf(StoredQueueMail mail)
    {
        try
        {
            return mail.State.IsEmpty ? null : MessageRecord.Read(mail.State.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }
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
