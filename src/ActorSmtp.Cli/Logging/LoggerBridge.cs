using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// From the loggers that the server is given to Serilog's pipeline, with half the work and memory of the general bridge: no scopes, no
/// structures, templates parsed once, the level asked of the switch alone.
/// </summary>
internal sealed class LoggerBridge(Logger pipeline, LoggingLevelSwitch level) : ILoggerFactory
{
    private static readonly ConcurrentDictionary<string, MessageTemplate> Templates = new();
    private static readonly ScalarValue[] EventIds = [.. Enumerable.Range(0, 2000).Select(id => new ScalarValue(id))];
    private static readonly MessageTemplate TextOnly = new MessageTemplateParser().Parse("{Text}");

    /// <summary>Of the frameworks' own lines only warnings are wanted.</summary>
    public ILogger CreateLogger(string categoryName) => new Bridged(
        pipeline, level, categoryName.StartsWith("Microsoft.", StringComparison.Ordinal) ? LogEventLevel.Warning : LogEventLevel.Verbose);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Lines go to the terminal and the files.");

    public void Dispose() => pipeline.Dispose();

    private static MessageTemplate Template(string text) => Templates.Count < 10_000
        ? Templates.GetOrAdd(text, static t => new MessageTemplateParser().Parse(t))
        : new MessageTemplateParser().Parse(text);

    private static ScalarValue Value(object? value) => new(value is null or string or int or long or bool or double or uint or ulong or DateTimeOffset ? value : value.ToString());

    private sealed class Bridged(Logger pipeline, LoggingLevelSwitch level, LogEventLevel least) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && (LogEventLevel)logLevel >= level.MinimumLevel && (LogEventLevel)logLevel >= least;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            var template = TextOnly;
            var values = new List<LogEventProperty>(8);
            if (state is IReadOnlyList<KeyValuePair<string, object?>> list && list.Count > 0 && list[^1] is { Key: "{OriginalFormat}", Value: string format })
            {
                template = Template(format);
                for (var i = 0; i < list.Count - 1; i++)
                {
                    var (name, value) = list[i];
                    values.Add(new LogEventProperty(name, Value(value)));
                }
            }
            else
            {
                values.Add(new LogEventProperty("Text", new ScalarValue(formatter(state, exception))));
            }

            if (eventId.Id > 0)
            {
                values.Add(new LogEventProperty(LogLine.EventId, eventId.Id < EventIds.Length ? EventIds[eventId.Id] : new ScalarValue(eventId.Id)));
            }

            pipeline.Write(new LogEvent(DateTimeOffset.Now, (LogEventLevel)logLevel, exception, template, values));
        }
    }
}
