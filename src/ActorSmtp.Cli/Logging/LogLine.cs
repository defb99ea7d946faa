using System.Globalization;
using System.Text;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Logging;

/// <summary>What every line has apart from its text: who said it. Names of properties as <c>Telemetry/Log.cs</c> gives them.</summary>
internal static class LogLine
{
    public const string Actor = "actor";
    public const string Session = "session";
    public const string State = "state";
    public const string Tx = "Tx";
    public const string EventId = "EventId";

    /// <summary>A property's text, or null.</summary>
    public static string? Text(LogEvent line, string property) =>
        line.Properties.TryGetValue(property, out var value) && value is ScalarValue { Value: { } scalar } ? Shown(scalar, null) : null;

    /// <summary>Writes the text with its values in their places, nothing escaped yet.</summary>
    public static void Render(LogEvent line, StringBuilder into)
    {
        foreach (var token in line.MessageTemplate.Tokens)
        {
            if (token is TextToken text)
            {
                into.Append(text.Text);
            }
            else if (token is PropertyToken property && line.Properties.TryGetValue(property.PropertyName, out var value))
            {
                into.Append(value is ScalarValue scalar ? Shown(scalar.Value, property.Format) : value.ToString());
            }
        }
    }

    /// <summary>The word for a level: those of the configuration.</summary>
    public static string Word(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warning",
        _ => "error",
    };

    private static string Shown(object? value, string? format) => value switch
    {
        string text => text,
        null => "",
        IFormattable formattable => formattable.ToString(format, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
