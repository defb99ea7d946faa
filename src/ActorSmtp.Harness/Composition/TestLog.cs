using Microsoft.Extensions.Logging;

namespace ActorSmtp.Harness.Composition;

/// <summary>Hands the server's lines to the test, one text each, or to nobody.</summary>
internal sealed class TestLog(Action<string>? hear) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // The test alone hears.
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => hear is not null && logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            hear!($"{logLevel.ToString().ToLowerInvariant()}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
        }
    }

    public void Dispose()
    {
        // Holds nothing.
    }
}
