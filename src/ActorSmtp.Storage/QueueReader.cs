using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Queue;

namespace ActorSmtp.Storage;

/// <summary>
/// Looks into the queue of a server that does not run, and changes nothing: for <c>actorsmtp queue list|show</c>. The format is in docs/queue-format.md. What waits is known
/// when it is opened, some 60 octets for a message; the rest is read when it is asked for.
/// </summary>
public sealed class QueueReader : IDisposable
{
    private readonly QueueScan _states;
    private readonly Dictionary<long, Segment> _contents;
    private readonly List<Found> _found = [];
    private int _damage;

    private QueueReader(IDiskDirectory stateDirectory, IDiskDirectory contentDirectory, CancellationToken cancellation)
    {
        _contents = QueueScan.OpenAll(contentDirectory, DiskAccess.Read).Where(segment => segment.Id > 0).GroupBy(segment => segment.Id).ToDictionary(g => g.Key, g => g.First());
        _states = new QueueScan(stateDirectory, DiskAccess.Read, cancellation);
        var known = new HashSet<MailId>();
        _states.Run(known.Contains, (Segment segment, int offset, in RecordHeader header, ReadOnlySpan<byte> payload) =>
        {
            known.Add(header.Id);
            Octets += header.Total;
            _found.Add(new Found(header.Id, segment, new QueuePlace((int)segment.Id, offset, header.ContentLength, 0), header.Total));
        }, (_, _, _) => _damage++);
        _found.Sort((left, right) => left.Id.CompareTo(right.Id));
    }

    /// <summary>Messages that wait.</summary>
    public int Messages => _found.Count;

    /// <summary>Their content.</summary>
    public long Octets { get; private set; }

    /// <summary>Places in the state that cannot be read back: what was recorded there is not shown.</summary>
    public int Damage => _damage;

    /// <summary>Opens the queue below a data directory.</summary>
    /// <exception cref="StoreException">There is none, it cannot be read, a server is running on it, or another version wrote it.</exception>
    public static QueueReader Open(string dataDirectory, CancellationToken cancellation) =>
        Open(OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk(), dataDirectory, cancellation);

    /// <summary>Whether a message waits in the queue below a data directory; where it cannot be told, whoever opens it will hear why.</summary>
    public static bool HasMail(string dataDirectory)
    {
        try
        {
            using var reader = Open(dataDirectory, default);
            return reader.Messages > 0 || reader.Damage > 0;
        }
        catch (StoreException)
        {
            return Directory.Exists(Path.Combine(dataDirectory, "queue", "state"));
        }
    }

    internal static QueueReader Open(IDisk disk, string dataDirectory, CancellationToken cancellation)
    {
        try
        {
            using var root = disk.OpenDirectory($"{dataDirectory}/queue");
            using (var free = root.TryLock("lock"))
            {
                if (free is null)
                {
                    throw new StoreException($"The queue in {dataDirectory} belongs to a server that is running: ask that one.");
                }
            }

            // Not held while it is read: a server that starts meanwhile is not to be kept from it. What it moves is told as unreadable, or as it was.
            using var state = disk.OpenDirectory($"{dataDirectory}/queue/state");
            using var content = disk.OpenDirectory($"{dataDirectory}/queue/content");
            return new QueueReader(state, content, cancellation);
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            throw new StoreException($"There is no queue in {dataDirectory}.", failed);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The queue cannot be read: {failed.Message}.", failed);
        }
    }

    /// <summary>The messages, oldest first.</summary>
    public IEnumerable<StoredQueueMail> Read()
    {
        foreach (var found in _found)
        {
            yield return Read(found);
        }
    }

    /// <summary>One message; null: it is not in the queue.</summary>
    public StoredQueueMail? Find(MailId id)
    {
        var at = _found.FindIndex(found => found.Id == id);
        return at < 0 ? null : Read(_found[at]);
    }

    public void Dispose()
    {
        _states.Dispose();
        foreach (var segment in _contents.Values)
        {
            segment.File.Dispose();
        }
    }

    private StoredQueueMail Read(Found found)
    {
        ReadOnlyMemory<byte> state = default;
        try
        {
            var (_, octets) = QueueRecords.Read(found.Segment, found.Place, found.Id);
            if (!StatePayload.TryRead(octets, out var places, out var own))
            {
                return new StoredQueueMail(found.Id, found.Length, default, null, "its state is of another version of this program");
            }

            state = octets.AsMemory(octets.Length - own.Length);
            var envelope = QueueRecords.ReadEnvelope(_contents.GetValueOrDefault(places[^1].Use), places[^1], found.Id);
            return new StoredQueueMail(found.Id, found.Length, state, envelope, null);
        }
        catch (Exception cannot) when (cannot is DiskException or StoreException)
        {
            return new StoredQueueMail(found.Id, found.Length, state, null, cannot.Message);
        }
    }

    private readonly record struct Found(MailId Id, Segment Segment, QueuePlace Place, long Length);
}

/// <summary>A message in the queue as it lies on the disk.</summary>
/// <param name="Length">Octets of content.</param>
/// <param name="State">What the queue's owner recorded; empty: it cannot be read.</param>
/// <param name="Envelope">Null: it cannot be read.</param>
/// <param name="Problem">Why something cannot be read; null: all can.</param>
public sealed record StoredQueueMail(MailId Id, long Length, ReadOnlyMemory<byte> State, Envelope? Envelope, string? Problem);
