using System.Globalization;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// The segments that wait for use. New ones are written full of zeros once, by the keeper: writing over space that was
/// written before is twice as fast as growing a file, and five times for large messages. One is kept back for what
/// makes room (records of deliveries), so that a full disk never locks itself.
/// </summary>
internal sealed class SegmentShelf(IDiskDirectory directory, int size, int target, bool sync)
{
    private const int Zeros = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<Segment> _spare = new();
    private Segment? _making;
    private int _made;
    private int _number;
    private int _inUse;
    private volatile DiskException? _trouble;

    /// <summary>Why the last segment could not be made; null when it could.</summary>
    public DiskException? Trouble => _trouble;

    /// <summary>Files that are kept ready or in use when all is well.</summary>
    public int Target => target;

    public int Count => Volatile.Read(ref _inUse) + Spare;

    public int Spare
    {
        get
        {
            lock (_gate)
            {
                return _spare.Count;
            }
        }
    }

    /// <summary>Whether the keeper has something to do here.</summary>
    public bool Wants
    {
        get
        {
            lock (_gate)
            {
                return _spare.Count < 2 || _spare.Count + _inUse < target;
            }
        }
    }

    /// <summary>A segment found at start, in use until it is freed, or a spare one.</summary>
    public void Found(Segment segment, bool inUse)
    {
        _number = Math.Max(_number, SegmentUse.TryNumber(segment.Name, out var number) ? number : 0);
        lock (_gate)
        {
            if (inUse)
            {
                _inUse++;
            }
            else
            {
                _spare.Enqueue(segment);
            }
        }
    }

    /// <summary>Null: none is ready.</summary>
    /// <param name="last">Whether the one kept back may be had.</param>
    public Segment? Take(bool last)
    {
        lock (_gate)
        {
            if (_spare.Count < (last ? 1 : 2) || !_spare.TryDequeue(out var segment))
            {
                return null;
            }

            _inUse++;
            return segment;
        }
    }

    public void Free(Segment segment)
    {
        lock (_gate)
        {
            _inUse--;
            _spare.Enqueue(segment);
        }
    }

    /// <summary>Makes a part of a segment. True: there is more to do.</summary>
    public bool Make()
    {
        try
        {
            if (!Wants)
            {
                return Trim();
            }

            _making ??= Create();
            for (var i = 0; i < 4 && _made < size; i++)
            {
                _made += Fill(_making.File, _made);
            }

            if (_made < size)
            {
                return true;
            }

            if (sync)
            {
                _making.File.Sync();
                directory.Sync();
            }

            lock (_gate)
            {
                _spare.Enqueue(_making);
            }

            _making = null;
            _trouble = null;
            return Wants;
        }
        catch (DiskException failed)
        {
            GiveUp();
            _trouble = failed;
            return false;
        }
    }

    public void Close()
    {
        GiveUp();
        lock (_gate)
        {
            while (_spare.TryDequeue(out var segment))
            {
                segment.File.Dispose();
            }
        }
    }

    private Segment Create()
    {
        _made = 0;
        var name = string.Create(CultureInfo.InvariantCulture, $"{++_number:D6}.seg");
        return new Segment(name, directory.Open(name, DiskAccess.CreateNew), size);
    }

    private unsafe int Fill(IDiskFile file, int at)
    {
        var length = Math.Min(Zeros, size - at);
        fixed (byte* start = ZeroBytes.Span)
        {
            file.Write([new DiskVector(start, (nuint)length)], at);
        }

        return length;
    }

    /// <summary>After a time of backlog: one spare file too many goes.</summary>
    private bool Trim()
    {
        Segment? extra = null;
        lock (_gate)
        {
            if (_inUse + _spare.Count > target && _spare.Count > target - 1 && _spare.Count > 2)
            {
                extra = _spare.Dequeue();
            }
        }

        if (extra is null)
        {
            return false;
        }

        extra.File.Dispose();
        directory.Delete(extra.Name);
        return true;
    }

    private void GiveUp()
    {
        if (_making is null)
        {
            return;
        }

        _making.File.Dispose();
        try
        {
            directory.Delete(_making.Name);
        }
        catch (DiskException)
        {
            // It stays behind half made; the next start finds a file without a header and of the wrong length, and removes it.
        }

        _making = null;
    }

    private static class ZeroBytes
    {
        private static readonly byte[] Bytes = new byte[Zeros];

        public static ReadOnlySpan<byte> Span => Bytes;
    }
}
