using System.Net.Sockets;

namespace ActorSmtp.Transport;

/// <summary>The file behind a Unix socket: one left over by a dead process is in the way, one of a living process is not ours to take.</summary>
internal static class UnixSocketFile
{
    /// <summary>Removes a socket's file that nobody listens on.</summary>
    /// <exception cref="TransportException">Somebody listens there, or it is not a socket.</exception>
    public static void MakeWay(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        if (path.StartsWith('@') || !Path.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && !IsOrdinary(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new TransportException($"Cannot listen on {path}: something else is there ({e.Message}).", e);
        }

        throw new TransportException($"Cannot listen on {path}: another process does.");
    }

    /// <summary>Sets who may connect, before anybody can.</summary>
    public static void SetMode(UnixDomainSocketEndPoint endPoint, UnixFileMode mode)
    {
        var path = endPoint.ToString();
        if (OperatingSystem.IsWindows() || path.StartsWith('@'))
        {
            return;
        }

        try
        {
            File.SetUnixFileMode(path, mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TransportException($"Cannot set the permissions of {path}: {e.Message}", e);
        }
    }

    /// <summary>Removes the file of a listener that has closed.</summary>
    public static void Remove(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString();
        if (!path.StartsWith('@'))
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next listener there makes way for itself.
            }
        }
    }

    /// <summary>A file with bytes in it, or a directory: connecting to it is refused as well, but it is somebody's.</summary>
    private static bool IsOrdinary(string path) => Directory.Exists(path) || new FileInfo(path) is { Exists: true, Length: > 0 };
}
