using System.Globalization;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client.Load;

namespace ActorSmtp.Cli.Benching;

/// <summary>What a load came to, for people and for programs.</summary>
internal static class BenchOutput
{
    public static void WriteText(TextWriter to, LoadReport report, TimeSpan processor)
    {
        to.WriteLine(Text($"{report.Accepted} accepted in {report.Elapsed.TotalSeconds:0.00} s: {report.PerSecond:0} messages/s, {report.Octets / Math.Max(report.Elapsed.TotalSeconds, 1e-6) / 1048576:0.0} MiB/s"));
        var l = report.Latency;
        to.WriteLine($"latency: p50 {Time(l.P50)}  p90 {Time(l.P90)}  p95 {Time(l.P95)}  p99 {Time(l.P99)}  p99.9 {Time(l.P999)}  max {Time(l.Max)}  mean {Time((long)l.Mean)}");
        to.WriteLine(Text($"generator: {PerMessage(report, processor):0.0} µs of processor a message"));
        if (report.Failed > 0)
        {
            to.WriteLine(Text($"failed: {report.Failed}"));
            foreach (var error in report.Errors)
            {
                to.WriteLine(Text($"  {error.Count,8} × at {error.Step}: {error.Example}"));
            }
        }

        if (report.GaveUp is { } why)
        {
            to.WriteLine($"ended early: {why}");
        }
    }

    public static void WriteJson(TextWriter to, string server, LoadPlan plan, LoadReport report, TimeSpan processor)
    {
        var l = report.Latency;
        Json.Write(
            to,
            new
            {
                Server = server,
                plan.Sessions,
                plan.Size,
                plan.Rate,
                plan.Reconnect,
                plan.Pipelining,
                Bdat = plan.Chunking,
                Tls = plan.Tls.ToString().ToLowerInvariant(),
                plan.Recipients,
                report.Accepted,
                report.Failed,
                Seconds = Math.Round(report.Elapsed.TotalSeconds, 6),
                PerSecond = Math.Round(report.PerSecond, 3),
                report.Octets,
                LatencyMicroseconds = new { Mean = Math.Round(l.Mean, 1), l.P50, l.P90, l.P95, l.P99, l.P999, l.Max },
                GeneratorMicrosecondsPerMessage = Math.Round(PerMessage(report, processor), 2),
                report.Errors,
                report.GaveUp,
            });
    }

    /// <summary>Microseconds in the unit that is easiest to read.</summary>
    public static string Time(long microseconds) => microseconds switch
    {
        < 1_000 => Text($"{microseconds} µs"),
        < 1_000_000 => Text($"{microseconds / 1e3:0.00} ms"),
        _ => Text($"{microseconds / 1e6:0.00} s"),
    };

    /// <summary>The same numbers on every machine.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double PerMessage(LoadReport report, TimeSpan processor) => processor.TotalMicroseconds / Math.Max(1, report.Accepted);
}
