using System.Buffers;

namespace ActorSmtp.Transport;

/// <summary>
/// The writing side. Its owner alone touches the buffer until the kernel refuses bytes (<see cref="_stalled"/>); from there until all is
/// sent, the owner and the lane share it under a lock. So the usual way, one send that takes everything, meets no lock at all.
/// </summary>
internal abstract partial class StreamConnection : IBufferWriter<byte>
{
    private byte[]? _out;
    private byte[]? _lent;          // for a buffer writer while the output is shared
    private int _outStart;
    private int _outEnd;
    private volatile bool _stalled;
    private volatile bool _settling;        // between a refusal and _stalled: room told of meanwhile must wait for the lock, not be missed
    private volatile bool _broken;

    public bool OutputPending => _stalled;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_tls is { } tls)
        {
            tls.Write(bytes);
        }
        else
        {
            RawWrite(bytes);
        }
    }

    public void Flush()
    {
        _tls?.Flush();
        RawFlush();
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => Lend(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => Lend(sizeHint).Span;

    void IBufferWriter<byte>.Advance(int count)
    {
        if (_lent is { } lent)
        {
            _lent = null;
            Write(lent.AsSpan(0, count));
            ArrayPool<byte>.Shared.Return(lent);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)((_out?.Length ?? 0) - _outEnd), nameof(count));
        _outEnd += count;
        if (_outEnd - _outStart >= SendAt)
        {
            RawFlush();
        }
    }

    internal void RawWrite(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_stalled)
            {
                lock (this)
                {
                    if (_stalled)
                    {
                        if (_outEnd - _outStart + (long)bytes.Length > _options.OutputLimit)
                        {
                            End(CloseReason.PeerDoesNotRead, "output limit");
                            return;
                        }

                        Append(bytes);
                        return;
                    }
                }
            }

            if (_broken || IsDead)
            {
                return;
            }

            var now = Math.Min(bytes.Length, BufferPool.Middle - (_outEnd - _outStart));
            Append(bytes[..now]);
            bytes = bytes[now..];
            if (_outEnd - _outStart >= SendAt)
            {
                RawFlush();
            }
        }
    }

    internal void RawFlush()
    {
        if (_stalled || _outEnd == _outStart)
        {
            return;
        }

        if ((Interlocked.Or(ref _flags, Sending) & (Dead | Ending)) != 0)
        {
            EmptyOutput();
        }
        else
        {
            SendAll();
        }

        if ((Interlocked.And(ref _flags, ~Sending) & Orphan) != 0)
        {
            ReleaseOrphan();
        }
    }

    /// <summary>Lane: there is room again, and so many bytes have been sent already by the system itself.</summary>
    protected void MarkWritable(int sent = 0)
    {
        if (!_stalled && !_settling)
        {
            return;
        }

        lock (this)
        {
            if (!_stalled || IsDead)
            {
                return;
            }

            if (sent > 0)
            {
                Lane.CountWrite(sent);
            }

            var before = _outStart;
            _outStart += sent;
            if (!SendSome())
            {
                if (_outStart != before)
                {
                    _deadline = Lane.Now() + IoLane.Milliseconds(_options.WriteStallTimeout);
                }

                AwaitWritable();
                return;
            }

            EmptyOutput();
            _deadline = 0;
            _stalled = false;
        }

        Tell(static (observer, connection) => observer.OnOutputDrained(connection));
    }

    /// <summary>Lane: at the end, what waited for the peer is thrown away.</summary>
    private void DropStalledOutput()
    {
        lock (this)
        {
            if (_stalled)
            {
                EmptyOutput();
                _stalled = false;
            }
        }
    }

    /// <summary>Pending bytes, for a kind of connection that sends them itself. With the output locked.</summary>
    protected ReadOnlyMemory<byte> PendingOutput => _out.AsMemory(_outStart, _outEnd - _outStart);

    private Memory<byte> Lend(int sizeHint)
    {
        sizeHint = Math.Max(sizeHint, 256);
        if (_tls is not null || _stalled)
        {
            _lent ??= ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, 4096));
            if (_lent.Length < sizeHint)
            {
                ArrayPool<byte>.Shared.Return(_lent);
                _lent = ArrayPool<byte>.Shared.Rent(sizeHint);
            }

            return _lent;
        }

        MakeRoom(sizeHint);
        return _out.AsMemory(_outEnd);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(_out.AsSpan(_outEnd));
        _outEnd += bytes.Length;
    }

    private void MakeRoom(int count)
    {
        if (_out is not null && _out.Length - _outEnd >= count)
        {
            return;
        }

        var pending = _outEnd - _outStart;
        var sizeClass = BufferPool.ClassOf(pending + count);
        var larger = FitsOwn(pending + count) && _stalled ? Own(pending + count)
            : sizeClass <= 2 ? Lane.Rent(sizeClass)
            : GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, (pending + (long)count) * 2));
        if (_out is not null)
        {
            _out.AsSpan(_outStart, pending).CopyTo(larger);
            GiveBackOutput();
        }

        _out = larger;
        _outStart = 0;
        _outEnd = pending;
    }

    /// <summary>Gives back the output's buffer; a kind that has lent it to the system keeps it until the system is done.</summary>
    protected virtual void GiveBack(byte[] output) => Lane.Return(output);

    private void GiveBackOutput()
    {
        if (_out is { } output)
        {
            _out = null;
            GiveBack(output);
        }
    }

    private void EmptyOutput()
    {
        _outStart = _outEnd = 0;
        GiveBackOutput();
    }

    /// <summary>The owner sends what is there; if it cannot all go, the output is shared with the lane from then on.</summary>
    private void SendAll()
    {
        var sent = Send(_out.AsSpan(_outStart, _outEnd - _outStart), out var reason);
        if (sent > 0)
        {
            Lane.CountWrite(sent);
            _outStart += sent;
        }

        if (_outStart == _outEnd)
        {
            EmptyOutput();
            return;
        }

        if (sent == -2)
        {
            Broken(reason);
            EmptyOutput();
            return;
        }

        _settling = true;
        lock (this)
        {
            // Only a refusal makes the kernel tell us of room; and what it tells must find us marked as waiting.
            var all = SendSome();
            var tooMuch = !all && _outEnd - _outStart > _options.OutputLimit;
            _stalled = !all && !tooMuch;
            _settling = false;
            if (all)
            {
                EmptyOutput();
                return;
            }

            if (tooMuch)
            {
                End(CloseReason.PeerDoesNotRead, "output limit");
                return;
            }

            FitOutput();
            AwaitWritable();
        }

        Kick();     // for the deadline
    }

    /// <summary>
    /// What a peer does not read may wait for long: a little of it gets a buffer of its own size. Not for those who are read on meanwhile; they
    /// write much, and wait for a moment.
    /// </summary>
    private void FitOutput()
    {
        var pending = _outEnd - _outStart;
        if (FitsOwn(pending))
        {
            var own = Own(pending);
            _out.AsSpan(_outStart, pending).CopyTo(own);
            GiveBackOutput();
            (_out, _outStart, _outEnd) = (own, 0, pending);
        }
    }

    private bool FitsOwn(int count) => count <= BufferPool.Small / 2 && !_options.ReadWhileOutputPending;

    private static byte[] Own(int count) => GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 1024)));

    /// <summary>Sends until the kernel refuses. True if all went. With the output locked.</summary>
    private bool SendSome()
    {
        while (_outStart < _outEnd)
        {
            var sent = Send(_out.AsSpan(_outStart, _outEnd - _outStart), out var reason);
            if (sent == -2)
            {
                Broken(reason);
                return true;
            }

            if (sent <= 0)
            {
                return false;
            }

            Lane.CountWrite(sent);
            _outStart += sent;
        }

        return true;
    }

    /// <summary>
    /// The peer is gone for writing. What it sent before may still be read, and its owner may be at it: so this is told when input is
    /// asked for; what is written until then goes nowhere.
    /// </summary>
    private void Broken(CloseReason reason)
    {
        _broken = true;
        _detail ??= $"sending: {reason}";
        _outStart = _outEnd = 0;
    }

    private void WatchStall()
    {
        if (_deadline == 0)
        {
            _deadline = Lane.Now() + IoLane.Milliseconds(_options.WriteStallTimeout);
            Lane.Watch(this);
        }
    }
}
