using System.Buffers;
using System.Net;

namespace ActorSmtp.Transport;

/// <summary>
/// What all kinds of connection share: the hand-over of the input, the end, the deadlines. Below it are four operations of the system
/// (<see cref="Receive"/>, <see cref="Send"/>, <see cref="EndSending"/>, <see cref="Release"/>); above it lies, once asked for, TLS.
/// <para>
/// One word of flags carries everything that crosses threads. The lane alone turns <see cref="Want"/> off and <see cref="Ready"/> on and
/// off, so a plain "or" that returns the old value settles every race between an owner that asks and a kernel that tells: whoever comes
/// second sees the other's flag.
/// </para>
/// </summary>
internal abstract partial class StreamConnection : IoWork, IConnection
{
    /// <summary>Input is asked for: the transport owns it.</summary>
    private const int Want = 1;

    /// <summary>There may be bytes, or the end, to receive.</summary>
    private const int Ready = 2;

    /// <summary>In the lane's queue.</summary>
    private const int Posted = 4;

    /// <summary>The owner closes; with <see cref="Hard"/>, without waiting for the peer's end.</summary>
    private const int Closing = 8;
    private const int Hard = 16;

    /// <summary>To be ended at once, with the reason in <see cref="_endReason"/>.</summary>
    private const int Ending = 32;

    /// <summary>Ended: nothing is called any more.</summary>
    private const int Dead = 64;

    /// <summary>Somebody is inside a send: the descriptor must not be freed under them.</summary>
    private const int Sending = 128;

    /// <summary>Dead, and the descriptor still to be freed by whoever sends.</summary>
    private const int Orphan = 256;

    /// <summary>Reads of one turn before others get theirs.</summary>
    private const int Rounds = 8;

    /// <summary>What a closing connection reads at most while it waits for the peer's end.</summary>
    private const int LingerBytes = 1 << 20;

    private readonly StreamOptions _options;
    private volatile IConnectionObserver? _observer;
    private InputBuffer _input;
    private TlsLayer? _tls;
    private string? _detail;
    private long _deadline;
    private int _flags;
    private int _endReason;         // one more than the reason of End(), 0 while there is none
    private int _lingered;
    private CloseReason _reason;
    private byte _readClass;
    private bool _endSeen;          // the peer's end or an error is behind what is to be read: a short read does not mean drained
    private bool _lingering;

    protected StreamConnection(IoLane lane, StreamOptions options)
    {
        Lane = lane;
        _options = options;
    }

    public IoLane Lane { get; }

    /// <summary>In the lane's list of deadlines; the lane's own mark.</summary>
    public bool IsWatched { get; set; }

    public IConnectionObserver? Observer
    {
        get => _observer;
        set => _observer = value;
    }

    public abstract EndPoint? RemoteEndPoint { get; }

    public abstract EndPoint? LocalEndPoint { get; }

    public bool IsSecure => _tls is { IsSecured: true };

    public TlsFacts? Tls => _tls?.Facts;

    public string? CloseDetail => _detail;

    public ReadOnlySpan<byte> Input => _tls is { } tls ? tls.Input : _input.Unread;

    public IBufferWriter<byte> Output => this;

    internal int OutputLimit => _options.OutputLimit;

    protected StreamOptions StreamOptions => _options;

    protected bool IsDead => (Volatile.Read(ref _flags) & Dead) != 0;

    /// <summary>True where a short read proves that nothing more is there until <see cref="MarkReadable"/> (edge-triggered).</summary>
    protected virtual bool ShortReadDrains => true;

    public void Consume(int count)
    {
        if (_tls is { } tls)
        {
            tls.Consume(count);
        }
        else
        {
            _input.Consume(count, Lane);
        }
    }

    public void Park()
    {
        if (_tls is { } tls)
        {
            tls.Park();
        }
        else
        {
            _input.Shrink(Lane);
        }
    }

    public void RequestInput()
    {
        if (_observer is null)
        {
            throw new InvalidOperationException("Set an observer before input is asked for.");
        }

        if (_tls is { } tls)
        {
            tls.RequestInput();
        }
        else
        {
            RawRequestInput();
        }
    }

    public void Close(bool linger = true)
    {
        Flush();
        _tls?.SayGoodbye();
        RawClose(linger);
    }

    public void Abort() => End(CloseReason.Aborted, null);

    public void Post(IoWork work) => Lane.Post(work);

    public void StartTls(TlsServerOptions options) => StartTls(new TlsLayer(this, options));

    public void StartTls(TlsClientOptions options) => StartTls(new TlsLayer(this, options));

    // ---- the system below ----

    /// <summary>Receives without waiting: bytes &gt; 0, 0 at the peer's end, -1 where nothing is there, -2 with a reason where it broke.</summary>
    protected abstract int Receive(Span<byte> room, out CloseReason reason);

    /// <summary>Sends without waiting: bytes taken, -1 where none are, -2 with a reason where it broke.</summary>
    protected abstract int Send(ReadOnlySpan<byte> bytes, out CloseReason reason);

    /// <summary>Asks to be told (<see cref="MarkReadable"/>) when there is something to receive, where that is not so anyway.</summary>
    protected virtual void AwaitReadable()
    {
    }

    /// <summary>Asks to be told (<see cref="MarkWritable"/>) when there is room. Called with the output locked.</summary>
    protected abstract void AwaitWritable();

    /// <summary>Sends the end of the stream.</summary>
    protected abstract void EndSending();

    /// <summary>Lane: no event is to come any more. Once, before <see cref="Release"/>.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>Frees the descriptor. Once; on another thread than the lane's if that thread was inside a send.</summary>
    protected abstract void Release();

    // ---- the input ----

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
        var room = _input.Room(_readClass, Lane);
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

    // ---- the end ----

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

    // ---- deadlines ----

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

    private void Serve(CloseReason reason)
    {
        End(reason, null);
        Serve();
    }

    /// <summary>Lane: shows an accepted connection to its acceptor.</summary>
    protected void Introduce(IAcceptor acceptor)
    {
        var outer = Lane.Serving;
        Lane.Serving = this;
        try
        {
            acceptor.OnAccepted(this);
        }
        catch (Exception e)
        {
            Lane.Report("An acceptor failed; the connection is aborted.", e);
            End(CloseReason.Failed, e.Message);
        }
        finally
        {
            Lane.Serving = outer;
        }

        Serve();
    }

    /// <summary>Lane: calls the observer outside of a read, with the same care.</summary>
    internal void Tell(Action<IConnectionObserver, StreamConnection> call)
    {
        var outer = Lane.Serving;
        Lane.Serving = this;
        try
        {
            if (_observer is { } observer && (Volatile.Read(ref _flags) & (Dead | Ending | Closing)) == 0)
            {
                call(observer, this);
            }
        }
        catch (Exception e)
        {
            Lane.Report("A connection's call-back failed; the connection is aborted.", e);
            End(CloseReason.Failed, e.Message);
        }
        finally
        {
            Lane.Serving = outer;
        }

        Serve();
    }

    private void StartTls(TlsLayer layer)
    {
        if (_tls is not null)
        {
            throw new InvalidOperationException("TLS has been started already.");
        }

        if (_observer is null)
        {
            throw new InvalidOperationException("Set an observer before TLS is started.");
        }

        if ((Volatile.Read(ref _flags) & Want) != 0)
        {
            throw new InvalidOperationException("TLS cannot start while input is asked for.");
        }

        Flush();
        _input.ReleaseAll(Lane);    // RFC 3207 §4.2: nothing said in clear text counts
        _tls = layer;
        layer.Begin();
    }
}
