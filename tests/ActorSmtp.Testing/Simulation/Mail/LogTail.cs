using Microsoft.Extensions.Logging;

namespace ActorSmtp.Testing.Simulation.Mail;

/// <summary>The server's log goes into the trace: warnings and worse; every line when one seed is replayed.</summary>
internal sealed class LogTail(Simulation simulation) : ILoggerFactory, ILogger
{
    private readonly LogLevel _level = Simulated.IsReplay ? LogLevel.Debug : LogLevel.Warning;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _level;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            simulation.Note($"log {logLevel}: {formatter(state, exception)} {(Simulated.IsReplay ? exception : exception?.Message)}");
        }
    }

    public void Dispose()
    {
    }
}
