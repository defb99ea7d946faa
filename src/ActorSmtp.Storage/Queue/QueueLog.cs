using System.Runtime.InteropServices;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// A log in segment files of the journal's form: records are gathered in memory, written at once, synced when asked. The queue has two: one
/// of content, one of state. Belongs to one thread. A segment is sealed and stable before the next one is begun, so whoever reads the log can tell a
/// harmed place from the torn end of the last write.
/// </summary>
internal sealed unsafe class QueueLog : IDisposable
{
    private const int UsualRoom = 1 << 20;

    /// <summary>For a seal and what fills up a page.</summary>
    private const int Margin = 2 * Segment.Page;

    private readonly SegmentShelf _shelf;
    private readonly bool _sync;
    private readonly Func<QueueLog, long> _floor;
    private readonly Dictionary<int, QueueSegment> _byUse = [];
    private readonly LinkedList<QueueSegment> _inUse = [];
    private readonly IReadOnlyDictionary<long, int>? _unsealed;
    private byte* _room;
    private int _capacity;
    private int _used;                              // of _room: the octets from _begin to _position
    private long _nextUse;
    private long _sequence;
    private long _beginSequence;
    private int _begin;
    private int _position;
    private int _stable;
    private bool _beganRun;
    private long _placedFloor;
    private long _writtenFloor;

    /// <param name="floor">Says at each record below which use all segments are free.</param>
    /// <param name="unsealed">Where the segments end that earlier runs left without a seal; told in the first record of this run. Null: nobody reads the log as a whole.</param>
    public QueueLog(SegmentShelf shelf, bool sync, long nextUse, long nextSequence, Func<QueueLog, long> floor, IReadOnlyDictionary<long, int>? unsealed)
    {
        (_shelf, _sync, _floor, _unsealed) = (shelf, sync, floor, unsealed);
        (_nextUse, _sequence, _beginSequence) = (nextUse, nextSequence, nextSequence);
        _capacity = UsualRoom;
        _room = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, Segment.Page);
    }

    public SegmentShelf Shelf => _shelf;

    /// <summary>The largest payload that a segment of this size holds.</summary>
    public static int MostPayload(int segmentSize) => segmentSize - (4 * Segment.Page) - DoneList.MostRecord;

    public QueueSegment? Current { get; private set; }

    /// <summary>Those with records, oldest use first.</summary>
    public LinkedList<QueueSegment> InUse => _inUse;

    public long NextUse => _nextUse;

    /// <summary>The floor that is on disk: segments below it will never be read again.</summary>
    public long DurableFloor { get; set; }

    public long Syncs { get; private set; }

    public long Octets { get; private set; }

    /// <summary>Something was placed or written since the last sync.</summary>
    public bool IsDirty { get; private set; }

    public long LiveOctets
    {
        get
        {
            var octets = 0L;
            foreach (var segment in _inUse)
            {
                octets += segment.LiveOctets;
            }

            return octets;
        }
    }

    /// <summary>A segment that recovery found to be needed; in the order of uses.</summary>
    public void Found(QueueSegment segment)
    {
        _inUse.AddLast(segment);
        _byUse[segment.Use] = segment;
    }

    public QueueSegment? Find(int use) => _byUse.GetValueOrDefault(use);

    /// <summary>
    /// Makes room for a record and answers where its payload goes; <see cref="Place"/> has to follow. False: no segment is to be had now.
    /// </summary>
    /// <param name="makesRoom">What is written makes other things free: it may take the last segment there is.</param>
    /// <exception cref="DiskException">As <see cref="Flush"/>.</exception>
    public bool TryReserve(int payload, bool makesRoom, out Span<byte> into)
    {
        var length = RecordHeader.Align(RecordHeader.Size + payload);
        into = default;
        while (true)
        {
            if ((Current is null || !Current.File.HasRoom(_position, length)) && !TryRoll(makesRoom))
            {
                return false;
            }

            if (_used + length + Margin <= _capacity)
            {
                break;
            }

            if (length <= UsualRoom / 2)
            {
                Flush();                            // it begins at a page now, which may be one too far for this segment
            }
            else
            {
                Grow(_used + length + Margin);
            }
        }

        into = new Span<byte>(_room + _used + RecordHeader.Size, payload);
        return true;
    }

    /// <summary>The record whose payload was just written into what <see cref="TryReserve"/> gave.</summary>
    public QueuePlace Place(RecordHeader header)
    {
        var place = new QueuePlace((int)Current!.File.Id, _position, header.ContentLength, header.EnvelopeLength);
        header.Segment = Current.File.Id;
        header.Sequence = _sequence++;
        header.Floor = _floor(this);
        _placedFloor = Math.Max(_placedFloor, header.Floor);
        header.Stable = _stable;
        header.PayloadCrc = Crc32C.Of(new ReadOnlySpan<byte>(_room + _used + RecordHeader.Size, header.PayloadLength));
        header.Write(new Span<byte>(_room + _used, RecordHeader.Size));
        new Span<byte>(_room + _used + RecordHeader.Size + header.PayloadLength, header.RecordLength - RecordHeader.Size - header.PayloadLength).Clear();
        _used += header.RecordLength;
        _position += header.RecordLength;
        IsDirty = true;
        return place;
    }

    /// <summary>Writes what was placed.</summary>
    /// <exception cref="DiskException">
    /// <see cref="DiskError.NoSpace"/>: what was placed since the last write does not count, and the log can be gone on with. Anything else: the log is broken.
    /// </exception>
    public void Flush()
    {
        if (_used == 0)
        {
            return;
        }

        var pad = -_used & (Segment.Page - 1);      // _begin is at a page, so a page once synced is never written again
        new Span<byte>(_room + _used, pad).Clear();
        _used += pad;
        _position += pad;
        try
        {
            Current!.File.File.Write([new DiskVector(_room, (nuint)_used)], _begin);
        }
        catch (DiskException failed) when (failed.Error == DiskError.NoSpace)
        {
            Withdraw();
            throw;
        }

        Octets += _used;
        _writtenFloor = _placedFloor;
        (_begin, _beginSequence, _used) = (_position, _sequence, 0);
    }

    /// <summary>Makes what was written stable.</summary>
    /// <exception cref="DiskException">The log is broken: nothing since the last sync may be believed.</exception>
    public void Sync()
    {
        if (!IsDirty)
        {
            return;
        }

        if (_sync)
        {
            try
            {
                Current!.File.File.Sync();
            }
            catch (DiskException failed) when (failed.Error == DiskError.NoSpace)
            {
                throw new DiskException(DiskError.Io, failed.Operation, Current!.File.Name, failed.Reason);     // written is not stable: not to be gone on with
            }

            Syncs++;
        }

        if (_capacity > UsualRoom && _used == 0)
        {
            Grow(UsualRoom);                        // after something large
        }

        _stable = _position;
        DurableFloor = Math.Max(DurableFloor, _writtenFloor);
        IsDirty = false;
    }

    /// <summary>A record without payload: carries the floor, or says that the end was in order.</summary>
    public bool TryNote(RecordKind kind)
    {
        if (!TryReserve(0, makesRoom: true, out _))
        {
            return false;
        }

        Place(new RecordHeader { Kind = kind });
        return true;
    }

    /// <summary>Nothing in it counts any more.</summary>
    public void Free(LinkedListNode<QueueSegment> segment)
    {
        _inUse.Remove(segment);
        _byUse.Remove(segment.Value.Use);
        _shelf.Free(segment.Value.File);
    }

    public void Dispose()
    {
        foreach (var segment in _inUse)
        {
            segment.File.File.Dispose();
        }

        _inUse.Clear();
        _shelf.Close();
        NativeMemory.AlignedFree(_room);
        _room = null;
    }

    private bool TryRoll(bool makesRoom)
    {
        if (_shelf.Take(makesRoom) is not { } next)
        {
            return false;
        }

        try
        {
            if (Current is not null)
            {
                Place(new RecordHeader { Kind = RecordKind.Seal });         // HasRoom left a page for it
                Flush();
                Sync();
            }
        }
        catch (DiskException)
        {
            _shelf.Free(next);
            throw;
        }

        next.Begin(_nextUse++);
        Current = new QueueSegment(next);
        Found(Current);
        if (Begin())
        {
            Flush();                                // before any other record of this run may be there without it
            Sync();
        }

        return true;
    }

    /// <summary>The first page, and the first record of the run where this is its first segment (true).</summary>
    private bool Begin()
    {
        (_begin, _position, _stable, _used) = (0, Segment.Page, Segment.Page, Segment.Page);
        _beginSequence = _sequence;
        Segment.WriteHeader(new Span<byte>(_room, Segment.Page), Current!.File.Id, Current.File.Size);
        IsDirty = true;
        if (_unsealed is not { Count: > 0 } unsealed || _beganRun)
        {
            return false;
        }

        var payload = DoneList.Write(unsealed.OrderByDescending(entry => entry.Key).Take(DoneList.Most).Select(entry => (entry.Key, entry.Value)));
        payload.CopyTo(new Span<byte>(_room + _used + RecordHeader.Size, payload.Length));
        Place(new RecordHeader { Kind = RecordKind.Start, ContentLength = payload.Length });
        _beganRun = true;
        return true;
    }

    /// <summary>After a write without space: the next one goes over it, and says which numbers are not used.</summary>
    private void Withdraw()
    {
        _placedFloor = _writtenFloor;
        if (_begin == 0)
        {
            _beganRun = false;
            Begin();
            return;
        }

        (_position, _used) = (_begin, 0);
        Place(new RecordHeader { Kind = RecordKind.Note, Index = (int)(_sequence - _beginSequence) });
    }

    private void Grow(int wanted)
    {
        var capacity = (Math.Max(wanted, UsualRoom) + Segment.Page - 1) & -Segment.Page;
        if (capacity == _capacity)
        {
            return;
        }

        var room = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, Segment.Page);
        new Span<byte>(_room, _used).CopyTo(new Span<byte>(room, _used));
        NativeMemory.AlignedFree(_room);
        _room = room;
        _capacity = capacity;
    }
}
