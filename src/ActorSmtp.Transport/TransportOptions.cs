using System.Net;

namespace ActorSmtp.Transport;

/// <summary>Which machinery stands behind a transport.</summary>
public enum TransportKind
{
    /// <summary>Epoll on Linux, sockets elsewhere.</summary>
    Auto,

    /// <summary>An epoll loop of our own; Linux only.</summary>
    Epoll,

    /// <summary>System.Net.Sockets; everywhere.</summary>
    Sockets,
}

/// <summary>What a transport as a whole is told. Times are bounds, never sleeps.</summary>
public sealed record TransportOptions
{
    /// <summary>Which machinery; the rest means the same for each.</summary>
    public TransportKind Kind { get; init; } = TransportKind.Auto;

    /// <summary>I/O threads (epoll only); connections are dealt out in turn.</summary>
    public int Loops { get; init; } = 1;

    /// <summary>
    /// How long an I/O thread looks for more work before it sleeps (epoll only). Saves a wake-up, which is most of a lone client's
    /// latency; left off by itself while it finds nothing. Zero: never.
    /// </summary>
    public TimeSpan Spin { get; init; } = TimeSpan.FromMicroseconds(50);

    /// <summary>Where time comes from; for the tests of time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Handshakes under way at once; one more ends its connection with <see cref="CloseReason.TlsBusy"/>.</summary>
    public int MaxHandshakes { get; init; } = 4096;

    /// <summary>How many handshakes may compute at once, off the I/O threads; the others wait their turn. Zero: half the processors.</summary>
    public int HandshakeThreads { get; init; }

    /// <summary>From StartTls to the end of the handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of idle large buffers kept for the next reader.</summary>
    public int PooledBytes { get; init; } = 8 << 20;

    /// <summary>Hears of exceptions out of call-backs and of troubles inside; called on an I/O thread. Default: nobody.</summary>
    public Action<string, Exception?>? OnError { get; init; }
}

/// <summary>What holds for each connection of a listener or of a connect.</summary>
public abstract record StreamOptions
{
    /// <summary>Bytes a peer may let pile up unread on our side before the connection ends.</summary>
    public int OutputLimit { get; init; } = 1 << 20;

    /// <summary>
    /// Bytes written that are sent without waiting for a flush; at most 64 KiB. Who writes much takes the most; who stops when the peer does not
    /// read (<see cref="IConnection.OutputPending"/>) holds not much more than this.
    /// </summary>
    public int SendAt { get; init; } = 64 << 10;

    /// <summary>How long a peer may take nothing of what waits for it.</summary>
    public TimeSpan WriteStallTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a closing connection waits for the peer's end.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether to go on reading while output waits for the peer. A server should not (a peer that never reads is then never read
    /// either); a client must, for the server may refuse in the middle of a message.
    /// </summary>
    public bool ReadWhileOutputPending { get; init; }
}

/// <summary>A listener. (A PROXY protocol header, when one is expected from trusted addresses, will be asked for here.)</summary>
public sealed record ListenOptions : StreamOptions
{
    /// <summary>An <see cref="IPEndPoint"/> (port 0: any free one) or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>.</summary>
    public required EndPoint EndPoint { get; init; }

    /// <summary>Connections the kernel keeps waiting.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>An IPv6 address takes IPv4 peers as well.</summary>
    public bool DualMode { get; init; }

    /// <summary>Permission bits of a Unix socket's file.</summary>
    public UnixFileMode UnixMode { get; init; } =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
}

/// <summary>A connection to make.</summary>
public sealed record ConnectOptions : StreamOptions
{
    public ConnectOptions() => ReadWhileOutputPending = true;

    /// <summary>An <see cref="IPEndPoint"/> or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>; names are resolved above.</summary>
    public required EndPoint EndPoint { get; init; }

    /// <summary>An address of ours to connect from; null: the system chooses.</summary>
    public IPEndPoint? From { get; init; }

    /// <summary>How long to wait for the peer's answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>Totals of a transport. All count upwards, but for what is open now.</summary>
public readonly record struct TransportCounters(
    long Accepted, long Connected, long Closed, long Open, long BytesIn, long BytesOut, long Reads, long Writes, long Wakeups, long Handshakes);
