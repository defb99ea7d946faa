using System.Buffers;
using System.Net;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>A planted bug between server and connection, once in a while: a reply is said twice, or the next line is not asked for.</summary>
internal sealed class Mischief(Bug bug, Random random)
{
    public bool SaysTwice => bug == Bug.ReplyTwice && random.Next(40) == 0;

    public bool Forgets => bug == Bug.ForgetsNext && random.Next(40) == 0;
}

/// <summary>A server's transport with a planted bug in its connections.</summary>
internal sealed class MischievousTransport(ITransport inner, Mischief mischief) : ITransport
{
    public TransportCounters Counters => inner.Counters;

    public IListener Listen(ListenOptions options, IAcceptor acceptor) => inner.Listen(options, new Acceptor(acceptor, mischief));

    public void Connect(ConnectOptions options, IConnectionObserver observer) => inner.Connect(options, observer);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Acceptor(IAcceptor inner, Mischief mischief) : IAcceptor
    {
        public void OnAccepted(IConnection connection) => inner.OnAccepted(new MischievousConnection(connection, mischief));

        public void OnAcceptTrouble(AcceptTrouble why) => inner.OnAcceptTrouble(why);
    }
}

internal sealed class MischievousConnection(IConnection inner, Mischief mischief) : IConnection, IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _said = new();

    public EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public bool IsSecure => inner.IsSecure;

    public TlsFacts? Tls => inner.Tls;

    public string? CloseDetail => inner.CloseDetail;

    public PeerPresence Peer => inner.Peer;

    public IConnectionObserver? Observer
    {
        get => inner.Observer;
        set => inner.Observer = value;
    }

    public ReadOnlySpan<byte> Input => inner.Input;

    public bool ReadsLargeBlocks
    {
        get => inner.ReadsLargeBlocks;
        set => inner.ReadsLargeBlocks = value;
    }

    public IBufferWriter<byte> Output => this;

    public bool OutputPending => inner.OutputPending;

    public void Consume(int count) => inner.Consume(count);

    public void RequestInput()
    {
        if (!mischief.Forgets)
        {
            inner.RequestInput();
        }
    }

    public void Park() => inner.Park();

    public void Advance(int count)
    {
        _said.Advance(count);
        inner.Write(_said.WrittenSpan);
        if (mischief.SaysTwice)
        {
            inner.Write(_said.WrittenSpan);
        }

        _said.ResetWrittenCount();
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _said.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _said.GetSpan(sizeHint);

    public void Write(ReadOnlySpan<byte> bytes) => inner.Write(bytes);

    public void Flush() => inner.Flush();

    public void Close(bool linger = true) => inner.Close(linger);

    public void Abort() => inner.Abort();

    public void StartTls(TlsServerOptions options) => inner.StartTls(options);

    public void StartTls(TlsClientOptions options) => inner.StartTls(options);

    public void Post(IoWork work) => inner.Post(work);
}
