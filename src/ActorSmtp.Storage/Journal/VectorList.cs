using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>What one write consists of: blocks where they lie, and small records in memory of its own.</summary>
internal sealed unsafe class VectorList
{
    private const int OwnSize = 256 * 1024;

    private readonly byte* _own = (byte*)NativeMemory.AlignedAlloc(OwnSize, Segment.Page);
    private readonly byte* _zeros = (byte*)NativeMemory.AlignedAlloc(Segment.Page, Segment.Page);
    private DiskVector[] _vectors = new DiskVector[256];
    private int _ownUsed;

    public VectorList() => NativeMemory.Clear(_zeros, Segment.Page);

    public int Count { get; private set; }

    public ReadOnlySpan<DiskVector> Span => _vectors.AsSpan(0, Count);

    public void Add(Block block) => Add(block.Start, block.Used);

    public void AddPage(Segment segment)
    {
        Segment.WriteHeader(new Span<byte>(_own + _ownUsed, Segment.Page), segment.Id, segment.Size);
        Add(_own + _ownUsed, Segment.Page);
        _ownUsed += Segment.Page;
    }

    /// <summary>A record made here.</summary>
    public void Add(RecordHeader header, ReadOnlySpan<byte> payload)
    {
        var into = new Span<byte>(_own + _ownUsed, header.RecordLength);
        into.Clear();
        header.Write(into);
        payload.CopyTo(into[RecordHeader.Size..]);
        Add(_own + _ownUsed, into.Length);
        _ownUsed += into.Length;
    }

    /// <summary>Fills up with zeros; answers the new position.</summary>
    public int PadTo(int position, int multiple)
    {
        var pad = (multiple - (position % multiple)) % multiple;
        if (pad > 0)
        {
            Add(_zeros, pad);
        }

        return position + pad;
    }

    public void Clear() => (Count, _ownUsed) = (0, 0);

    private void Add(byte* start, int length)
    {
        if (Count == _vectors.Length)
        {
            Array.Resize(ref _vectors, Count * 2);
        }

        _vectors[Count++] = new DiskVector(start, (nuint)length);
    }
}
