using System.Buffers.Binary;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// How often something may happen for each of very many keys: so many times at once, and after that as often as the time since allows. One number a
/// key, in a table whose size never changes: where it is full, the key nearest to being forgiven is forgotten. So whoever comes with very many keys gains
/// nothing in memory, only that some of them are counted anew. Any thread.
/// </summary>
/// <remarks>The numbers are those of the generic cell rate algorithm: the time at which the key will have been forgiven everything.</remarks>
internal sealed class RateTable
{
    private const int Sets = 8192;
    private const int Ways = 4;

    private readonly Slot[] _slots = new Slot[Sets * Ways];
    private readonly Lock _lock = new();
    private readonly long _window;
    private readonly double _cost;
    private readonly ulong _seed;

    /// <param name="most">Times in a window.</param>
    /// <param name="window">Its length, in milliseconds.</param>
    /// <param name="seed">So that nobody can choose keys that meet in the table.</param>
    public RateTable(int most, long window, int seed)
    {
        _window = window;
        _cost = (double)window / most;
        _seed = ((ulong)(uint)seed << 32) ^ 0x9E3779B97F4A7C15;
    }

    /// <summary>Counts one time that is now (in milliseconds of a clock that never goes back), or says no and counts nothing.</summary>
    /// <param name="key">Octets of any length.</param>
    public bool Takes(ReadOnlySpan<byte> key, long now)
    {
        var hash = HashOf(key);
        lock (_lock)
        {
            ref var slot = ref Find(hash, now);
            var forgiven = Math.Max(slot.Key == hash ? slot.Forgiven : 0, now);
            if (forgiven + _cost > now + _window + 0.5)
            {
                return false;
            }

            slot = new Slot(hash, forgiven + _cost);
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

    private ulong HashOf(ReadOnlySpan<byte> key)
    {
        Span<byte> last = stackalloc byte[8];
        var hash = _seed;
        for (; key.Length >= 8; key = key[8..])
        {
            hash = Mix(BinaryPrimitives.ReadUInt64LittleEndian(key) ^ hash);
        }

        last.Clear();
        key.CopyTo(last);
        return Mix(Mix(BinaryPrimitives.ReadUInt64LittleEndian(last) ^ hash) ^ (ulong)key.Length);
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
