using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>A message that recovery found: where its content and its state lie, and what its owner wanted kept.</summary>
internal delegate void RecoveredMail(MailId id, QueuePlace[] places, QueuePlace state, ReadOnlySpan<byte> octets);

/// <summary>The segment files of one log, as they were found.</summary>
internal sealed class FoundSegments
{
    /// <summary>With records that may count, oldest use first.</summary>
    public List<QueueSegment> InUse { get; } = [];

    public List<Segment> Free { get; } = [];

    public long NextUse { get; set; } = 1;

    /// <summary>The size of the smallest file that may be written again, new ones counted.</summary>
    public int Smallest(int size) => InUse.Select(segment => segment.File.Size).Append(size).Min();
}

/// <summary>
/// Reads what an earlier run left: the log of state alone, so a million messages take seconds, whatever their size. Harmed places are copied to
/// <c>queue/damaged/</c> and reported. Nothing is written into segments; the new run begins new ones.
/// </summary>
internal sealed class QueueRecovery(IDisk disk, IDiskDirectory root, IDiskDirectory contentDirectory, IDiskDirectory stateDirectory, CancellationToken cancellation)
{
    private readonly ImmutableArray<RecoveryDamage>.Builder _damage = ImmutableArray.CreateBuilder<RecoveryDamage>();

    public FoundSegments Content { get; } = new();

    public FoundSegments State { get; } = new();

    public HashSet<MailId> Removed { get; private set; } = [];

    public IReadOnlyDictionary<long, int> Unsealed { get; private set; } = new Dictionary<long, int>();

    public long Floor { get; private set; }

    public long NextSequence { get; private set; } = 1;

    /// <param name="isKnown">Whether this message was told already.</param>
    public QueueRecoveryReport Run(Func<MailId, bool> isKnown, RecoveredMail found)
    {
        var contents = QueueScan.OpenAll(contentDirectory, DiskAccess.Write).ToList();
        var wanted = new HashSet<long>();
        var (messages, octets) = (0L, 0L);
        var scan = new QueueScan(stateDirectory, DiskAccess.Write, cancellation);
        scan.Run(
            isKnown,
            (Segment segment, int offset, in RecordHeader header, ReadOnlySpan<byte> payload) =>
            {
                if (!StatePayload.TryRead(payload, out var places, out var state))
                {
                    throw new StoreException($"{segment.Name} has at octet {offset} the state of message {header.Id}, which is unharmed and unknown to this program: run the version that wrote it.");
                }

                messages++;
                octets += header.Total;
                wanted.UnionWith(places.Select(place => (long)place.Use));
                found(header.Id, places, new QueuePlace((int)segment.Id, offset, header.ContentLength, 0), state);
            },
            (segment, offset, harmed) => SetAside(segment, offset, harmed));
        foreach (var (first, last) in scan.Gaps)
        {
            _damage.Add(new RecoveryDamage("(none)", 0, 0, $"no file is use {first}{(last > first ? $" to {last}" : "")} of the queue's segments of state: what was recorded there is lost", "nothing"));
        }

        Share(scan);
        Share(contents, wanted);
        return new QueueRecoveryReport(
            scan.Segments.Count == 0, scan.IsClean, messages, octets, scan.Removed.Count, scan.TornOctets, 0, TimeSpan.Zero, _damage.ToImmutable());
    }

    /// <summary>What lies below the floor is free; the rest is kept until a floor above it is on disk.</summary>
    private void Share(QueueScan scan)
    {
        foreach (var segment in scan.Segments)
        {
            if (segment.Id > 0 && segment.Id >= scan.Floor)
            {
                State.InUse.Add(new QueueSegment(segment) { RememberedUntil = scan.WithRemovals.Contains(segment.Id) ? 0 : null });
            }
            else
            {
                State.Free.Add(segment);
            }

            State.NextUse = Math.Max(State.NextUse, segment.Id + 1);
        }

        (Removed, Unsealed, Floor, NextSequence) = (scan.Removed, scan.Unsealed, scan.Floor, scan.LastSequence + 1);
    }

    /// <summary>Content that no message speaks of is free.</summary>
    private void Share(List<Segment> contents, HashSet<long> wanted)
    {
        foreach (var segment in contents.OrderBy(segment => segment.Id))
        {
            if (segment.Id > 0 && wanted.Remove(segment.Id))
            {
                Content.InUse.Add(new QueueSegment(segment));
            }
            else
            {
                Content.Free.Add(segment);
            }

            Content.NextUse = Math.Max(Content.NextUse, segment.Id + 1);
        }

        foreach (var lost in wanted.Order())
        {
            _damage.Add(new RecoveryDamage("(none)", 0, 0, $"no file is use {lost} of the queue's segments of content: messages whose content was there cannot be sent", "nothing"));
            Content.NextUse = Math.Max(Content.NextUse, lost + 1);
        }
    }

    private void SetAside(Segment segment, int offset, ReadOnlySpan<byte> octets)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(segment.Name)}-{segment.Id}-{offset}.bin");
        var path = $"{root.Path}/damaged";
        disk.CreateDirectory(path);
        using var aside = disk.OpenDirectory(path);
        WholeFile.Replace(aside, name, octets, sync: true);
        root.Sync();
        _damage.Add(new RecoveryDamage(segment.Name, offset, octets.Length, "records of state cannot be read", $"damaged/{name}"));
    }
}
