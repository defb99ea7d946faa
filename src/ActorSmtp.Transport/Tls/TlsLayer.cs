using System.Net.Security;
using System.Security.Authentication;
using System.Threading.Tasks.Sources;

namespace ActorSmtp.Transport;

/// <summary>
/// TLS over a connection of any kind: SslStream between the owner's input and output and the raw bytes. The handshake's steps run on the
/// handshake threads; afterwards records are opened on the I/O thread that received them and closed by whoever flushes. An idle secure
/// connection holds no buffer of ours.
/// </summary>
internal sealed partial class TlsLayer : IoWork, IValueTaskSource
{
    private const int Queued = 1, Start = 2, Secured = 4, Asked = 8;

    private readonly StreamConnection _raw;
    private readonly TlsServerOptions? _server;
    private readonly TlsClientOptions? _client;
    private readonly RawStream _stream;
    private readonly SslStream _ssl;
    private InputBuffer _input;
    private ManualResetValueTaskSourceCore<bool> _asked;
    private int _todo;
    private int _want;
    private bool _idle;             // the reading loop waits for RequestInput
    private bool _entered;
    private byte _readClass;
    private volatile bool _isSecured;
    private volatile bool _closed;

    public TlsLayer(StreamConnection raw, TlsServerOptions options)
        : this(raw)
    {
        _server = options;
        Check(options.Protocols);
    }

    public TlsLayer(StreamConnection raw, TlsClientOptions options)
        : this(raw)
    {
        _client = options;
        Check(options.Protocols);
    }

    private TlsLayer(StreamConnection raw)
    {
        _raw = raw;
        _stream = new RawStream(raw, raw.Lane.Handshakes);
        _ssl = new SslStream(_stream, leaveInnerStreamOpen: true);
    }

    public bool IsSecured => _isSecured;

    public TlsFacts? Facts { get; private set; }

    /// <summary>Idle, it holds no record buffers below either.</summary>
    public bool ReleasesBuffers { get; private set; }

    /// <summary>When the handshake must be done; 0 once it is.</summary>
    public long HandshakeDeadline { get; private set; }

    public ReadOnlySpan<byte> Input => _input.Unread;

    /// <summary>Bytes of memory held for what was received and what was written; not what the framework holds of records.</summary>
    public int HeldBytes => _input.HeldBytes + (_plain?.Length ?? 0);

    public void Consume(int count) => _input.Consume(count, _raw.Lane);

    public void Park() => _input.Shrink(_raw.Lane);

    /// <summary>Begins the handshake; its end is told on the lane.</summary>
    public void Begin()
    {
        if (!_raw.Lane.Handshakes.TryEnter())
        {
            _raw.End(CloseReason.TlsBusy, null);
            return;
        }

        _entered = true;
        Todo(Start);
    }

    public void RequestInput()
    {
        if (!_isSecured)
        {
            throw new InvalidOperationException("The handshake is under way: wait for OnSecured.");
        }

        if (_closed)
        {
            return;
        }

        _input.Shrink(_raw.Lane);
        if (Interlocked.Exchange(ref _want, 1) == 1)
        {
            throw new InvalidOperationException("Input is asked for already.");
        }

        Todo(Asked);
    }

    /// <summary>Lane: raw bytes have come, and they are ours.</summary>
    public void OnRawInput() => _stream.OnInput();

    /// <summary>Lane: the raw connection has ended.</summary>
    public void OnRawClosed()
    {
        _closed = true;
        _stream.OnClosed();
        if (Volatile.Read(ref _want) == 1)
        {
            _input.ReleaseAll(_raw.Lane);
        }

        if (_idle)
        {
            _idle = false;
            _asked.SetResult(false);
        }

        if (!_entered || _isSecured)
        {
            _ssl.Dispose();     // else the handshake, which fails now, disposes of it
        }
    }

    protected internal override void Run()
    {
        var todo = Interlocked.Exchange(ref _todo, 0);
        if (_closed)
        {
            if ((todo & Start) != 0)
            {
                _raw.Lane.Handshakes.Leave(success: false);
                _ssl.Dispose();
            }

            return;
        }

        if ((todo & Start) != 0)
        {
            HandshakeDeadline = _raw.Lane.Now() + IoLane.Milliseconds(_raw.Lane.Options.HandshakeTimeout);
            _raw.Lane.Watch(_raw);
            _raw.Lane.Handshakes.Run(() => _ = HandshakeAsync());
        }

        if ((todo & Secured) != 0)
        {
            HandshakeDeadline = 0;
            _ = ReadAsync();
            _raw.Tell(static (observer, connection) => observer.OnSecured(connection));
        }

        if ((todo & Asked) != 0 && _idle && Volatile.Read(ref _want) == 1)
        {
            _idle = false;
            _asked.SetResult(true);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _asked.GetStatus(token);

    void IValueTaskSource.GetResult(short token) => _asked.GetResult(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _asked.OnCompleted(continuation, state, token, flags);

    private static void Check(SslProtocols protocols)
    {
        if (protocols == SslProtocols.None || (protocols & ~(SslProtocols.Tls12 | SslProtocols.Tls13)) != 0)
        {
            throw new ArgumentException($"TLS 1.2 and 1.3 only, not {protocols}.");
        }
    }

    private void Todo(int what)
    {
        if ((Interlocked.Or(ref _todo, what | Queued) & Queued) == 0)
        {
            _raw.Lane.Post(this);
        }
    }

    /// <summary>
    /// Reads as long as the connection lives, on the lane: waits until input is asked for, waits (without a buffer) until there is some,
    /// opens it, hands it over.
    /// </summary>
    private async Task ReadAsync()
    {
        try
        {
            while (!_closed)
            {
                if (Volatile.Read(ref _want) == 0)
                {
                    // Only the lane sets and completes this wait, so nothing is lost between the two lines.
                    _asked.Reset();
                    _idle = true;
                    await new ValueTask(this, _asked.Version);
                    continue;
                }

                _ = await _ssl.ReadAsync(Memory<byte>.Empty);
                var room = _input.RoomMemory(_raw.ReadsLargeBlocks ? _readClass : 0, _raw.Lane);
                if (room.IsEmpty)
                {
                    _raw.End(CloseReason.InputOverflow, null);
                    return;
                }

                var got = await _ssl.ReadAsync(room);
                if (got == 0)
                {
                    if (!_closed)
                    {
                        _raw.End(CloseReason.PeerClosed, null);
                    }

                    return;
                }

                _readClass = (byte)(got == room.Length ? Math.Min(2, _readClass + 1) : 0);
                _input.Added(got);
                Volatile.Write(ref _want, 0);
                _raw.Tell(static (observer, connection) => observer.OnInput(connection));
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or ObjectDisposedException or InvalidOperationException)
        {
            _raw.End(CloseReason.TlsFailed, Innermost(e));
        }
        catch (Exception e)
        {
            _raw.Lane.Report("Reading TLS failed unexpectedly.", e);
            _raw.End(CloseReason.Failed, e.Message);
        }
    }

    private static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return e.Message;
    }
}
