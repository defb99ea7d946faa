using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.EndToEnd.Tests.Running;

/// <summary>
/// Ports for programs that cannot say which one they took. Below those that systems give to connections and to whoever asks for any (from 32768 on Linux): until
/// such a program listens, the tests beside it have opened hundreds of these.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Count = 12_000;
    private static int s_next = Environment.ProcessId * 97;

    /// <summary>One that was free a moment ago, and that this process gives nobody else.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }
}
