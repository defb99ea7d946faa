using System.Text;
using ActorSmtp.Cli.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Tests.Logging;

/// <summary>A line's text with its values in their places.</summary>
public sealed class LogLineTests
{
    [Fact]
    public void Values_are_written_as_the_template_says()
    {
        var at = new DateTimeOffset(2026, 11, 22, 17, 3, 13, TimeSpan.Zero);

        Assert.Equal("until 2026-11-22 17:03:13 UTC, at 11/22/2026 17:03:13 +00:00", Render("until {Until:yyyy-MM-dd HH:mm:ss} UTC, at {Until}", ("Until", at)));
        Assert.Equal("mx, 00:00:01, , -", Render("{A}, {B}, {C}, -", ("A", "mx"), ("B", TimeSpan.FromSeconds(1)), ("C", null)));
    }

    private static string Render(string template, params (string Name, object? Value)[] values)
    {
        var text = new StringBuilder();
        LogLine.Render(
            new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplateParser().Parse(template), values.Select(v => new LogEventProperty(v.Name, new ScalarValue(v.Value)))), text);
        return text.ToString();
    }
}
