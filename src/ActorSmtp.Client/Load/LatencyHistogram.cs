using System.Numerics;

namespace ActorSmtp.Client.Load;

/// <summary>
/// How long many things took, in fixed memory and without allocation per entry: buckets of under 1 % width, from a microsecond to more
/// than an hour. Not for several threads at once.
/// </summary>
public sealed class LatencyHistogram
{
    private const int Bits = 7;                         // 128 buckets to each power of two: 0.8 %
    private const int PerPower = 1 << Bits;
    private const long Longest = (1L << 32) - 1;        // microseconds: 71 minutes

    private readonly long[] _buckets = new long[(32 - Bits + 1) * PerPower];
    private double _sum;

    /// <summary>Entries so far.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly; microseconds.</summary>
    public long Max { get; private set; }

    /// <summary>The mean, exactly; microseconds; 0 while there is none.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Count;

    /// <summary>Adds one. Below zero counts as zero, past 71 minutes as 71 minutes.</summary>
    public void Add(long microseconds)
    {
        microseconds = Math.Clamp(microseconds, 0, Longest);
        _buckets[IndexOf(microseconds)]++;
        _sum += microseconds;
        Max = Math.Max(Max, microseconds);
        Count++;
    }

    /// <summary>The time that a share of all entries did not exceed, within 1 %; 0 while there is none.</summary>
    /// <param name="share">From 0 to 1: 0.99 for p99.</param>
    public long Quantile(double share)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted)
            {
                return Math.Min(Max, HighestOf(i));
            }
        }

        return Max;
    }

    private static int IndexOf(long value)
    {
        if (value < 2 * PerPower)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - Bits;
        return ((shift + 1) << Bits) + (int)((value >> shift) - PerPower);
    }

    private static long HighestOf(int index)
    {
        if (index < 2 * PerPower)
        {
            return index;
        }

        var shift = (index >> Bits) - 1;
        return ((long)((index & (PerPower - 1)) + PerPower + 1) << shift) - 1;
    }
}
