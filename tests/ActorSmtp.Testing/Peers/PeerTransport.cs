using System.Buffers;
using System.Net;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Peers;

/// <summary>A transport on which some address cannot be reached: the host says so, or nobody says anything.</summary>
public sealed class PeerTransport(ITransport inner, PeerCase of) : ITransport
{
    public TransportCounters Counters => inner.Counters;

    public IListener Listen(ListenOptions options, IAcceptor acceptor) => inner.Listen(options, acceptor);

    public void Connect(ConnectOptions options, IConnectionObserver observer)
    {
        switch (of.Absent)
        {
            case "unreachable" when IsA(options):
                observer.OnClosed(new Nowhere(options.EndPoint), CloseReason.Unreachable);
                break;
            case "black hole" when IsA(options):
                break;
            default:
                inner.Connect(options, observer);
                break;
        }
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private static bool IsA(ConnectOptions options) => options.EndPoint is IPEndPoint { Address: var address } && address.ToString() == "192.0.2.1";

    /// <summary>A connection that never came to be.</summary>
    private sealed class Nowhere(EndPoint endPoint) : IConnection
    {
        public IConnectionObserver? Observer { get; set; }

        public EndPoint? RemoteEndPoint => endPoint;

        public EndPoint? LocalEndPoint => null;

        public bool IsSecure => false;

        public TlsFacts? Tls => null;

        public string? CloseDetail => "No route to host";

        public ReadOnlySpan<byte> Input => [];

        public bool ReadsLargeBlocks { get; set; }

        public IBufferWriter<byte> Output { get; } = new ArrayBufferWriter<byte>();

        public bool OutputPending => false;

        public void Consume(int count)
        {
        }

        public void RequestInput()
        {
        }

        public void Park()
        {
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
        }

        public void Flush()
        {
        }

        public void Close(bool linger = true)
        {
        }

        public void Abort()
        {
        }

        public void StartTls(TlsServerOptions options)
        {
        }

        public void StartTls(TlsClientOptions options)
        {
        }

        public void Post(IoWork work)
        {
        }
    }
}
