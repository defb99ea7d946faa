using System.Net;
using System.Buffers.Binary;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// How fast connections of one address come (<c>limits.connections-per-minute</c>): so many may come at once, and after that as many as the
/// time since allows. One number an address, in a table whose size never changes: where it is full, the address nearest to being
/// forgiven is forgotten. So an attacker with very many addresses gains nothing in memory, only that some of them are counted anew.
/// </summary>
/// <remarks>The numbers are those of the generic cell rate algorithm: the time at which the address will have been forgiven everything.</remarks>
internal sealed class ArrivalRate
{
    private const int Sets = 8192;
    private const int Ways = 4;
    private const long Window = 60_000;

    private readonly Slot[] _slots = new Slot[Sets * Ways];
    private readonly Lock _lock = new();
    private readonly double _cost;
    private readonly ulong _seed;

    /// <param name="perMinute">Connections of an address in a minute.</param>
    /// <param name="seed">So that nobody can choose addresses that meet in the table.</param>
    public ArrivalRate(int perMinute, int seed)
    {
        _cost = (double)Window / perMinute;
        _seed = ((ulong)(uint)seed << 32) ^ 0x9E3779B97F4A7C15;
    }

    /// <summary>Counts one that came now (in milliseconds of a clock that never goes back), or says no and counts nothing.</summary>
    public bool Takes(IPAddress address, long now)
    {
        var key = KeyOf(address);
        lock (_lock)
        {
            ref var slot = ref Find(key, now);
            var forgiven = Math.Max(slot.Key == key ? slot.Forgiven : 0, now);
            if (forgiven + _cost > now + Window + 0.5)
            {
                return false;
            }

            slot = new Slot(key, forgiven + _cost);
            return true;
        }
    }

    private ref Slot Find(ulong key, long now)
    {
        var first = (int)(key % Sets) * Ways;
        var oldest = first;
        for (var i = first; i < first + Ways; i++)
        {
            if (_slots[i].Key == key && _slots[i].Forgiven > now)
            {
                return ref _slots[i];
            }

            if (_slots[i].Forgiven < _slots[oldest].Forgiven)
            {
                oldest = i;
            }
        }

        return ref _slots[oldest];
    }

    private ulong KeyOf(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        octets.Clear();
        address.TryWriteBytes(octets, out var length);
        return Mix(Mix(BinaryPrimitives.ReadUInt64LittleEndian(octets) ^ _seed) ^ BinaryPrimitives.ReadUInt64LittleEndian(octets[8..]) ^ (ulong)length);
    }

    /// <summary>The finaliser of SplitMix64: every bit of the input reaches every bit of the output.</summary>
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    private readonly record struct Slot(ulong Key, double Forgiven);
}
