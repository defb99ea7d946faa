using System.Buffers.Binary;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// One file of the journal: written over, never growing. Its first page says which use of the file this is. The fields
/// that change belong to the journal's thread.
/// </summary>
internal sealed class Segment(string name, IDiskFile file, int size)
{
    /// <summary>Records begin here. Batches begin at multiples of it too, so a page once synced is never written again.</summary>
    public const int Page = 4096;

    private const ulong FileMagic = 0x314C4E524A505341;         // "ASPJRNL1"
    private const int Version = 1;

    public string Name { get; } = name;

    public IDiskFile File { get; } = file;

    public int Size { get; } = size;

    /// <summary>The number of this use of the file; 0: not used yet.</summary>
    public long Id { get; set; }

    /// <summary>Records in it that are still needed.</summary>
    public int Live { get; private set; }

    /// <summary>What they take at most when each is written anew by itself, in pages of its own.</summary>
    public long LiveOctets { get; private set; }

    /// <summary>What is needed of it is being moved.</summary>
    public bool IsLeaving { get; set; }

    public void Pin(in RecordPlace place)
    {
        Live++;
        LiveOctets += (place.Length + Page - 1) & -Page;
    }

    public void Unpin(in RecordPlace place)
    {
        Live--;
        LiveOctets -= (place.Length + Page - 1) & -Page;
    }

    /// <summary>Begins a new use.</summary>
    public void Begin(long id) => (Id, Live, LiveOctets, IsLeaving) = (id, 0, 0, false);

    public static void WriteHeader(Span<byte> page, long id, int size)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, FileMagic);
        BinaryPrimitives.WriteInt32LittleEndian(page[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(page[12..], size);
        BinaryPrimitives.WriteInt64LittleEndian(page[16..], id);
        BinaryPrimitives.WriteUInt32LittleEndian(page[24..], Crc32C.Of(page[..24]));
    }

    /// <summary>The number of this use, or 0 where there is no whole header (a file never used).</summary>
    /// <exception cref="StoreException">Another version wrote it.</exception>
    public static long ReadHeader(ReadOnlySpan<byte> page, string name)
    {
        if (page.Length < Page || BinaryPrimitives.ReadUInt64LittleEndian(page) != FileMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(page[24..]) != Crc32C.Of(page[..24]))
        {
            return 0;
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(page[8..]);
        return version == Version
            ? BinaryPrimitives.ReadInt64LittleEndian(page[16..])
            : throw new StoreException($"journal/{name} has format version {version}, and this program knows version {Version}: run the version that wrote it until its journal is empty.");
    }

    /// <summary>Whether a record fits, and a page is left for the seal.</summary>
    public bool HasRoom(int position, int recordLength) => ((position + recordLength + Page - 1) & -Page) + Page <= Size;

    public override string ToString() => $"{Name}#{Id}";
}
