namespace ActorSmtp.Transport;

/// <summary>
/// Bytes received and not yet consumed. A large rented buffer while there is reading and parsing; a small one of its own for what is
/// left over (half a line); nothing when nothing is left.
/// </summary>
internal struct InputBuffer
{
    private byte[]? _bytes;     // rented, or the same as _kept
    private byte[]? _kept;      // small, never pooled, reused by this connection
    private int _start;
    private int _end;

    public readonly ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    public readonly int Count => _end - _start;

    /// <summary>Bytes of memory behind it, used or not.</summary>
    public readonly int HeldBytes => (_bytes?.Length ?? 0) + (ReferenceEquals(_bytes, _kept) ? 0 : _kept?.Length ?? 0);

    public void Consume(int count, IoLane lane)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_end - _start), nameof(count));
        _start += count;
        if (_start == _end)
        {
            Release(lane);
        }
    }

    /// <summary>Gives back what was rented, keeping unread bytes in a buffer of about their size.</summary>
    public void Shrink(IoLane lane)
    {
        if (_bytes is null || ReferenceEquals(_bytes, _kept))
        {
            return;
        }

        var count = Count;
        if (count == 0)
        {
            Release(lane);
            return;
        }

        if (count > _bytes.Length / 2)
        {
            return;     // it fills what it holds: one of its own would be as large
        }

        if (_kept is null || _kept.Length < count)
        {
            _kept = GC.AllocateUninitializedArray<byte>(RoundUp(count));
        }

        Unread.CopyTo(_kept);
        lane.Return(_bytes);
        _bytes = _kept;
        _start = 0;
        _end = count;
    }

    /// <summary>Room to receive into, behind what is unread, in a rented buffer. Empty if the largest is full.</summary>
    public Span<byte> Room(int sizeClass, IoLane lane)
    {
        var count = Count;
        sizeClass = Math.Max(sizeClass, BufferPool.ClassOf(count + (BufferPool.Small / 4)));
        if (sizeClass > 2)
        {
            sizeClass = 2;
        }

        if (_bytes is null || ReferenceEquals(_bytes, _kept) || _bytes.Length < BufferPool.SizeOf(sizeClass))
        {
            var larger = lane.Rent(sizeClass);
            if (_bytes is not null)
            {
                Unread.CopyTo(larger);
                if (!ReferenceEquals(_bytes, _kept))
                {
                    lane.Return(_bytes);
                }
            }

            _bytes = larger;
            _start = 0;
            _end = count;
        }
        else if (_start > 0)
        {
            Unread.CopyTo(_bytes);
            _start = 0;
            _end = count;
        }

        return _bytes.AsSpan(_end);
    }

    /// <summary>As <see cref="Room"/>, for a reader that waits.</summary>
    public Memory<byte> RoomMemory(int sizeClass, IoLane lane) => Room(sizeClass, lane).IsEmpty ? default : _bytes.AsMemory(_end);

    /// <summary>So many bytes were received into <see cref="Room"/>.</summary>
    public void Added(int count) => _end += count;

    /// <summary>Forgets everything, unread bytes too.</summary>
    public void Release(IoLane lane)
    {
        if (_bytes is not null && !ReferenceEquals(_bytes, _kept))
        {
            lane.Return(_bytes);
        }

        _bytes = null;
        _start = _end = 0;
        if (_kept is { Length: > 256 })
        {
            _kept = null;
        }
    }

    /// <summary>As <see cref="Release"/>, and the small buffer goes too: the connection is idle for long, or at its end.</summary>
    public void ReleaseAll(IoLane lane)
    {
        Release(lane);
        _kept = null;
    }

    private static int RoundUp(int count) => count <= 64 ? 64 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
}
