namespace ActorSmtp.Transport;

/// <summary>Input: asked for by the owner, received on the lane, handed over one call at a time.</summary>
internal abstract partial class StreamConnection
{
    internal ReadOnlySpan<byte> RawInput => _input.Unread;

    internal void RawConsume(int count) => _input.Consume(count, Lane);

    internal void RawDiscardInput() => _input.ReleaseAll(Lane);

    internal void RawRequestInput()
    {
        var flags = Volatile.Read(ref _flags);
        if ((flags & (Ending | Dead | Closing)) != 0)
        {
            return;     // the end is told, or about to be
        }

        if ((flags & Want) != 0)
        {
            throw new InvalidOperationException("Input is asked for already.");
        }

        _input.Shrink(Lane);
        if ((Interlocked.Or(ref _flags, Want) & Ready) != 0)
        {
            Kick();
        }
    }

    /// <summary>The kernel has something for us; with <paramref name="end"/> (lane only), its last. <see cref="Serve()"/> is to follow.</summary>
    protected void MarkReadable(bool end)
    {
        _endSeen |= end;
        Interlocked.Or(ref _flags, Ready);
    }

    /// <summary>The first thing a connection does on its lane is done: there may be input, or not.</summary>
    protected void Kick()
    {
        if (ReferenceEquals(Lane.Serving, this) && Lane.IsCurrent)
        {
            return;     // Serve() looks again when the call-back returns
        }

        if ((Interlocked.Or(ref _flags, Posted) & Posted) == 0)
        {
            Lane.Post(this);
        }
    }

    protected internal override void Run()
    {
        Interlocked.And(ref _flags, ~Posted);
        Serve();
    }

    /// <summary>Lane: does whatever the flags say, until there is nothing to do. Calls the observer.</summary>
    protected void Serve()
    {
        var outer = Lane.Serving;
        if (ReferenceEquals(outer, this))
        {
            return;
        }

        Lane.Serving = this;
        try
        {
            var rounds = Rounds;
            while (ServeOnce())
            {
                if (--rounds == 0)
                {
                    Lane.Serving = outer;
                    Kick();     // others first
                    return;
                }
            }
        }
        catch (Exception e)
        {
            Lane.Report("A connection's call-back failed; the connection is aborted.", e);
            _detail ??= e.Message;
            Fail(CloseReason.Failed);
        }
        finally
        {
            Lane.Serving = outer;
        }
    }

    /// <summary>One step. True if there may be another.</summary>
    private bool ServeOnce()
    {
        var flags = Volatile.Read(ref _flags);
        if ((flags & (Dead | Ending)) != 0)
        {
            if ((flags & Dead) == 0)
            {
                Finish((CloseReason)(_endReason - 1));
            }

            return false;
        }

        if (_stalled)
        {
            WatchStall();
            if ((flags & Closing) != 0 || !_options.ReadWhileOutputPending)
            {
                return false;
            }
        }

        if ((flags & Closing) != 0)
        {
            return Linger(flags);
        }

        return (flags & (Want | Ready)) == (Want | Ready) && ReceiveOnce();
    }

    private bool ReceiveOnce()
    {
        var room = _input.Room(_readsLittle ? 0 : _readClass, Lane);
        if (room.IsEmpty)
        {
            Fail(CloseReason.InputOverflow);
            return false;
        }

        Interlocked.And(ref _flags, ~Ready);
        var got = Receive(room, out var reason);
        Lane.Reads++;
        if (got > 0)
        {
            Lane.BytesIn += got;
            _input.Added(got);
            if (got == room.Length)
            {
                _readClass = (byte)Math.Min(2, _readClass + 1);
            }
            else if (_readClass > 0 && got < BufferPool.SizeOf(_readClass) / 8)
            {
                _readClass--;
            }

            Interlocked.And(ref _flags, ~Want);
            if (got == room.Length || _endSeen || !ShortReadDrains)
            {
                Interlocked.Or(ref _flags, Ready);
            }

            if (_tls is { } tls)
            {
                tls.OnRawInput();
            }
            else
            {
                _observer!.OnInput(this);
            }

            return true;
        }

        _input.Shrink(Lane);
        switch (got)
        {
            case -1:
                AwaitReadable();
                return (Volatile.Read(ref _flags) & Ready) != 0;
            case 0:
                _reason = _broken ? CloseReason.Reset : CloseReason.PeerClosed;
                if (_stalled)
                {
                    // The peer may still read what waits for it; then it is over.
                    Interlocked.Or(ref _flags, Closing | Hard);
                    return true;
                }

                Finish(_reason);
                return false;
            default:
                Finish(reason);
                return false;
        }
    }
}
