using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>The server's figures: sampled once a second, kept for a while.</summary>
public interface IMetricSeries
{
    /// <summary>The last of them.</summary>
    MetricWindow Read(TimeSpan window);

    /// <summary>Tells of every sample until disposed. The callback must not block or throw.</summary>
    IDisposable Watch(Action<MetricSample> onSample);

    /// <summary>Writes the present figures in Prometheus' text form (version 0.0.4).</summary>
    Task WritePrometheusAsync(Stream to, CancellationToken cancellation);
}

/// <summary>Figures over a time, in equal steps.</summary>
/// <param name="End">When the last point was taken.</param>
public sealed record MetricWindow(double StepSeconds, DateTimeOffset End, ImmutableArray<MetricLine> Series);

/// <summary>One figure over a time.</summary>
/// <param name="Kind"><c>counter</c> (per second), <c>gauge</c> or <c>quantile</c>.</param>
/// <param name="Points">Oldest first; null: none was taken.</param>
public sealed record MetricLine(string Name, string Unit, string Help, string Kind, ImmutableArray<double?> Points);

/// <summary>All figures at one moment.</summary>
public sealed record MetricSample(DateTimeOffset At, ImmutableDictionary<string, double> Values);
