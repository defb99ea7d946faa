using System.Net;

namespace ActorSmtp.Transport;

/// <summary>
/// Byte streams between this process and its peers: listens, connects, reads, writes, speaks TLS. Knows no mail, no actor and no disk.
/// <para>
/// A transport owns a few I/O threads. Every call-back (<see cref="IAcceptor"/>, <see cref="IConnectionObserver"/>) runs on one of them
/// and may do a session's whole turn in place: parse, answer, flush, ask for more. What blocks or computes long (a sync, a password
/// hash, a DNS question) must not run there. An exception out of a call-back aborts that connection alone and goes to
/// <see cref="TransportOptions.OnError"/>.
/// </para>
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>Binds and starts to accept. The acceptor may be called before this returns.</summary>
    /// <exception cref="TransportException">The address cannot be bound; says which and why.</exception>
    IListener Listen(ListenOptions options, IAcceptor acceptor);

    /// <summary>
    /// Begins to connect. Ends in exactly one <see cref="IConnectionObserver.OnConnected"/> or, with the reason,
    /// <see cref="IConnectionObserver.OnClosed"/>; never inside this call.
    /// </summary>
    void Connect(ConnectOptions options, IConnectionObserver observer);

    /// <summary>Totals since the start, cheap to read at any time from any thread.</summary>
    TransportCounters Counters { get; }
}

/// <summary>What takes in new connections of a listener.</summary>
public interface IAcceptor
{
    /// <summary>
    /// A peer has connected. Set <see cref="IConnection.Observer"/>, then greet (<see cref="IConnection.Write"/>,
    /// <see cref="IConnection.Flush"/>) and ask for input, or <see cref="IConnection.StartTls(TlsServerOptions)"/> where TLS comes first.
    /// </summary>
    void OnAccepted(IConnection connection);

    /// <summary>Nothing can be accepted for now (descriptors ran out, say). The listener rests and tries again by itself.</summary>
    void OnAcceptTrouble(AcceptTrouble why);
}

/// <summary>One bound address. Disposing stops accepting and frees the address; connections already accepted live on.</summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>The address bound, with the port that was chosen for port 0.</summary>
    EndPoint LocalEndPoint { get; }

    /// <summary>Accepts no more until <see cref="Resume"/>: peers wait in the kernel's backlog. May be called from a call-back.</summary>
    void Pause();

    /// <summary>Accepts again, first of all what waits in the backlog.</summary>
    void Resume();
}

/// <summary>Why a listener rests.</summary>
/// <param name="Kind">What ran out.</param>
/// <param name="Detail">The system's own words.</param>
/// <param name="RetryIn">When the listener tries again by itself.</param>
public readonly record struct AcceptTrouble(AcceptTroubleKind Kind, string Detail, TimeSpan RetryIn);

/// <summary>What kept a listener from accepting.</summary>
public enum AcceptTroubleKind
{
    /// <summary>The process or the system has no file descriptor left; the peer that waited was hung up on.</summary>
    OutOfDescriptors,

    /// <summary>The kernel has no memory for another socket.</summary>
    OutOfMemory,

    /// <summary>Anything else; the detail says what.</summary>
    Other,
}

/// <summary>An address could not be bound, or an option makes no sense here. The message is fit for the person who configured it.</summary>
public sealed class TransportException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The operating system does not let us: a port below 1024, a folder that is not ours.</summary>
    public bool IsDenied { get; init; }
}
