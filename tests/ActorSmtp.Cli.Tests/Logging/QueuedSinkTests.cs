using ActorSmtp.Cli.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>Logging never waits: what the writer cannot take is dropped and counted.</summary>
public sealed class QueuedSinkTests
{
    [Fact]
    public void Lines_come_out_in_order_and_all_before_it_ends()
    {
        var written = new List<string>();
        using (var sink = new QueuedSink("a test", () => LogEventLevel.Debug, 10_000, batch => written.AddRange(batch.Select(l => l.RenderMessage()))))
        {
            for (var i = 0; i < 5000; i++)
            {
                sink.Emit(Lines.Of($"{i}"));
            }
        }

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"{i}"), written);
    }

    [Fact]
    public void A_writer_that_hangs_holds_nobody_up_and_the_dropped_are_counted()
    {
        using var hang = new ManualResetEventSlim();
        var written = new List<string>();
        var sink = new QueuedSink("a test", () => LogEventLevel.Debug, 100, batch =>
        {
            hang.Wait(TimeSpan.FromSeconds(60));
            written.AddRange(batch.Select(l => l.RenderMessage()));
        });
        for (var i = 0; i < 5000; i++)
        {
            sink.Emit(Lines.Of("x"));                                    // would never come back if it waited
        }

        hang.Set();
        sink.Dispose();

        Assert.InRange(written.Count(l => l == "x"), 100, 1300);
        Assert.Contains(written, l => l.Contains("log lines were dropped", StringComparison.Ordinal));
        Assert.Equal(5000, sink.Dropped + written.Count(l => l == "x"));
    }

    [Fact]
    public void Lines_below_the_level_are_not_for_it()
    {
        var written = new List<LogEvent>();
        using (var sink = new QueuedSink("a test", () => LogEventLevel.Warning, 100, written.AddRange))
        {
            sink.Emit(Lines.Of("x"));
        }

        Assert.Empty(written);
    }
}

internal static class Lines
{
    public static LogEvent Of(string text, LogEventLevel level = LogEventLevel.Information, params (string Name, object? Value)[] values) => new(
        DateTimeOffset.UnixEpoch, level, null, new MessageTemplateParser().Parse(text), values.Select(v => new LogEventProperty(v.Name, new ScalarValue(v.Value))));
}
