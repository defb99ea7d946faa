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
    private volatile bool _readsLittle;

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

    public bool ReadsLargeBlocks
    {
        get => !_readsLittle;
        set => _readsLittle = !value;
    }

    public bool IsSecure => _tls is { IsSecured: true };

    public TlsFacts? Tls => _tls?.Facts;

    public string? CloseDetail => _detail;

    public PeerPresence Peer
    {
        get
        {
            if ((Volatile.Read(ref _flags) & (Want | Closing | Ending | Dead)) != 0)
            {
                return PeerPresence.There;      // its end is told, or about to be
            }

            var there = Look();
            return there == PeerPresence.Ended && (_input.Count > 0 || _tls is not null) ? PeerPresence.There : there;
        }
    }

    internal TlsLayer? TlsLayer => _tls;

    public ReadOnlySpan<byte> Input => _tls is { } tls ? tls.Input : _input.Unread;

    public IBufferWriter<byte> Output => this;

    internal int OutputLimit => _options.OutputLimit;

    internal int SendAt => Math.Min(_options.SendAt, BufferPool.Middle);

    /// <summary>Bytes of memory held for this connection's input and output, TLS included: for tests of what a silent peer costs.</summary>
    internal int HeldBytes => _input.HeldBytes + (_out?.Length ?? 0) + (_tls?.HeldBytes ?? 0);

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

    public void StartTls(TlsServerOptions options) => StartTls(new TlsLayer(this, options), options.KeepsInput);

    public void StartTls(TlsClientOptions options) => StartTls(new TlsLayer(this, options));

    /// <summary>Receives without waiting: bytes &gt; 0, 0 at the peer's end, -1 where nothing is there, -2 with a reason where it broke.</summary>
    protected abstract int Receive(Span<byte> room, out CloseReason reason);

    /// <summary>Lane: whether there is anybody at the other end, taking nothing of what they sent.</summary>
    protected abstract PeerPresence Look();

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

    private void StartTls(TlsLayer layer, bool keepsInput = false)
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
        if (!keepsInput)
        {
            _input.ReleaseAll(Lane);    // RFC 3207 §4.2: nothing said in clear text counts
        }

        _tls = layer;
        layer.Begin();
    }
}
