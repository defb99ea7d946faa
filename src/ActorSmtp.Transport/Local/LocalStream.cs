using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>A stream to a Unix socket on this machine: how the program speaks to a running server.</summary>
public static class LocalStream
{
    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the file is not ours to open.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is longer than the system takes (some 107 octets).</exception>
    public static async Task<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
