using System.Buffers;
using System.Net;

namespace ActorSmtp.Transport;

/// <summary>
/// One peer's byte stream.
/// <para>
/// <b>Strict hand-over.</b> Between <see cref="RequestInput"/> and the observer's call the transport owns the input; otherwise its one
/// owner does, on whatever thread it runs. The owner parses <see cref="Input"/>, consumes, writes, flushes, and asks again: not asking
/// is the back-pressure. While it owns the input, that the peer has gone is told when input is asked for next; what may be called
/// meanwhile is <see cref="IConnectionObserver.OnOutputDrained"/>, and <see cref="IConnectionObserver.OnClosed"/> where our own side ended
/// the connection (<see cref="Abort"/>, a peer that does not read, the transport's end).
/// </para>
/// <para>
/// <b>Threads.</b> Call-backs of one connection never overlap, <see cref="IConnectionObserver.OnOutputDrained"/> aside. The writing side
/// (<see cref="Write"/>, <see cref="Flush"/>, <see cref="Close"/>) belongs to one thread at a time, the same or another than the one
/// that called back, also while input is asked for (a deadline that says 421 and closes). Only <see cref="Abort"/> and
/// <see cref="Post"/> may be called by anybody at any time.
/// </para>
/// <para>
/// <b>End.</b> After <see cref="IConnectionObserver.OnClosed"/>, which comes exactly once and last, nothing is called any more; calls
/// into a closed connection do nothing.
/// </para>
/// An idle connection holds no buffer.
/// </summary>
public interface IConnection
{
    /// <summary>Who is called back. Set before the first <see cref="RequestInput"/>; may be changed by the input's owner.</summary>
    IConnectionObserver? Observer { get; set; }

    /// <summary>The peer's address; stays readable after the close. Null for a connection that has none.</summary>
    EndPoint? RemoteEndPoint { get; }

    /// <summary>Our side's address.</summary>
    EndPoint? LocalEndPoint { get; }

    /// <summary>True from <see cref="IConnectionObserver.OnSecured"/> on.</summary>
    bool IsSecure { get; }

    /// <summary>What the TLS handshake settled; null in clear text.</summary>
    TlsFacts? Tls { get; }

    /// <summary>What more is known about why the connection ended (the system's or TLS's own words), for logs; null if nothing.</summary>
    string? CloseDetail { get; }

    /// <summary>Received and not yet consumed: one span, valid until <see cref="Consume"/> or <see cref="RequestInput"/>.</summary>
    ReadOnlySpan<byte> Input { get; }

    /// <summary>
    /// How much may be received at once while input is asked for: up to 256 KiB where a peer sends fast, which content is worth, or (false) 16
    /// KiB, so that who sends commands ahead cannot fill large blocks with them. Set by the input's owner; counts from the next
    /// <see cref="RequestInput"/> on. True at first.
    /// </summary>
    bool ReadsLargeBlocks { get; set; }

    /// <summary>Takes bytes from the front of <see cref="Input"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than there are.</exception>
    void Consume(int count);

    /// <summary>
    /// Hands the input to the transport until more has come. Ends in exactly one <see cref="IConnectionObserver.OnInput"/>
    /// (<see cref="Input"/> grew) or <see cref="IConnectionObserver.OnClosed"/>, never inside this call. Unconsumed bytes stay, in a
    /// buffer of their own size.
    /// </summary>
    /// <exception cref="InvalidOperationException">Input is asked for already, or there is no observer.</exception>
    void RequestInput();

    /// <summary>
    /// The owner keeps the input but will be a while (a durable write): unconsumed bytes move into a buffer of their own size, so that
    /// thousands who wait hold little. <see cref="Input"/> must be taken anew afterwards.
    /// </summary>
    void Park();

    /// <summary>The writing side as a buffer writer; as <see cref="Write"/>.</summary>
    IBufferWriter<byte> Output { get; }

    /// <summary>
    /// Appends to what is to be sent. Nothing is sent before <see cref="Flush"/>, except that <see cref="StreamOptions.SendAt"/> together
    /// are. What the kernel does not take stays, up to <see cref="StreamOptions.OutputLimit"/>; past it the connection ends with
    /// <see cref="CloseReason.PeerDoesNotRead"/>. The bytes are copied.
    /// </summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Sends all that is pending with one system call. What the kernel refuses goes by itself when there is room.</summary>
    void Flush();

    /// <summary>
    /// True while flushed bytes wait for the peer to read; <see cref="IConnectionObserver.OnOutputDrained"/> follows. While it is so, an
    /// accepted connection is not read either (<see cref="StreamOptions.ReadWhileOutputPending"/>).
    /// </summary>
    bool OutputPending { get; }

    /// <summary>
    /// Whether the peer is still there, while the owner keeps the input and so would not be told: asked on the connection's I/O thread (<see cref="Post"/>). Not known where that
    /// cannot be seen without reading, as under TLS while what ends it has not been read.
    /// </summary>
    PeerPresence Peer => PeerPresence.There;

    /// <summary>
    /// Sends what is pending, then the end of the stream, waits a little for the peer's own (so that the last reply is not lost to a
    /// reset), and closes. Ends in <see cref="IConnectionObserver.OnClosed"/>. Both times are bounded.
    /// </summary>
    /// <param name="linger">
    /// False where the peer has said that it is done (QUIT): closes at once unless unread input waits or output is pending.
    /// </param>
    void Close(bool linger = true);

    /// <summary>Throws away what is pending and closes at once. Ends in <see cref="IConnectionObserver.OnClosed"/>. Any thread.</summary>
    void Abort();

    /// <summary>
    /// Takes the server's part of a TLS handshake; the owner must not have asked for input. Clear text received before is thrown away
    /// (RFC 3207 §4.2: nothing of it may count), what was written goes out first. Ends in <see cref="IConnectionObserver.OnSecured"/> or
    /// <see cref="IConnectionObserver.OnClosed"/>.
    /// </summary>
    void StartTls(TlsServerOptions options);

    /// <summary>As <see cref="StartTls(TlsServerOptions)"/>, the client's part.</summary>
    void StartTls(TlsClientOptions options);

    /// <summary>
    /// Runs work on this connection's I/O thread, soon, never inside this call. Many posts from one thread wake the I/O thread once:
    /// the cheap way to answer all sessions of one durable write. Runs also after the close, but not after the transport's end.
    /// </summary>
    void Post(IoWork work);
}

/// <summary>What is known of a peer that is not read from.</summary>
public enum PeerPresence
{
    /// <summary>It may send, or has sent, more; or nothing is known.</summary>
    There,

    /// <summary>It has ended its stream, and all that it sent was taken: nothing more can come. It may still read.</summary>
    Ended,

    /// <summary>It has gone: nothing that is said reaches it.</summary>
    Gone,
}

/// <summary>Who hears of a connection. Called on an I/O thread; see <see cref="IConnection"/> for what may overlap.</summary>
public interface IConnectionObserver
{
    /// <summary>Client: the connection stands. The input is the observer's, empty.</summary>
    void OnConnected(IConnection connection);

    /// <summary>There is more input, and it is the observer's.</summary>
    void OnInput(IConnection connection);

    /// <summary>The handshake is done. The input is the observer's, empty.</summary>
    void OnSecured(IConnection connection);

    /// <summary>The connection has ended. Once, last.</summary>
    void OnClosed(IConnection connection, CloseReason reason);

    /// <summary>Output that was pending has been taken by the kernel. May overlap with what the owner does elsewhere: pass it on as a message.</summary>
    void OnOutputDrained(IConnection connection);
}

/// <summary>Work for an I/O thread. One object is posted to one place at a time; it may post itself again from <see cref="Run"/>.</summary>
public abstract class IoWork
{
    internal IoWork? NextWork;

    /// <summary>It can wait: a little of such work at a time is done after what others have to do. Said once, before it is posted.</summary>
    protected internal virtual bool IsPatient => false;

    /// <summary>Runs on the I/O thread: short, never blocking.</summary>
    protected internal abstract void Run();
}
