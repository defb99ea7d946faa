using System.Collections.Immutable;
using System.Diagnostics.Metrics;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// How long something took, as counts in fixed steps from 50 µs to 10 s. Recording is a short search and two interlocked additions; quantiles are
/// reckoned when somebody asks, within a step by proportion.
/// </summary>
internal sealed class Timing
{
    /// <summary>Upper ends of the steps, in seconds; above the last there is one more.</summary>
    public static readonly ImmutableArray<double> Steps =
    [
        0.00005, 0.000075, 0.0001, 0.00015, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5,
        1, 2.5, 5, 10,
    ];

    private readonly long[] _counts = new long[Steps.Length + 1];
    private readonly long[] _ends;
    private readonly double _secondsPerTick;
    private long _ticks;

    /// <param name="frequency">Ticks in a second of what <see cref="Record"/> is given.</param>
    public Timing(string name, string help, long frequency)
    {
        Name = name;
        Help = help;
        _secondsPerTick = 1.0 / frequency;
        _ends = [.. Steps.Select(s => (long)Math.Ceiling(s * frequency))];
    }

    public string Name { get; }

    public string Help { get; }

    /// <summary>The same for listeners of the meter; told only while there is one.</summary>
    public Histogram<double>? Instrument { get; init; }

    /// <summary>All that was recorded, in seconds.</summary>
    public double Sum => Volatile.Read(ref _ticks) * _secondsPerTick;

    /// <summary>Something took so many ticks.</summary>
    public void Record(long ticks)
    {
        var step = 0;
        while (step < _ends.Length && ticks > _ends[step])
        {
            step++;
        }

        Interlocked.Increment(ref _counts[step]);
        Interlocked.Add(ref _ticks, ticks);
        if (Instrument is { Enabled: true } listened)
        {
            listened.Record(ticks * _secondsPerTick);
        }
    }

    /// <summary>How many fell into each step.</summary>
    public long[] Counts()
    {
        var counts = new long[_counts.Length];
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] = Volatile.Read(ref _counts[i]);
        }

        return counts;
    }

    /// <summary>A quantile of counts in steps, in seconds; null where there are none.</summary>
    /// <param name="share">0.5: the median.</param>
    public static double? Quantile(ReadOnlySpan<long> counts, double share)
    {
        var all = 0L;
        foreach (var n in counts)
        {
            all += n;
        }

        if (all <= 0)
        {
            return null;
        }

        var rank = share * all;
        var before = 0L;
        for (var step = 0; step < counts.Length; step++)
        {
            if (before + counts[step] >= rank && counts[step] > 0)
            {
                var from = step == 0 ? 0 : Steps[step - 1];
                return step == Steps.Length ? from : from + ((Steps[step] - from) * ((rank - before) / counts[step]));
            }

            before += counts[step];
        }

        return Steps[^1];
    }
}
