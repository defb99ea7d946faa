using System.Text;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;
using LogLevel = Akka.Event.LogLevel;

namespace Akka.Hosting;

/// <summary>
/// Which loggers a system has and what they get. Begins with the default logger. Stands for Akka.Hosting.LoggerConfigBuilder;
/// filters of log events are not there.
/// </summary>
public sealed class LoggerConfigBuilder
{
    private readonly List<Type> _loggers = [typeof(DefaultLogger)];
    private Type _formatter;

    internal LoggerConfigBuilder(AkkaConfigurationBuilder builder) => Builder = builder;

    /// <summary>The lowest level that is logged, whatever the host's own filters say.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.InfoLevel;

    /// <summary>Whether the configuration is logged at the start.</summary>
    public bool LogConfigOnStart { get; set; }

    /// <summary>Which dead letters are logged; null: as configured elsewhere.</summary>
    public DeadLetterOptions DeadLetterOptions { get; set; }

    /// <summary>Which of the engine's own doings are logged; null: as configured elsewhere.</summary>
    public DebugOptions DebugOptions { get; set; }

    internal AkkaConfigurationBuilder Builder { get; }

    /// <summary>Takes all loggers away, also the default one.</summary>
    public LoggerConfigBuilder ClearLoggers()
    {
        _loggers.Clear();
        return this;
    }

    /// <summary>Adds a logger: an actor.</summary>
    public LoggerConfigBuilder AddLogger<T>()
        where T : IRequiresMessageQueue<ILoggerMessageQueueSemantics>
    {
        _loggers.Add(typeof(T));
        return this;
    }

    /// <summary>How templates and their arguments become text.</summary>
    public LoggerConfigBuilder WithDefaultLogMessageFormatter<T>()
        where T : ILogMessageFormatter
    {
        _formatter = typeof(T);
        return this;
    }

    internal Config ToConfig()
    {
        var text = new StringBuilder();
        text.Append("akka.loglevel = ").Append(NameOf(LogLevel)).Append('\n');
        text.Append("akka.loggers = [").AppendJoin(", ", _loggers.Select(type => $"\"{type.AssemblyQualifiedName}\"")).Append("]\n");
        text.Append("akka.log-config-on-start = ").Append(LogConfigOnStart ? "on\n" : "off\n");
        if (_formatter is not null)
            text.Append("akka.logger-formatter = \"").Append(_formatter.AssemblyQualifiedName).Append("\"\n");
        text.Append(DebugOptions).Append('\n').Append(DeadLetterOptions).Append('\n');
        return ConfigurationFactory.ParseString(text.ToString());
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.DebugLevel => "DEBUG",
        LogLevel.InfoLevel => "INFO",
        LogLevel.WarningLevel => "WARNING",
        LogLevel.ErrorLevel => "ERROR",
        _ => throw new ConfigurationException($"Unknown LogLevel enum value: {level}"),
    };
}

/// <summary>Configures the loggers of a hosted system. Stands for Akka.Hosting.LoggingExtensions, complete.</summary>
public static class LoggingExtensions
{
    /// <summary>Configures the loggers; what was configured before is covered.</summary>
    public static AkkaConfigurationBuilder ConfigureLoggers(
        this AkkaConfigurationBuilder builder, Action<LoggerConfigBuilder> configurator)
    {
        var loggers = new LoggerConfigBuilder(builder);
        configurator(loggers);
        return builder.Add(loggers.ToConfig(), HoconAddMode.Prepend);
    }

    /// <summary>Adds the logger that writes to standard output.</summary>
    public static LoggerConfigBuilder AddDefaultLogger(this LoggerConfigBuilder configBuilder) => configBuilder.AddLogger<DefaultLogger>();

    /// <summary>Adds the logger that writes to the host's logger factory.</summary>
    public static LoggerConfigBuilder AddLoggerFactory(this LoggerConfigBuilder configBuilder) =>
        configBuilder.AddLogger<LoggerFactoryLogger>();

    /// <summary>Adds the logger that writes to a logger factory.</summary>
    public static LoggerConfigBuilder AddLoggerFactory(this LoggerConfigBuilder configBuilder, ILoggerFactory loggerFactory)
    {
        configBuilder.Builder.Add(new LoggerFactorySetup(loggerFactory));
        return configBuilder.AddLogger<LoggerFactoryLogger>();
    }
}
