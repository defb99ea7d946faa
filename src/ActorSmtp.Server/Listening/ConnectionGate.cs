using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// Counts the connections of all listeners, in total and per peer address, and says which one is too many
/// (<c>limits.connections</c>, <c>limits.connections-per-address</c>). Listener actors run on several threads and share it: no locks.
/// </summary>
/// <remarks>An IPv6 peer is counted by its /64, which a single host usually has all of (RFC 6177 §2).</remarks>
internal sealed class ConnectionGate(int limit, int limitPerAddress)
{
    private readonly ConcurrentDictionary<IPAddress, int> _perAddress = new();
    private int _total;

    /// <summary>Connections held now.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Peer addresses that hold a connection now.</summary>
    public int Addresses => _perAddress.Count;

    /// <summary>Counts one more, or says no and counts nothing. A peer without an address (a Unix socket) counts only in total.</summary>
    public bool TryEnter(EndPoint? peer)
    {
        if (Interlocked.Increment(ref _total) > limit)
        {
            Interlocked.Decrement(ref _total);
            return false;
        }

        if (KeyOf(peer) is { } key && _perAddress.AddOrUpdate(key, 1, static (_, n) => n + 1) > limitPerAddress)
        {
            Leave(peer);
            return false;
        }

        return true;
    }

    /// <summary>Gives back what <see cref="TryEnter"/> counted.</summary>
    public void Leave(EndPoint? peer)
    {
        Interlocked.Decrement(ref _total);
        if (KeyOf(peer) is not { } key)
        {
            return;
        }

        var left = _perAddress.AddOrUpdate(key, 0, static (_, n) => n - 1);
        if (left <= 0)
        {
            _perAddress.TryRemove(new KeyValuePair<IPAddress, int>(key, left));
        }
    }

    private static IPAddress? KeyOf(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: var address })
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
