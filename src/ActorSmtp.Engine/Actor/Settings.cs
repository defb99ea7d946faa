using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>Settings</c>: the <c>akka</c> section, read once when the system is made. Left out: what belongs to serialization, clusters,
/// routers, telemetry and log filters.
/// </summary>
public class Settings
{
    private Config _user;

    public Settings(ActorSystem system, Config config)
        : this(system, config, ActorSystemSetup.Empty)
    {
    }

    public Settings(ActorSystem system, Config config, ActorSystemSetup setup)
    {
        System = system;
        Setup = setup;
        _user = config;
        Config = config.SafeWithFallback(ConfigurationFactory.Default());

        ConfigVersion = Config.GetString("akka.version");
        ProviderClass = Config.GetString("akka.actor.provider");
        SupervisorStrategyClass = Config.GetString("akka.actor.guardian-supervisor-strategy");
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan);
        CreationTimeout = Config.GetTimeSpan("akka.actor.creation-timeout");
        UnstartedPushTimeout = Config.GetTimeSpan("akka.actor.unstarted-push-timeout");
        SerializeAllMessages = Config.GetBoolean("akka.actor.serialize-messages");
        SerializeAllCreators = Config.GetBoolean("akka.actor.serialize-creators");

        LogLevel = Config.GetString("akka.loglevel");
        StdoutLogLevel = Config.GetString("akka.stdout-loglevel");
        Loggers = Config.GetStringList("akka.loggers");
        LoggersDispatcher = Config.GetString("akka.loggers-dispatcher");
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        LoggerAsyncStart = Config.GetBoolean("akka.logger-async-start");
        LogConfigOnStart = Config.GetBoolean("akka.log-config-on-start");
        LogFormatter = CreateFormatter(Config.GetString("akka.logger-formatter"));
        StdoutLogger = CreateStdoutLogger(Config.GetString("akka.stdout-logger-class"));
        LogDeadLetters = Config.GetString("akka.log-dead-letters") switch
        {
            "on" or "true" => int.MaxValue,
            "off" or "false" => 0,
            _ => Config.GetInt("akka.log-dead-letters"),
        };
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
        LogDeadLettersSuspendDuration = Config.GetTimeSpan("akka.log-dead-letters-suspend-duration");

        AddLoggingReceive = Config.GetBoolean("akka.actor.debug.receive");
        DebugAutoReceive = Config.GetBoolean("akka.actor.debug.autoreceive");
        DebugLifecycle = Config.GetBoolean("akka.actor.debug.lifecycle");
        FsmDebugEvent = Config.GetBoolean("akka.actor.debug.fsm");
        DebugEventStream = Config.GetBoolean("akka.actor.debug.event-stream");
        DebugUnhandledMessage = Config.GetBoolean("akka.actor.debug.unhandled");

        SchedulerClass = Config.GetString("akka.scheduler.implementation");
        SchedulerShutdownTimeout = Config.GetTimeSpan("akka.scheduler.shutdown-timeout");
        CoordinatedShutdownTerminateActorSystem = Config.GetBoolean("akka.coordinated-shutdown.terminate-actor-system");
        CoordinatedShutdownRunByActorSystemTerminate = Config.GetBoolean("akka.coordinated-shutdown.run-by-actor-system-terminate");
    }

    public ActorSystem System { get; }

    public Config Config { get; private set; }

    public ActorSystemSetup Setup { get; }

    public string ConfigVersion { get; }

    public string ProviderClass { get; }

    public ProviderSelection ProviderSelectionType => ProviderSelection.Local.Instance;

    public string SupervisorStrategyClass { get; }

    /// <summary>Not used: nothing is serialized here.</summary>
    public bool SerializeAllMessages { get; }

    public bool SerializeAllCreators { get; }

    /// <summary>How long Ask waits when it is not told; infinite by default.</summary>
    public TimeSpan AskTimeout { get; }

    public TimeSpan CreationTimeout { get; }

    public TimeSpan UnstartedPushTimeout { get; }

    public string LogLevel { get; }

    public string StdoutLogLevel { get; }

    public IList<string> Loggers { get; }

    public string LoggersDispatcher { get; }

    public TimeSpan LoggerStartTimeout { get; }

    public bool LoggerAsyncStart { get; }

    public bool LogConfigOnStart { get; }

    public ILogMessageFormatter LogFormatter { get; }

    public MinimalLogger StdoutLogger { get; }

    /// <summary>How many dead letters are logged before a pause; int.MaxValue for all, 0 for none.</summary>
    public int LogDeadLetters { get; }

    public bool LogDeadLettersDuringShutdown { get; }

    public TimeSpan LogDeadLettersSuspendDuration { get; }

    public bool AddLoggingReceive { get; }

    public bool DebugAutoReceive { get; }

    public bool DebugEventStream { get; }

    public bool DebugUnhandledMessage { get; }

    public bool DebugLifecycle { get; }

    public bool FsmDebugEvent { get; }

    public string SchedulerClass { get; }

    public TimeSpan SchedulerShutdownTimeout { get; }

    public bool CoordinatedShutdownTerminateActorSystem { get; }

    public bool CoordinatedShutdownRunByActorSystemTerminate { get; }

    /// <summary>Puts a configuration below the user's and above the engine's own; for extensions that bring defaults.</summary>
    public void InjectTopLevelFallback(Config config)
    {
        lock (this)
        {
            _user = _user.SafeWithFallback(config);
            Config = _user.SafeWithFallback(ConfigurationFactory.Default());
        }
    }

    public override string ToString() => Config.ToString();

    private static ILogMessageFormatter CreateFormatter(string name) =>
        string.IsNullOrEmpty(name) || name.StartsWith("Akka.Event.DefaultLogMessageFormatter", StringComparison.Ordinal)
            ? DefaultLogMessageFormatter.Instance
            : TypeNames.CreateInstance<ILogMessageFormatter>(name, "akka.logger-formatter");

    private static MinimalLogger CreateStdoutLogger(string name) =>
        string.IsNullOrEmpty(name) ? new StandardOutLogger() : TypeNames.CreateInstance<MinimalLogger>(name, "akka.stdout-logger-class");
}
