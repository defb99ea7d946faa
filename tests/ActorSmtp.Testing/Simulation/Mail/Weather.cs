using ActorSmtp.Storage.Disks;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>
/// What a run's seed has decided about its world: how the network and the disk behave, and which misfortunes come. Each run has a few of them, so that
/// also their absence is seen.
/// </summary>
internal sealed record Weather
{
    public required Chunking Chunking { get; init; }

    /// <summary>The longest an event of the network takes; most take less, many nothing.</summary>
    public required TimeSpan NetworkDelay { get; init; }

    /// <summary>The longest a step of storage's threads takes.</summary>
    public required TimeSpan DiskDelay { get; init; }

    /// <summary>One in so many connections is cut by the network at some moment; 0: none.</summary>
    public required int CutOneIn { get; init; }

    /// <summary>One in so many calls of the disk fails; 0: none.</summary>
    public required int DiskErrorOneIn { get; init; }

    /// <summary>The same for syncs alone.</summary>
    public required int SyncErrorOneIn { get; init; }

    /// <summary>How often the process dies, by losing the machine's power or not.</summary>
    public required int Crashes { get; init; }

    /// <summary>The disk is full for a while.</summary>
    public required bool DiskFills { get; init; }

    /// <summary>The server is stopped in good order and started again, in the midst of it.</summary>
    public required bool Restarts { get; init; }

    /// <summary>Sessions run on a dispatcher of their own instead of on the thread that read.</summary>
    public required bool SessionsHop { get; init; }

    /// <summary>The backlog's limits are so low that they are met.</summary>
    public required bool SmallBacklog { get; init; }

    public required int Clients { get; init; }

    public static Weather From(Random random) => new()
    {
        Chunking = random.Next(8) switch { 0 => Chunking.Bytes, 1 or 2 => Chunking.Lines, _ => Chunking.Whole },
        NetworkDelay = TimeSpan.FromMilliseconds(random.Next(4) switch { 0 => 0, 1 => 2, 2 => 80, _ => 3000 }),
        DiskDelay = TimeSpan.FromMilliseconds(random.Next(4) switch { 0 or 1 => 0, 2 => 10, _ => 1500 }),
        CutOneIn = random.Next(3) == 0 ? random.Next(2, 6) : 0,
        DiskErrorOneIn = random.Next(5) == 0 ? random.Next(60, 1500) : 0,
        SyncErrorOneIn = random.Next(6) == 0 ? random.Next(5, 60) : 0,
        Crashes = random.Next(5) switch { 0 or 1 => 0, 2 => 1, 3 => 2, _ => 3 },
        DiskFills = random.Next(6) == 0,
        Restarts = random.Next(4) == 0,
        SessionsHop = random.Next(4) == 0,
        SmallBacklog = random.Next(6) == 0,
        Clients = random.Next(1, 7),
    };

    /// <summary>What an operation of the disk meets; null: nothing.</summary>
    public DiskError? DiskTrouble(string operation, Random random) =>
        operation is "fdatasync" or "fsync" && SyncErrorOneIn > 0 && random.Next(SyncErrorOneIn) == 0 ? DiskError.Io
        : operation is not ("statvfs" or "list" or "stat") && DiskErrorOneIn > 0 && random.Next(DiskErrorOneIn) == 0
            ? random.Next(3) switch { 0 => DiskError.Io, 1 => DiskError.NoSpace, _ => DiskError.ReadOnly }
            : null;

    public TimeSpan Delay(TimeSpan most, Random random) =>
        most == TimeSpan.Zero || random.Next(3) == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(random.NextInt64(most.Ticks) / (1 << random.Next(10)));
}
