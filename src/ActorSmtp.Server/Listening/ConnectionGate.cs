using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Listening;

/// <summary>Whether a connection is let in, and if not, why.</summary>
internal enum Admission
{
    /// <summary>It is, and is counted.</summary>
    In,

    /// <summary>All listeners together have enough (<c>limits.connections</c>, less what is kept for submission).</summary>
    Full,

    /// <summary>This listener has enough (its <c>connections</c>).</summary>
    ListenerFull,

    /// <summary>The address has enough (<c>limits.connections-per-address</c>).</summary>
    AddressFull,

    /// <summary>The address connects too often (<c>limits.connections-per-minute</c>).</summary>
    TooOften,
}

/// <summary>What somebody is told who is not let in.</summary>
internal static class Admissions
{
    /// <summary>The reply, in SMTP.</summary>
    public static Reply ReplyTo(Admission why) => why switch
    {
        Admission.AddressFull => Replies.TooManyFromAddress,
        Admission.TooOften => Replies.TooManyArrivals,
        _ => Replies.TooManyConnections,
    };
}

/// <summary>How much a <see cref="ConnectionGate"/> lets in.</summary>
/// <param name="Total">Connections of all listeners.</param>
/// <param name="PerAddress">Of one address.</param>
/// <param name="Reserved">Of the total, for listeners that may use the reserve.</param>
/// <param name="PerMinute">New ones of one address in a minute; 0: any number.</param>
/// <param name="StressAt">From so many on the server is under stress.</param>
/// <param name="OpenRecipients">Recipients of all open transactions from which on each gets no more than the RFC's least.</param>
internal sealed record GateLimits(
    int Total, int PerAddress, int Reserved = 0, int PerMinute = 0, int StressAt = int.MaxValue, int OpenRecipients = int.MaxValue)
{
    /// <summary>The limits that are configured. Nothing is kept for submission where nobody can submit.</summary>
    public static GateLimits Of(ServerSettings settings)
    {
        var limits = settings.Limits;
        var submits = settings.Listeners.Any(l => l.Role == ListenerRole.Submission);
        return new GateLimits(
            limits.Connections,
            limits.ConnectionsPerAddress,
            submits ? (int)((long)limits.Connections * limits.SubmissionShare / 100) : 0,
            limits.ConnectionsPerMinute,
            limits.StressAt == 100 ? int.MaxValue : Math.Max(1, (int)((long)limits.Connections * limits.StressAt / 100)),
            limits.OpenRecipients);
    }
}

/// <summary>
/// Counts the connections of all listeners, in total and per peer address, and says which one is too many. A connection counts until its
/// descriptor is free, which is later than the end of its session. Listener actors and I/O threads run side by side and share it.
/// </summary>
/// <remarks>An IPv6 peer is counted by its /64, which a single host usually has all of (RFC 6177 §2).</remarks>
internal sealed class ConnectionGate(GateLimits limits, int seed = 0)
{
    /// <summary>Connections which are being told that they are too many, and hold a descriptor while they are.</summary>
    private const int MostTurnedAway = 256;

    /// <summary>Sessions which wait and hold up to 256 KiB each of what their peers sent behind a message.</summary>
    private const int MostHoldingMuch = 256;

    private readonly ConcurrentDictionary<IPAddress, int> _perAddress = new();
    private readonly ArrivalRate? _rate = limits.PerMinute > 0 ? new ArrivalRate(limits.PerMinute, seed) : null;
    private int _total;
    private int _recipients;

    /// <summary>
    /// So many recipients are kept in memory for messages that have not come yet (some 300 octets each) that nobody needs more than a few.
    /// </summary>
    public bool HasManyRecipients => Volatile.Read(ref _recipients) > limits.OpenRecipients;

    /// <summary>Counts recipients of open transactions, or gives them back.</summary>
    public void CountRecipients(int more) => Interlocked.Add(ref _recipients, more);

    /// <summary>Connections held now.</summary>
    public int Total => Volatile.Read(ref _total);

    /// <summary>Peer addresses that hold a connection now.</summary>
    public int Addresses => _perAddress.Count;

    /// <summary>So many are connected that nobody should be waited for at leisure.</summary>
    public bool IsStressed => Total >= limits.StressAt;

    /// <summary>Counts one more, or says no and counts nothing. A peer without an address (a Unix socket) counts only in total.</summary>
    public Admission TryEnter(EndPoint? peer, bool mayUseReserve, long now)
    {
        if (Interlocked.Increment(ref _total) > (mayUseReserve ? limits.Total : limits.Total - limits.Reserved))
        {
            Interlocked.Decrement(ref _total);
            return Admission.Full;
        }

        var admission = TryCount(peer, now);
        if (admission != Admission.In)
        {
            Interlocked.Decrement(ref _total);
        }

        return admission;
    }

    /// <summary>Gives back what <see cref="TryEnter"/> counted.</summary>
    public void Leave(EndPoint? peer)
    {
        Interlocked.Decrement(ref _total);
        Uncount(peer);
    }

    /// <summary>Counts an address alone: a connection that was let in already has told whose it is.</summary>
    public Admission TryCount(EndPoint? peer, long now)
    {
        if (KeyOf(peer) is not { } key)
        {
            return Admission.In;
        }

        if (_perAddress.AddOrUpdate(key, 1, static (_, n) => n + 1) > limits.PerAddress)
        {
            Uncount(key);
            return Admission.AddressFull;
        }

        if (_rate is not null && !_rate.Takes(key, now))
        {
            Uncount(key);
            return Admission.TooOften;
        }

        return Admission.In;
    }

    /// <summary>Gives back what <see cref="TryCount"/> counted.</summary>
    public void Uncount(EndPoint? peer)
    {
        if (KeyOf(peer) is { } key)
        {
            Uncount(key);
        }
    }

    /// <summary>One is taken while a peer is told why it is not let in. Without one it is hung up on: telling holds descriptors too.</summary>
    public Places TurningAway { get; } = new(MostTurnedAway);

    /// <summary>One is taken while a session waits that holds more of its peer's commands than a small block.</summary>
    public Places HoldingMuch { get; } = new(MostHoldingMuch);

    private void Uncount(IPAddress key)
    {
        var left = _perAddress.AddOrUpdate(key, 0, static (_, n) => n - 1);
        if (left <= 0)
        {
            _perAddress.TryRemove(new KeyValuePair<IPAddress, int>(key, left));
        }
    }

    /// <summary>What a peer is counted by; null where it has no address.</summary>
    internal static IPAddress? KeyOf(EndPoint? peer)
    {
        if (peer is not IPEndPoint { Address: var address })
        {
            return null;
        }

        address = address.Unmapped();
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
