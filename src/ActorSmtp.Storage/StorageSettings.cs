namespace ActorSmtp.Storage;

/// <summary>When written bytes are made stable.</summary>
public enum SyncPolicy
{
    /// <summary>Acknowledged means synced.</summary>
    Always,

    /// <summary>Acknowledged means written: a killed process loses nothing, a power cut does. For throw-away test servers.</summary>
    Never,
}

/// <summary>Settings of the file stores; every default is in <c>reference.conf</c>.</summary>
/// <param name="DataDirectory">Holds <c>journal/</c>, <c>mail/</c> and <c>users</c>.</param>
/// <param name="Sync">When written bytes are made stable.</param>
/// <param name="SegmentSize">Octets of a journal segment: 1 MiB to 1 GiB.</param>
/// <param name="Preallocate">Octets of journal kept ready, written with zeros once: at least three segments.</param>
/// <param name="BacklogOctets">Content accepted and not delivered: from half of it on replies slow down, at it mail is refused.</param>
/// <param name="BacklogMessages">The same for the number of messages, but from a tenth of it on.</param>
/// <param name="FreeSpaceFloor">Below so many free octets on the disk new mail is refused.</param>
/// <param name="MemoryBudget">Octets of waiting messages kept in memory; the others are read back from the journal.</param>
/// <param name="Spin">How long the journal's thread looks for work before it sleeps: 0 to 1 ms.</param>
/// <param name="DeliveryThreads">Threads that write into mailboxes.</param>
/// <param name="BurstDelay">How long accepted mail may wait for its delivery while mail comes in a crowd; zero: not at all.</param>
public sealed record StorageSettings(
    string DataDirectory,
    SyncPolicy Sync,
    long SegmentSize,
    long Preallocate,
    long BacklogOctets,
    long BacklogMessages,
    long FreeSpaceFloor,
    long MemoryBudget,
    TimeSpan Spin,
    int DeliveryThreads,
    TimeSpan BurstDelay);
