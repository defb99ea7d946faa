using System.Globalization;
using System.Text;

namespace ActorSmtp.Server.Telemetry;

/// <summary>
/// The figures in Prometheus' text format, version 0.0.4: <c># HELP</c>, <c># TYPE</c> and a line per sample; counters end in <c>_total</c>,
/// times are histograms in seconds.
/// </summary>
internal static class PrometheusText
{
    public static string Write(Metrics metrics)
    {
        var text = new StringBuilder(8 * 1024);
        var before = "";
        foreach (var tally in metrics.Tallies)
        {
            One(text, ref before, NameOf(tally.Name, tally.Unit) + "_total", tally.Label, tally.Help, "counter", tally.Value);
        }

        foreach (var gauge in metrics.Gauges)
        {
            One(text, ref before, NameOf(gauge.Name, gauge.Unit) + (gauge.Grows ? "_total" : ""), gauge.Label, gauge.Help, gauge.Grows ? "counter" : "gauge", gauge.Read());
        }

        foreach (var timing in metrics.Timings)
        {
            Histogram(text, timing);
        }

        return text.ToString();
    }

    /// <summary>A name as Prometheus has them: underscores, the unit at the end where it is one of its base units.</summary>
    internal static string NameOf(string name, string unit)
    {
        var plain = name.Replace('.', '_');
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return plain.EndsWith(suffix, StringComparison.Ordinal) ? plain : plain + suffix;
    }

    private static void Histogram(StringBuilder text, Timing timing)
    {
        var name = NameOf(timing.Name, "s");
        Head(text, name, timing.Help, "histogram");
        var counts = timing.Counts();
        var all = 0L;
        for (var step = 0; step < counts.Length; step++)
        {
            all += counts[step];
            var end = step < Timing.Steps.Length ? Number(Timing.Steps[step]) : "+Inf";
            text.Append(name).Append("_bucket{le=\"").Append(end).Append("\"} ").Append(Number(all)).Append('\n');
        }

        text.Append(name).Append("_sum ").Append(Number(timing.Sum)).Append('\n');
        text.Append(name).Append("_count ").Append(Number(all)).Append('\n');
    }

    /// <param name="before">The figure before: those of one name stand together, under one head.</param>
    private static void One(StringBuilder text, ref string before, string name, Label? label, string help, string type, double value)
    {
        if (before != name)
        {
            Head(text, name, help, type);
            before = name;
        }

        text.Append(name);
        if (label is not null)
        {
            text.Append('{').Append(label.Key).Append("=\"").Append(label.Value).Append("\"}");
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static void Head(StringBuilder text, string name, string help, string type) => text
        .Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n')
        .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
