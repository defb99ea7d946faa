using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorSmtp.Web.Hosting;

/// <summary>The web framework's own lines: only what somebody has to look at. That its host does not start is thrown as well, and told by us in one line.</summary>
internal sealed class WarningsOnly(ILoggerFactory to) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal) ? NullLogger.Instance : new Quiet(to.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => to.AddProvider(provider);

    /// <summary>The factory behind it belongs to somebody else.</summary>
    public void Dispose()
    {
    }

    private sealed class Quiet(ILogger to) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && to.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                to.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
