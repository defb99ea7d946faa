using System.Collections.Immutable;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage;

/// <summary>
/// Looks into a journal without changing it, also while a server writes it (its last batch may then look torn). For
/// <c>actorsmtp journal show|verify</c>; the format is in docs/journal-format.md.
/// </summary>
public static class JournalReader
{
    /// <summary>
    /// Reads all segments in use, oldest first, and tells each record and each harmed place as it is met. Memory: one
    /// segment, and the numbers of the messages that wait.
    /// </summary>
    /// <param name="record">Told each record; may be null.</param>
    /// <exception cref="StoreException">There is no journal, it cannot be read, or another version wrote it.</exception>
    public static JournalSummary Read(string dataDirectory, Action<JournalEntry>? record, CancellationToken cancellation) =>
        Read(OperatingSystem.IsLinux() ? new LinuxDisk() : new PortableDisk(), dataDirectory, record, cancellation);

    internal static JournalSummary Read(IDisk disk, string dataDirectory, Action<JournalEntry>? record, CancellationToken cancellation)
    {
        try
        {
            using var directory = disk.OpenDirectory($"{dataDirectory}/journal");
            return new Journal.JournalScan(directory, record, cancellation).Run();
        }
        catch (DiskException failed) when (failed.Error == DiskError.NotFound)
        {
            throw new StoreException($"There is no journal in {dataDirectory}.", failed);
        }
        catch (DiskException failed)
        {
            throw new StoreException($"The journal cannot be read: {failed.Message}.", failed);
        }
    }
}

/// <summary>One record of the journal, or a harmed place in it.</summary>
/// <param name="Segment">The file's name, and the number of its present use.</param>
/// <param name="Kind">message, chunk, commit, done, note, seal, clean, start; damage or torn for what cannot be read.</param>
/// <param name="Octets">Of the record with its header, or of the harmed place.</param>
/// <param name="Id">Of messages and their parts.</param>
/// <param name="Envelope">Of messages.</param>
/// <param name="Done">Of done: message's sequence and recipient (-1: all).</param>
public sealed record JournalEntry(
    string Segment,
    long Use,
    long Offset,
    string Kind,
    long Sequence,
    long Octets,
    MailId? Id,
    long ContentLength,
    Envelope? Envelope,
    ImmutableArray<(long Sequence, int Recipient)> Done);

/// <summary>A journal at a glance.</summary>
/// <param name="Segments">Files; <paramref name="Free"/> of them hold nothing that is needed.</param>
/// <param name="Clean">The last run ended in order.</param>
/// <param name="Damage">Harmed places that had been stable.</param>
/// <param name="TornOctets">Of last batches that were cut off, or are being written now.</param>
public sealed record JournalSummary(int Segments, int Free, long Records, long Waiting, long WaitingOctets, long Delivered, bool Clean, int Damage, long TornOctets);
