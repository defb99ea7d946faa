using System.Text;
using System.Text.RegularExpressions;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;

namespace ActorSmtp.Server.Tests.Telemetry;

/// <summary>What is counted and measured, and the ways it is shown.</summary>
public sealed partial class MetricsTests : IDisposable
{
    private readonly StandingTime _time = new(rings: false);               // a series would take samples beside those of a test
    private readonly Metrics _metrics;

    public MetricsTests() => _metrics = new Metrics(_time);

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void Quantiles_lie_within_the_step_that_holds_them()
    {
        var timing = _metrics.MessageDuration;
        Assert.Null(Timing.Quantile(timing.Counts(), 0.5));
        for (var ms = 1; ms <= 100; ms++)
        {
            timing.Record(_metrics.Ticks(TimeSpan.FromMilliseconds(ms)));
        }

        Assert.InRange(Timing.Quantile(timing.Counts(), 0.5)!.Value, 0.025, 0.05);
        Assert.InRange(Timing.Quantile(timing.Counts(), 0.99)!.Value, 0.075, 0.1);
        Assert.Equal(5.05, timing.Sum, 6);
    }

    [Fact]
    public void What_takes_longer_than_the_last_step_is_counted_too()
    {
        _metrics.MessageDuration.Record(_metrics.Ticks(TimeSpan.FromMinutes(5)));

        Assert.Equal(1, _metrics.MessageDuration.Counts()[^1]);
        Assert.Equal(10, Timing.Quantile(_metrics.MessageDuration.Counts(), 0.5));
    }

    [Fact]
    public void A_listener_of_the_meter_reads_the_same_figures()
    {
        var seen = new Dictionary<string, double>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Meter.Name == Metrics.MeterName)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument.Name, value));
        listener.Start();
        _metrics.MessagesAccepted.Add(3);
        _metrics.CommitDuration.Record(_metrics.Ticks(TimeSpan.FromMilliseconds(2)));
        listener.RecordObservableInstruments();

        Assert.True(seen["actorsmtp.messages.accepted"] >= 3);
        Assert.Equal(0.002, seen["actorsmtp.store.commit.duration"], 9);

        void Add(string name, double value) => seen[name] = seen.GetValueOrDefault(name) + value;
    }

    [Fact]
    public void Prometheus_text_has_help_type_and_value_of_every_figure()
    {
        _metrics.Observe("actorsmtp.test.room", "By", "A test's \\ and\nits lines.", () => 1.5);
        _metrics.MessagesAccepted.Add(2);
        _metrics.MessageDuration.Record(_metrics.Ticks(TimeSpan.FromMilliseconds(2)));
        var text = PrometheusText.Write(_metrics);

        Assert.Contains("# HELP actorsmtp_messages_accepted_total Messages acknowledged with 250.\n# TYPE actorsmtp_messages_accepted_total counter\nactorsmtp_messages_accepted_total 2\n", text);
        Assert.Contains("# HELP actorsmtp_test_room_bytes A test's \\\\ and\\nits lines.\n# TYPE actorsmtp_test_room_bytes gauge\nactorsmtp_test_room_bytes 1.5\n", text);
        Assert.Contains("actorsmtp_message_duration_seconds_bucket{le=\"0.0025\"} 1\n", text);
        Assert.Contains("actorsmtp_message_duration_seconds_bucket{le=\"0.0015\"} 0\n", text);
        Assert.Contains("actorsmtp_message_duration_seconds_bucket{le=\"+Inf\"} 1\nactorsmtp_message_duration_seconds_sum 0.002\nactorsmtp_message_duration_seconds_count 1\n", text);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(Line(), line));
    }

    [Fact]
    public void Figures_of_one_name_stand_under_one_head_and_are_told_apart_by_a_label()
    {
        _metrics.Observe("actorsmtp.test.boxes", "{box}", "Boxes.", "colour", ("red", () => 3), ("blue", () => 4));
        _metrics.OutboundOutcomes[OutcomeKind.Later].Add(2);
        var text = PrometheusText.Write(_metrics);

        Assert.Contains("# HELP actorsmtp_test_boxes Boxes.\n# TYPE actorsmtp_test_boxes gauge\nactorsmtp_test_boxes{colour=\"red\"} 3\nactorsmtp_test_boxes{colour=\"blue\"} 4\n", text);
        Assert.Contains("\nactorsmtp_outbound_outcomes_total{outcome=\"deferred\"} 2\n", text);
        Assert.Contains("\nactorsmtp_outbound_outcomes_total{outcome=\"failed\"} 0\n", text);
        Assert.Equal(Enum.GetValues<PutOffReason>().Length, text.Split("actorsmtp_outbound_deferred_total{").Length - 1);
        using var series = new MetricSeries(_metrics, _time);
        series.Sample();
        Assert.Equal(4, series.Read(TimeSpan.FromSeconds(1)).Series.Single(s => s.Name == "actorsmtp.test.boxes.blue").Points[^1]);
    }

    [Fact]
    public async Task Series_show_what_came_in_each_second()
    {
        _metrics.Observe("actorsmtp.test.level", "1", "A level.", () => 7);
        using var series = new MetricSeries(_metrics, _time);
        using var watching = series.Watch(s => _samples.Add(s.Values.GetValueOrDefault("actorsmtp.messages.accepted")));
        _metrics.MessagesAccepted.Add(5);
        _metrics.MessageDuration.Record(_metrics.Ticks(TimeSpan.FromMilliseconds(2)));
        series.Sample();
        series.Sample();
        _metrics.MessagesAccepted.Add(2);
        series.Sample();

        var window = series.Read(TimeSpan.FromSeconds(4));
        Assert.Equal([null, 5, 0, 2], Points("actorsmtp.messages.accepted"));
        Assert.Equal([null, 7, 7, 7], Points("actorsmtp.test.level"));
        var p50 = Points("actorsmtp.message.duration.p50");
        Assert.InRange(p50[1]!.Value, 1.5, 2.5);
        Assert.Null(p50[2]);
        Assert.Equal([5, 0, 2], _samples);

        var stream = new MemoryStream();
        await series.WritePrometheusAsync(stream, default);
        Assert.Contains("actorsmtp_test_level 7\n", Encoding.UTF8.GetString(stream.ToArray()));

        double?[] Points(string name) => [.. window.Series.Single(s => s.Name == name).Points];
    }

    private readonly List<double> _samples = [];

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[0-9A-Za-z.+\-]+"\})? -?[0-9.E+\-]+)$""")]
    private static partial Regex Line();
}
