using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>The one door to the transports that reach the world; the one in memory is for tests.</summary>
public static class Transports
{
    /// <summary>Starts a transport.</summary>
    /// <exception cref="PlatformNotSupportedException">Epoll was asked for by name where there is none.</exception>
    public static ITransport Create(TransportOptions options)
    {
        if (OperatingSystem.IsLinux() && options.Kind != TransportKind.Sockets)
        {
            return new EpollTransport(options);
        }

        return options.Kind == TransportKind.Epoll
            ? throw new PlatformNotSupportedException("The epoll transport runs on Linux only.")
            : new SocketTransport(options);
    }

    /// <summary>Refuses an address that no socket here can have.</summary>
    internal static void Check(EndPoint endPoint)
    {
        if (endPoint is not (IPEndPoint or UnixDomainSocketEndPoint))
        {
            throw new TransportException($"'{endPoint}' is neither an IP address with a port nor a Unix socket.");
        }
    }

    internal static HandshakeGate GateFor(TransportOptions options) => new(
        options.MaxHandshakes, options.HandshakeThreads > 0 ? options.HandshakeThreads : Math.Max(1, Environment.ProcessorCount / 2));

    internal static TransportCounters Sum(IEnumerable<IoLane> lanes, HandshakeGate handshakes)
    {
        var sum = default(TransportCounters);
        foreach (var lane in lanes)
        {
            var one = lane.Counted();
            sum = new TransportCounters(
                sum.Accepted + one.Accepted, sum.Connected + one.Connected, sum.Closed + one.Closed, sum.Open + one.Open,
                sum.BytesIn + one.BytesIn, sum.BytesOut + one.BytesOut, sum.Reads + one.Reads, sum.Writes + one.Writes,
                sum.Wakeups + one.Wakeups, 0);
        }

        return sum with { Handshakes = handshakes.Done };
    }
}
