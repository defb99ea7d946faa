using System.Net;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Transport;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>
/// A small server, written from the RFCs and not from ours, that passes every clause of the check; with a <see cref="Sin"/> it breaks one. Takes mail for
/// <c>ann@here.test</c> and postmaster, and bob may log in.
/// </summary>
internal sealed class TextbookServer : IAcceptor, IAsyncDisposable
{
    public const string Ann = "ann@here.test";
    private static readonly Lazy<X509Certificate2> Certificate = new(() => Script.Certificate("here.test"));
    private readonly Sin _sin;
    private readonly bool _tlsFirst;
    private readonly IListener _listener;

    private int _busy;

    /// <param name="sin">What it does wrong.</param>
    /// <param name="tlsFirst">TLS from the first octet.</param>
    /// <param name="busy">So many connections are hung up on at first.</param>
    public TextbookServer(Sin? sin = null, bool tlsFirst = false, int busy = 0)
    {
        (_sin, _tlsFirst, _busy) = (sin ?? new Sin(), tlsFirst, busy);
        _listener = Transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25) }, this);
    }

    public MemoryTransport Transport { get; } = new(new MemoryNetwork());

    public EndPoint EndPoint => _listener.LocalEndPoint;

    public void OnAccepted(IConnection connection)
    {
        var session = new TextbookSession(connection, _sin, TlsServerOptions.For(Certificate.Value));
        if (Interlocked.Decrement(ref _busy) >= 0)
        {
            connection.Observer = session;
            connection.Abort();
        }
        else
        {
            session.Begin(_tlsFirst);
        }
    }

    public void OnAcceptTrouble(AcceptTrouble why)
    {
    }

    public async ValueTask DisposeAsync() => await Transport.DisposeAsync();
}
