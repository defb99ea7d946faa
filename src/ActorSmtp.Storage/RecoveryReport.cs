using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>What opening a store found and did; also kept in <c>journal/meta</c>.</summary>
/// <param name="Waiting">Messages found that are not delivered to all recipients.</param>
/// <param name="WaitingOctets">Their content.</param>
/// <param name="Delivered">Messages found whose delivery was complete: skipped.</param>
/// <param name="Unfinished">Messages begun and never acknowledged: dropped.</param>
/// <param name="TornTail">Octets after the last stable record, cut off (an unacknowledged batch).</param>
/// <param name="Damage">Stable places that cannot be read back; each is set aside, none is skipped silently.</param>
public sealed record RecoveryReport(
    DateTimeOffset At,
    bool FirstStart,
    bool CleanShutdown,
    long Waiting,
    long WaitingOctets,
    long Delivered,
    long Unfinished,
    long TornTail,
    int Segments,
    TimeSpan Took,
    ImmutableArray<RecoveryDamage> Damage)
{
    /// <summary>One line for the log.</summary>
    public override string ToString() => FirstStart
        ? $"new journal, {Segments} segments made in {Took.TotalMilliseconds:0} ms"
        : $"{(CleanShutdown ? "clean" : "crash")} recovery in {Took.TotalMilliseconds:0} ms: {Waiting} waiting ({WaitingOctets} octets), " +
          $"{Delivered} delivered, {Unfinished} unfinished dropped, {TornTail} octets of torn tail cut, {Damage.Length} damaged places in {Segments} segments";
}

/// <summary>A stable place of the journal that cannot be read back.</summary>
/// <param name="Segment">File name.</param>
/// <param name="SetAside">The file the bytes were copied to.</param>
public sealed record RecoveryDamage(string Segment, long Offset, long Octets, string What, string SetAside);

/// <summary>The reason a store stopped for good.</summary>
public sealed record StoreFault(string Operation, string Reason);

/// <summary>A store cannot be opened or read. The message says what is wrong and what to do.</summary>
public sealed class StoreException : IOException
{
    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A store's counters since its start, and its present state.</summary>
/// <param name="Stored">Messages acknowledged.</param>
/// <param name="Delivered">Messages completed.</param>
/// <param name="Batches">Writes to the journal.</param>
/// <param name="Syncs">Successful syncs.</param>
/// <param name="Waiting">Messages stored and not completed, and <paramref name="WaitingOctets"/> of content.</param>
/// <param name="BufferOctets">Memory lent to writers and to waiting messages.</param>
/// <param name="Segments">Segment files, of which <paramref name="SpareSegments"/> are free.</param>
public sealed record StoreStatistics(
    long Stored,
    long Delivered,
    long Failed,
    long Batches,
    long Syncs,
    long OctetsWritten,
    long Waiting,
    long WaitingOctets,
    long BufferOctets,
    int Segments,
    int SpareSegments);
