using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>A segment file in use by one of the queue's two logs. Belongs to the store's thread, but for its file.</summary>
internal sealed class QueueSegment(Segment file)
{
    public Segment File { get; } = file;

    public int Use => (int)File.Id;

    /// <summary>Records in it that count, and their octets.</summary>
    public int Live { get; private set; }

    public long LiveOctets { get; private set; }

    /// <summary>There are removals in it, which are remembered until the hand-over has come so far (<see cref="IQueueObserver.Handover"/>); null: there are none.</summary>
    public long? RememberedUntil { get; set; }

    /// <summary>When it was last tried to write anew elsewhere what counts in it; null: never.</summary>
    public long? CleanedAt { get; set; }

    public void Pin(in QueuePlace place)
    {
        Live++;
        LiveOctets += place.RecordLength;
    }

    public void Unpin(in QueuePlace place)
    {
        Live--;
        LiveOctets -= place.RecordLength;
    }
}
