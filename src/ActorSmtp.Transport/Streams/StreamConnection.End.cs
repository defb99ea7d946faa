namespace ActorSmtp.Transport;

/// <summary>How a connection ends, and the deadlines that end it.</summary>
internal abstract partial class StreamConnection
{
    internal void RawClose(bool linger)
    {
        var before = Interlocked.Or(ref _flags, linger ? Closing : Closing | Hard);
        if ((before & (Closing | Ending | Dead)) == 0)
        {
            Kick();
        }
    }

    /// <summary>Ends the connection at once, from any thread; the first reason counts.</summary>
    internal void End(CloseReason reason, string? detail)
    {
        if (IsDead || Interlocked.CompareExchange(ref _endReason, (int)reason + 1, 0) != 0)
        {
            return;
        }

        _detail ??= detail;
        Interlocked.Or(ref _flags, Ending);
        Kick();
    }

    /// <summary>Lane: the output is out. Sends our end and waits for the peer's, for a while.</summary>
    private bool Linger(int flags)
    {
        if (!_lingering)
        {
            _lingering = true;
            if ((flags & Hard) != 0 && (flags & Ready) == 0 && _input.Count == 0)
            {
                Finish(_reason);
                return false;
            }

            _input.ReleaseAll(Lane);
            EndSending();
            _deadline = Lane.Now() + IoLane.Milliseconds(_options.LingerTimeout);
            Lane.Watch(this);
            Interlocked.Or(ref _flags, Ready);      // look once
            return true;
        }

        if ((flags & Ready) == 0)
        {
            return false;
        }

        var scratch = Lane.Rent(0);
        Interlocked.And(ref _flags, ~Ready);
        var got = Receive(scratch, out _);
        Lane.Return(scratch);
        if (got == -1)
        {
            AwaitReadable();
            return (Volatile.Read(ref _flags) & Ready) != 0;
        }

        _lingered += Math.Max(0, got);
        if (got <= 0 || _lingered > LingerBytes)
        {
            Finish(_reason);
            return false;
        }

        Interlocked.Or(ref _flags, Ready);
        return true;
    }

    private void Fail(CloseReason reason)
    {
        try
        {
            Finish(reason);
        }
        catch (Exception e)
        {
            Lane.Report("An observer failed while it was told of the end.", e);
        }
    }

    /// <summary>Lane: it is over. Frees everything, tells the observer.</summary>
    private void Finish(CloseReason reason)
    {
        var before = Interlocked.Or(ref _flags, Dead);
        if ((before & Dead) != 0)
        {
            return;
        }

        _deadline = 0;
        DropStalledOutput();
        Forget();
        if ((before & Sending) == 0)
        {
            Release();
        }
        else if ((Interlocked.Or(ref _flags, Orphan) & Sending) == 0)
        {
            ReleaseOrphan();
        }

        if ((before & (Want | Closing)) != 0)
        {
            _input.ReleaseAll(Lane);    // else the owner still reads it
        }

        Lane.Closed++;
        _reason = reason;
        try
        {
            _tls?.OnRawClosed();
        }
        finally
        {
            _observer?.OnClosed(this, reason);
        }
    }

    private void ReleaseOrphan()
    {
        if ((Interlocked.And(ref _flags, ~Orphan) & Orphan) != 0)
        {
            Release();
        }
    }



    /// <summary>Lane: ends what is overdue. False if there is nothing left to watch.</summary>
    internal bool CheckDeadlines(long now)
    {
        if (IsDead)
        {
            return false;
        }

        if (_deadline != 0 && now >= _deadline)
        {
            if (_lingering)
            {
                Serve(CloseReason.Closed);
            }
            else if (_stalled)
            {
                Serve(CloseReason.PeerDoesNotRead);
            }
            else
            {
                Serve(OnOverdue());
            }

            return false;
        }

        if (_tls is { HandshakeDeadline: > 0 } tls)
        {
            if (now >= tls.HandshakeDeadline)
            {
                Serve(CloseReason.TlsTimedOut);
                return false;
            }

            return true;
        }

        return _deadline != 0;
    }

    /// <summary>A deadline that a kind of connection set for itself has passed: why does it end?</summary>
    protected virtual CloseReason OnOverdue() => CloseReason.Failed;

    /// <summary>Lane: sets the one deadline of this phase; zero: none.</summary>
    protected void SetDeadline(TimeSpan after)
    {
        _deadline = after == TimeSpan.Zero ? 0 : Lane.Now() + IoLane.Milliseconds(after);
        if (_deadline != 0)
        {
            Lane.Watch(this);
        }
    }
}
