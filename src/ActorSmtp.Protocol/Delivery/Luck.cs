namespace ActorSmtp.Protocol.Delivery;

/// <summary>A sequence of numbers out of one, the same each time (SplitMix64): chance as a value, for what is shuffled. Not for secrets.</summary>
internal struct Luck(ulong seed)
{
    private ulong _state = seed;

    /// <summary>0 to <paramref name="bound"/> − 1.</summary>
    public int Next(int bound)
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (int)((UInt128)z * (ulong)bound >> 64);
    }

    /// <summary>In any order, each as likely as any other.</summary>
    public T[] Shuffled<T>(IEnumerable<T> items)
    {
        var array = items.ToArray();
        for (var i = array.Length - 1; i > 0; i--)
        {
            var other = Next(i + 1);
            (array[i], array[other]) = (array[other], array[i]);
        }

        return array;
    }
}
