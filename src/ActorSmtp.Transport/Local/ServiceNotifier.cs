using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Transport;

/// <summary>
/// Tells the service manager how the process does, as sd_notify(3) has it: a datagram to the Unix socket that the manager named. Nothing happens
/// where there is none; trouble is passed over, a server does not stop for it.
/// </summary>
public sealed class ServiceNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;

    /// <param name="address"><c>NOTIFY_SOCKET</c>: a path, or a name of the abstract kind after <c>@</c>; null or empty: nobody wants to know.</param>
    public ServiceNotifier(string? address)
    {
        if (string.IsNullOrEmpty(address) || address[0] is not ('/' or '@'))
        {
            return;
        }

        try
        {
            _manager = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        }
        catch (Exception cannot) when (cannot is ArgumentException or SocketException)
        {
            _socket = null;
        }
    }

    /// <summary>Whether somebody wants to know.</summary>
    public bool IsWanted => _socket is not null;

    /// <summary>Tells it: <c>READY=1</c>, <c>STOPPING=1</c>, <c>WATCHDOG=1</c>, <c>STATUS=…</c>; several with line feeds between.</summary>
    public void Tell(string state)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(state), _manager!);
        }
        catch (SocketException)
        {
            // the manager is not there, or does not read
        }
        catch (ObjectDisposedException)
        {
            // the process is at its end
        }
    }

    public void Dispose() => _socket?.Dispose();
}
