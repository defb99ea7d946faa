using System.Numerics;

namespace ActorSmtp.Fuzzing;

/// <summary>Chance that costs nothing to begin: everything follows from a seed (xoshiro256++, seeded by splitmix64).</summary>
public sealed class Dice
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public Dice(ulong seed)
    {
        _a = Mix(ref seed);
        _b = Mix(ref seed);
        _c = Mix(ref seed);
        _d = Mix(ref seed);
    }

    /// <summary>0 to <paramref name="end"/> - 1.</summary>
    public int Next(int end) => (int)(Next() % (ulong)end);

    /// <summary>From <paramref name="begin"/> to <paramref name="end"/> - 1.</summary>
    public int Next(int begin, int end) => begin + Next(end - begin);

    /// <summary>Once in so many times.</summary>
    public bool OneIn(int times) => Next(times) == 0;

    public byte Octet() => (byte)Next(256);

    public T Of<T>(IReadOnlyList<T> some) => some[Next(some.Count)];

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_a + _d, 23) + _a;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Mix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
