using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>Where mail is kept.</summary>
public enum StoreKind
{
    /// <summary>A journal and Maildirs below the data directory.</summary>
    Maildir,

    /// <summary>A PostgreSQL database.</summary>
    Postgres,
}

/// <summary>The stores.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Connection">For a database: Npgsql's connection text.</param>
/// <param name="Files">For files: what the stores are given.</param>
public sealed record StoreSettings(StoreKind Kind, string Connection, StorageSettings Files)
{
    internal static StoreSettings From(SettingsReader r, string dataDirectory)
    {
        var kind = r.Choice("kind", ("maildir", StoreKind.Maildir), ("postgres", StoreKind.Postgres));
        var connection = r.Text("connection");
        if (kind == StoreKind.Postgres && connection.Length == 0)
        {
            r.Refuse("connection", "expected Npgsql's connection text: Host=…;Username=…;Database=…");
        }

        var journal = r.Section("journal");
        var backlog = r.Section("backlog");
        var segment = journal.Bytes("segment-size", min: 1 << 20, max: 1 << 30);
        var ready = journal.Bytes("preallocate", min: 3 << 20, max: 1L << 40);
        if (ready < 3 * segment)
        {
            journal.Refuse("preallocate", "expected at least three segments: 3 × actorsmtp.storage.journal.segment-size");
        }

        return new StoreSettings(kind, connection, new StorageSettings(
            DataDirectory: dataDirectory,
            Sync: r.Choice("sync", ("always", SyncPolicy.Always), ("never", SyncPolicy.Never)),
            SegmentSize: segment,
            Preallocate: ready,
            BacklogOctets: backlog.Bytes("size", min: 1 << 20, max: 1L << 50),
            BacklogMessages: backlog.Whole("messages", min: 100, max: 1_000_000_000),
            FreeSpaceFloor: r.Bytes("free-space-floor", min: 0, max: 1L << 50),
            MemoryBudget: r.Bytes("memory-budget", min: 1 << 20, max: 1L << 40),
            Spin: journal.Duration("spin", TimeSpan.Zero, TimeSpan.FromMilliseconds(1)),
            DeliveryThreads: r.Int("delivery-threads", min: 1, max: 256),
            BurstDelay: r.Duration("burst-delay", TimeSpan.Zero, TimeSpan.FromMinutes(1))));
    }

    /// <summary>Without the connection text, which may hold a password.</summary>
    public override string ToString() => $"{nameof(StoreSettings)} {{ Kind = {Kind}, Files = {Files} }}";
}
