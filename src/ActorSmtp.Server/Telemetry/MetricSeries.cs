using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// All figures once a second, the last quarter of an hour of them, for charts. A sample reads some dozens of numbers and is all this ever costs;
/// it begins with the first that asks.
/// </summary>
internal sealed class MetricSeries : IMetricSeries, IDisposable
{
    private const int Kept = 900;

    private static readonly (string Suffix, double Share)[] Quantiles = [(".p50", 0.5), (".p95", 0.95), (".p99", 0.99)];

    private readonly Lock _gate = new();
    private readonly Metrics _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly List<Line> _lines = [];
    private Action<MetricSample>[] _watchers = [];
    private DateTimeOffset _end;
    private long _taken;

    public MetricSeries(Metrics metrics, TimeProvider time)
    {
        _metrics = metrics;
        _time = time;
        foreach (var tally in metrics.Tallies)
        {
            _lines.Add(new Line(NameOf(tally.Name, tally.Label), tally.Unit, tally.Help, "counter", new Growth(() => tally.Value).Take));
        }

        foreach (var gauge in metrics.Gauges)
        {
            _lines.Add(new Line(NameOf(gauge.Name, gauge.Label), gauge.Unit, gauge.Help, gauge.Grows ? "counter" : "gauge", gauge.Grows ? new Growth(gauge.Read).Take : () => gauge.Read()));
        }

        foreach (var timing in metrics.Timings)
        {
            var steps = new Increments(timing);
            foreach (var (suffix, share) in Quantiles)
            {
                var first = suffix == Quantiles[0].Suffix;
                _lines.Add(new Line(timing.Name + suffix, "ms", timing.Help, "quantile", () => Timing.Quantile(first ? steps.Take() : steps.Last, share) * 1000));
            }
        }

        _end = time.GetUtcNow();
        var second = TimeSpan.FromSeconds(1);
        _timer = time.CreateTimer(_ => Sample(), null, second, second);
    }

    public MetricWindow Read(TimeSpan window)
    {
        var points = (int)Math.Clamp(window.TotalSeconds, 1, Kept);
        lock (_gate)
        {
            return new MetricWindow(1, _end, [.. _lines.Select(l => new MetricLine(l.Name, l.Unit, l.Help, l.Kind, l.LastOf(points, _taken)))]);
        }
    }

    public IDisposable Watch(Action<MetricSample> onSample)
    {
        lock (_gate)
        {
            _watchers = [.. _watchers, onSample];
        }

        return new Watching(this, onSample);
    }

    public async Task WritePrometheusAsync(Stream to, CancellationToken cancellation) =>
        await to.WriteAsync(Encoding.UTF8.GetBytes(PrometheusText.Write(_metrics)), cancellation).ConfigureAwait(false);

    public void Dispose() => _timer.Dispose();

    /// <summary>Takes one sample of everything.</summary>
    internal void Sample()
    {
        Action<MetricSample>[] watchers;
        ImmutableDictionary<string, double> values;
        lock (_gate)
        {
            _end = _time.GetUtcNow();
            foreach (var line in _lines)
            {
                line.Points[(int)(_taken % Kept)] = line.Take();
            }

            _taken++;
            watchers = _watchers;
            values = watchers.Length == 0 ? [] : _lines.Where(l => l.Points[(int)((_taken - 1) % Kept)] is not null)
                .ToImmutableDictionary(l => l.Name, l => l.Points[(int)((_taken - 1) % Kept)]!.Value);
        }

        foreach (var watcher in watchers)
        {
            watcher(new MetricSample(_end, values));
        }
    }

    /// <summary>Of several with one name each has its own.</summary>
    private static string NameOf(string name, Label? label) => label is null ? name : $"{name}.{label.Value}";

    private sealed record Line(string Name, string Unit, string Help, string Kind, Func<double?> Take)
    {
        public double?[] Points { get; } = new double?[Kept];

        public ImmutableArray<double?> LastOf(int points, long taken) =>
            [.. Enumerable.Range(0, points).Select(i => taken - points + i).Select(n => n < 0 ? null : Points[(int)(n % Kept)])];
    }

    /// <summary>How much a figure has grown since it was looked at last.</summary>
    private sealed class Growth(Func<double> read)
    {
        private double _last = read();

        public double? Take()
        {
            var now = read();
            var grown = now - _last;
            _last = now;
            return grown;
        }
    }

    /// <summary>What a timing's steps have grown by.</summary>
    private sealed class Increments(Timing timing)
    {
        private long[] _before = timing.Counts();

        public long[] Last { get; private set; } = new long[Timing.Steps.Length + 1];

        public long[] Take()
        {
            var now = timing.Counts();
            Last = [.. now.Select((n, i) => n - _before[i])];
            _before = now;
            return Last;
        }
    }

    private sealed class Watching(MetricSeries series, Action<MetricSample> onSample) : IDisposable
    {
        public void Dispose()
        {
            lock (series._gate)
            {
                var at = Array.IndexOf(series._watchers, onSample);
                if (at >= 0)
                {
                    series._watchers = [.. series._watchers[..at], .. series._watchers[(at + 1)..]];
                }
            }
        }
    }
}
