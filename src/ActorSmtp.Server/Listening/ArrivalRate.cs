using System.Net;

namespace ActorSmtp.Server.Listening;

/// <summary>How fast connections of one address come (<c>limits.connections-per-minute</c>), whatever the number of addresses (<see cref="RateTable"/>).</summary>
/// <param name="perMinute">Connections of an address in a minute.</param>
/// <param name="seed">So that nobody can choose addresses that meet in the table.</param>
internal sealed class ArrivalRate(int perMinute, int seed)
{
    private readonly RateTable _table = new(perMinute, window: 60_000, seed);

    /// <summary>Counts one that came now (in milliseconds of a clock that never goes back), or says no and counts nothing.</summary>
    public bool Takes(IPAddress address, long now)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out var length);
        return _table.Takes(octets[..length], now);
    }
}
