using ActorSmtp.Transport;

namespace ActorSmtp.Server.Settings;

/// <summary>Sockets and the threads that serve them.</summary>
/// <param name="Kind">Which machinery.</param>
/// <param name="Loops">I/O threads.</param>
/// <param name="Spin">How long an I/O thread looks for work before it sleeps.</param>
/// <param name="Backlog">Connections which the kernel keeps waiting for each listener.</param>
/// <param name="Handshakes">TLS handshakes at once.</param>
/// <param name="WaitingHandshakes">Handshakes that may wait for their turn.</param>
/// <param name="OutputLimit">Octets a peer may leave unread on our side.</param>
/// <param name="WriteStallTimeout">How long a peer may take nothing of what waits for it.</param>
/// <param name="PooledBytes">Octets of idle buffers kept for the next reader.</param>
public sealed record TransportSettings(
    TransportKind Kind,
    int Loops,
    TimeSpan Spin,
    int Backlog,
    int Handshakes,
    int WaitingHandshakes,
    int OutputLimit,
    TimeSpan WriteStallTimeout,
    int PooledBytes)
{
    internal static TransportSettings From(SettingsReader r) => new(
        Kind: r.Choice("kind", ("auto", TransportKind.Auto), ("epoll", TransportKind.Epoll), ("sockets", TransportKind.Sockets)),
        Loops: r.Int("loops", min: 1, max: 64),
        Spin: r.Duration("spin", TimeSpan.Zero, TimeSpan.FromMilliseconds(1)),
        Backlog: r.Int("backlog", min: 1, max: 65_535),
        Handshakes: r.Int("handshakes", min: 1, max: 10_000),
        WaitingHandshakes: r.Int("waiting-handshakes", min: 0, max: 1_000_000),
        OutputLimit: (int)r.Bytes("output-limit", min: 64 * 1024, max: 1 << 30),
        WriteStallTimeout: r.Duration("write-stall-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        PooledBytes: (int)r.Bytes("pooled-bytes", min: 0, max: 1 << 30));
}
