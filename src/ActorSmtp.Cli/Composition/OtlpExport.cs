using ActorSmtp.Cli.Logging;
using ActorSmtp.Server.Settings;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ActorSmtp.Cli.Composition;

/// <summary>
/// Sends figures, traces and log lines (from level info on) to a collector by OTLP, each in batches on a thread of OpenTelemetry's own: a collector
/// that is slow or not there loses some of them, and keeps no mail waiting. Made only where <c>telemetry.otlp</c> names one.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private const string Source = "ActorSmtp";

    private readonly MeterProvider _meters;
    private readonly TracerProvider _traces;
    private readonly ILoggerFactory _lines;
    private readonly IDisposable _watching;

    public OtlpExport(TelemetrySettings settings, string hostname, string version, LogTail log)
    {
        var collector = settings.Otlp!;
        var resource = ResourceBuilder.CreateDefault().AddService("actorsmtp", serviceVersion: version, serviceInstanceId: hostname);
        _meters = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Source)
            .AddOtlpExporter((to, reader) =>
            {
                Point(to, collector, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.Every.TotalMilliseconds;
            })
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Source)
            .SetSampler(new TraceIdRatioBasedSampler(settings.TracePercent / 100.0))
            .AddOtlpExporter(to => Point(to, collector, "v1/traces"))
            .Build();
        _lines = LoggerFactory.Create(builder => builder.AddOpenTelemetry(o =>
        {
            o.SetResourceBuilder(resource);
            o.IncludeFormattedMessage = true;
            o.AddOtlpExporter(to => Point(to, collector, "v1/logs"));
        }));
        var lines = _lines.CreateLogger(Source);
        _watching = log.Watch(new Server.Inspection.LogFilter(Level: "info"), entry => Send(lines, entry));
    }

    public void Dispose()
    {
        _watching.Dispose();
        _lines.Dispose();
        _traces.Dispose();
        _meters.Dispose();
    }

    private static void Send(ILogger lines, Server.Inspection.LogEntry entry)
    {
        var level = entry.Level switch { "error" => LogLevel.Error, "warning" => LogLevel.Warning, _ => LogLevel.Information };
        var about = new List<KeyValuePair<string, object?>>(entry.Properties.Count + 4);
        Add("actor", entry.Actor);
        Add("session.id", entry.Session);
        Add("message.id", entry.Tx);
        Add("exception.stacktrace", entry.Exception);
        about.AddRange(entry.Properties.Select(p => new KeyValuePair<string, object?>(p.Key, p.Value)));
        _ = int.TryParse(entry.Event, out var id);
        lines.Log(level, new EventId(id), about, null, (_, _) => entry.Message);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                about.Add(new(name, value));
            }
        }
    }

    private static void Point(OtlpExporterOptions to, Uri collector, string path)
    {
        to.Protocol = collector.Scheme == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        to.Endpoint = collector.Scheme == "grpc" ? new UriBuilder(collector) { Scheme = "http" }.Uri : new Uri(collector, path);
        to.TimeoutMilliseconds = 5000;
    }
}
