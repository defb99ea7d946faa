using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// The journal's housekeeper, on a thread of its own: makes segments ahead of need, loads waiting messages that were put
/// out of memory, gives released ones back when they are due, moves old ones, and looks at the disk's free space.
/// </summary>
internal sealed class JournalKeeper(JournalMailStore store, JournalFeed feed, JournalMover mover, SegmentShelf shelf, IDiskDirectory directory, StorageSettings settings, TimeProvider time)
    : IWork
{
    private const int Patience = 500;               // milliseconds between two looks while there is trouble

    private long _lookedAt = long.MinValue;         // written by its own thread, read by the journal's: late is good enough
    private long _octets = -1;
    private long _madeAt = long.MinValue;

    public int Step()
    {
        var wait = feed.Tend(store.ReadEnvelope);
        if (mover.Step())
        {
            return 0;
        }

        if (Space())
        {
            wait = Sooner(wait, Patience);
        }

        if (shelf.Trouble is not null && _madeAt != long.MinValue && time.GetElapsedTime(_madeAt).TotalMilliseconds < Patience)
        {
            return Sooner(wait, Patience);
        }

        var had = shelf.Spare;
        var more = shelf.Make();
        _madeAt = time.GetTimestamp();
        if (shelf.Spare > had || shelf.Trouble is not null)
        {
            store.WakeLoop();
            store.Reckon();
        }

        return more ? 0 : shelf.Trouble is not null ? Sooner(wait, Patience) : wait;
    }

    /// <summary>From the journal's thread after a batch.</summary>
    public bool WantsToLook(long octets) =>
        octets - Volatile.Read(ref _octets) >= 4 << 20 || time.GetElapsedTime(Volatile.Read(ref _lookedAt)).TotalMilliseconds >= Patience;

    /// <summary>Looks when a good deal was written, or a while after a refusal. True: below the floor, look again soon.</summary>
    private bool Space()
    {
        var octets = store.OctetsWritten;
        var low = store.DiskIsLow;
        if (_lookedAt == long.MinValue || octets - _octets >= 4 << 20
            || (time.GetElapsedTime(_lookedAt).TotalMilliseconds >= Patience && (low || octets != _octets)))
        {
            (_octets, _lookedAt) = (octets, time.GetTimestamp());
            try
            {
                var space = directory.Space();
                low = space.FreeOctets < settings.FreeSpaceFloor || space.FreeFiles < 16;
            }
            catch (DiskException)
            {
                low = false;                        // some file systems cannot say
            }

            store.SetDisk(low);
        }

        return low;
    }

    private static int Sooner(int wait, int milliseconds) => wait < 0 ? milliseconds : Math.Min(wait, milliseconds);
}
