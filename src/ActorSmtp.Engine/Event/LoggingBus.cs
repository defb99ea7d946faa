using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Event;

/// <summary>
/// Stands for Akka's <c>LoggingBus</c>: an event bus with loggers on it. Before the loggers run, and after they have stopped, the standard output
/// logger writes what is at or above <c>akka.stdout-loglevel</c>.
/// </summary>
public class LoggingBus : ActorEventBus<object, Type>
{
    private static readonly LogLevel[] Levels = Enum.GetValues<LogLevel>();

    private readonly List<IActorRef> _loggers = [];

    public LogLevel LogLevel { get; private set; }

    protected override bool IsSubClassification(Type parent, Type child) => child.IsAssignableFrom(parent);

    protected override void Publish(object @event, IActorRef subscriber) => subscriber.Tell(@event);

    protected override bool Classify(object @event, Type classifier) => classifier.IsInstanceOfType(@event);

    protected override Type GetClassifier(object @event) => @event.GetType();

    /// <summary>What is logged from now on. Adapters that exist keep the levels they were made with.</summary>
    public void SetLogLevel(LogLevel logLevel)
    {
        LogLevel = logLevel;
        foreach (var logger in _loggers)
        {
            foreach (var level in Levels)
            {
                if (level >= logLevel)
                {
                    Subscribe(logger, level.ClassFor());
                }
                else
                {
                    Unsubscribe(logger, level.ClassFor());
                }
            }
        }
    }

    public void StartStdoutLogger(Settings config)
    {
        LogLevel = Logging.LogLevelFor(config.StdoutLogLevel);
        AddLogger(config.StdoutLogger, LogLevel);
    }

    /// <summary>Makes the loggers of <c>akka.loggers</c> actors of the system and waits until each has answered, if waiting is possible.</summary>
    internal void StartLoggers(ActorSystemImpl system)
    {
        var settings = system.Settings;
        var level = Logging.LogLevelFor(settings.LogLevel);
        var number = 0;
        var stdout = settings.StdoutLogger;
        var keepStdout = false;
        foreach (var name in settings.Loggers)
        {
            var type = TypeNames.Find(name, "akka.loggers");
            if (typeof(MinimalLogger).IsAssignableFrom(type))
            {
                keepStdout = true;
                continue;
            }

            AddLogger(system, type, level, ++number);
        }

        LogLevel = level;
        if (!keepStdout)
        {
            RemoveLogger(stdout);
        }
        else
        {
            SetLogLevel(level);
        }
    }

    /// <summary>Back to standard output for what is still to be said.</summary>
    internal void StopLoggers(ActorSystemImpl system)
    {
        foreach (var logger in _loggers.ToArray())
        {
            RemoveLogger(logger);
            if (logger is LocalActorRef actor)
            {
                actor.Stop();
            }
        }

        if (system.Settings.StdoutLogLevel.ToUpperInvariant() != "OFF")
        {
            StartStdoutLogger(system.Settings);
        }
    }

    private void AddLogger(ActorSystemImpl system, Type type, LogLevel level, int number)
    {
        var settings = system.Settings;
        var logger = system.SystemActorOf(Props.Create(type).WithDispatcher(settings.LoggersDispatcher), $"log{number}-{type.Name}");
        var answer = logger.Ask(new InitializeLogger(this), Timeout.InfiniteTimeSpan);
        if (!system.Environment.SingleThreaded && !settings.LoggerAsyncStart)
        {
            if (!answer.Wait(settings.LoggerStartTimeout))
            {
                Publish(new Warning(SimpleName(this), GetType(),
                    $"Logger {logger.Path.Name} [{type}] did not respond within {settings.LoggerStartTimeout} to InitializeLogger(bus)"));
            }
            else if (answer.Result is not LoggerInitialized)
            {
                throw new LoggerInitializationException(
                    $"Logger [{type}] did not respond with LoggerInitialized, sent instead {answer.Result}");
            }
        }

        AddLogger(logger, level);
    }

    private void AddLogger(IActorRef logger, LogLevel level)
    {
        _loggers.Add(logger);
        foreach (var each in Levels)
        {
            if (each >= level)
            {
                Subscribe(logger, each.ClassFor());
            }
        }
    }

    private void RemoveLogger(IActorRef logger)
    {
        _loggers.Remove(logger);
        Unsubscribe(logger);
    }
}
