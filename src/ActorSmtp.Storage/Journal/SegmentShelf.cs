using System.Globalization;
using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// The segments that wait for use. New ones are written full of zeros once, by the keeper: writing over space that was
/// written before is twice as fast as growing a file, and five times for large messages. One is kept back for what
/// makes room (records of deliveries), so that a full disk never locks itself. What was freed last is used first, and what
/// waits long leaves the system's cache: so the journal fills the same pages again and again, and not ever new ones, which
/// on virtual machines cost many times as much.
/// </summary>
internal sealed class SegmentShelf(IDiskDirectory directory, int size, int target, bool sync)
{
    private const int Zeros = 1 << 20;
    private const long WarmOctets = 64 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<Segment> _spare = new();
    private readonly Queue<Segment> _waiting = new();        // full ones, the oldest first, that may be in the system's cache
    private Segment? _making;
    private int _made;
    private int _number;
    private int _inUse;
    private volatile DiskException? _trouble;

    /// <summary>Why the last segment could not be made; null when it could.</summary>
    public DiskException? Trouble => _trouble;

    /// <summary>So many full segments stay in the system's cache for those who deliver.</summary>
    private int Warm { get; } = (int)Math.Max(2, WarmOctets / size);

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
                return WantsSegment || _waiting.Count > Warm;
            }
        }
    }

    private bool WantsSegment => _spare.Count < 2 || _spare.Count + _inUse < target;

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
                _spare.AddLast(segment);
            }
        }
    }

    /// <summary>Null: none is ready.</summary>
    /// <param name="last">Whether the one kept back may be had.</param>
    public Segment? Take(bool last)
    {
        lock (_gate)
        {
            if (_spare.Count < (last ? 1 : 2) || _spare.First is not { } first)
            {
                return null;
            }

            _spare.RemoveFirst();
            _inUse++;
            return first.Value;
        }
    }

    public void Free(Segment segment)
    {
        lock (_gate)
        {
            _inUse--;
            _spare.AddFirst(segment);
            if (_waiting.TryPeek(out var oldest) && oldest == segment)
            {
                _waiting.Dequeue();
            }
        }
    }

    /// <summary>A segment is full and synced. Those before it that still wait leave the system's cache, when more than <see cref="Warm"/> do.</summary>
    public void Full(Segment segment)
    {
        if (!sync)
        {
            return;                                 // nothing is on disk that could leave the cache
        }

        lock (_gate)
        {
            _waiting.Enqueue(segment);
        }
    }

    /// <summary>Makes a part of a segment, or lets one cool. True: there is more to do.</summary>
    public bool Make()
    {
        try
        {
            if (Cool(out var wants))
            {
                return true;
            }

            if (!wants)
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
                _making.File.Cool();
            }

            lock (_gate)
            {
                _spare.AddLast(_making);
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
            foreach (var segment in _spare)
            {
                segment.File.Dispose();
            }

            _spare.Clear();
        }
    }

    private bool Cool(out bool wants)
    {
        Segment? cold = null;
        lock (_gate)
        {
            wants = WantsSegment;
            if (_waiting.Count > Warm)
            {
                cold = _waiting.Dequeue();
            }
        }

        cold?.File.Cool();
        return cold is not null;
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
                extra = _spare.Last!.Value;
                _spare.RemoveLast();
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
