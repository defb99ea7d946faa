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
/// <param name="Database">For a database: what the stores are given.</param>
/// <param name="Files">For files likewise; its limits count for both.</param>
public sealed record StoreSettings(StoreKind Kind, DatabaseSettings Database, StorageSettings Files)
{
    internal static StoreSettings From(SettingsReader r, string dataDirectory, string machineName)
    {
        var kind = r.Choice("kind", ("maildir", StoreKind.Maildir), ("postgres", StoreKind.Postgres));
        var connection = r.Text("connection");
        var shared = r.Section("shared");
        var node = shared.Text("node");
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

        var database = new DatabaseSettings(
            Connection: connection,
            Node: node.Length > 0 ? node : machineName,
            Lease: shared.Duration("lease", TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10)),
            Poll: shared.Duration("poll", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)),
            Connections: shared.Int("connections", min: 20, max: 1000),
            Patience: shared.Duration("patience", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)))
        {
            MayContradict = shared.Choice("agreement", ("strict", false), ("warn", true)),
        };
        return new StoreSettings(kind, database, new StorageSettings(
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
    public override string ToString() => $"{nameof(StoreSettings)} {{ Kind = {Kind}, Database = {Database}, Files = {Files} }}";
}
