using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace Akka.Hosting.Logging;

/// <summary>Where <see cref="LoggerFactoryLogger"/> writes. Stands for Akka.Hosting.Logging.LoggerFactorySetup, complete.</summary>
public class LoggerFactorySetup : Setup
{
    /// <summary>Writes to loggers of <paramref name="loggerFactory"/>.</summary>
    public LoggerFactorySetup(ILoggerFactory loggerFactory) => LoggerFactory = loggerFactory;

    /// <summary>The factory.</summary>
    public ILoggerFactory LoggerFactory { get; }
}

/// <summary>
/// Passes the system's log on to the host's, in the category of <see cref="ActorSystem"/>: the text as the default logger would
/// print it, the exception beside it. Stands for Akka.Hosting.Logging.LoggerFactoryLogger; it does not log its own start and stop.
/// </summary>
public class LoggerFactoryLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly ILogger<ActorSystem> _logger;

    /// <summary>Made by the engine.</summary>
    /// <exception cref="ConfigurationException">The system has no <see cref="LoggerFactorySetup"/>.</exception>
    public LoggerFactoryLogger()
    {
        var setup = Context.System.Settings.Setup.Get<LoggerFactorySetup>();
        if (!setup.HasValue)
            throw new ConfigurationException("LoggerFactoryLogger needs a LoggerFactorySetup in the system's set-up.");
        _logger = setup.Value.LoggerFactory.CreateLogger<ActorSystem>();
    }

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent e:
                Log(e, Sender.Path);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes one event.</summary>
    protected virtual void Log(LogEvent log, ActorPath path) =>
        _logger.Log(LevelOf(log), default, log, log.Cause, static (e, _) => e.ToString());

    private static LogLevel LevelOf(LogEvent log) => log.LogLevel() switch
    {
        Event.LogLevel.DebugLevel => LogLevel.Debug,
        Event.LogLevel.InfoLevel => LogLevel.Information,
        Event.LogLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}
