using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Dispatch;

/// <summary>
/// Stands for Akka's <c>Dispatchers</c>: finds dispatchers by the path of their section. A string at the path is an alias of another path.
/// Unknown paths and unusable sections throw <see cref="ConfigurationException"/>.
/// </summary>
public sealed class Dispatchers
{
    public static readonly string DefaultDispatcherId = "akka.actor.default-dispatcher";
    public static readonly string DefaultBlockingDispatcherId = "akka.actor.default-blocking-io-dispatcher";
    public static readonly string SynchronizedDispatcherId = "akka.actor.synchronized-dispatcher";

    /// <summary>The engine's own actors. Akka's name for it is internal too.</summary>
    internal const string InternalDispatcherId = "akka.actor.internal-dispatcher";

    private const int AliasesAtMost = 20;

    private readonly ActorSystem _system;
    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new();
    private MessageDispatcher _default;

    public Dispatchers(ActorSystem system, IDispatcherPrerequisites prerequisites, ILoggingAdapter logger)
    {
        _system = system;
        Prerequisites = prerequisites;
    }

    public IDispatcherPrerequisites Prerequisites { get; }

    public Config DefaultDispatcherConfig => _system.Settings.Config.GetConfig(DefaultDispatcherId);

    public MessageDispatcher DefaultGlobalDispatcher => _default ??= Lookup(DefaultDispatcherId);

    public MessageDispatcher Lookup(string dispatcherName) => Configurator(dispatcherName).Dispatcher();

    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _system.Settings.Config.HasPath(id);

    /// <summary>Puts a configurator under a path that has none yet.</summary>
    public bool RegisterConfigurator(string id, MessageDispatcherConfigurator configurator) => _configurators.TryAdd(id, configurator);

    internal void Shutdown()
    {
        foreach (var configurator in _configurators.Values)
        {
            if (configurator is not PinnedDispatcherConfigurator)
            {
                configurator.Dispatcher().ShutdownNow();
            }
        }
    }

    private MessageDispatcherConfigurator Configurator(string id, int depth = 0)
    {
        if (_configurators.TryGetValue(id, out var known))
        {
            return known;
        }

        if (depth > AliasesAtMost)
        {
            throw new ConfigurationException($"Dispatcher [{id}]: more than {AliasesAtMost} aliases, or a circle of them.");
        }

        var root = _system.Settings.Config;
        if (!root.HasPath(id))
        {
            throw new ConfigurationException($"Dispatcher [{id}] not configured for system [{_system.Name}]");
        }

        var value = root.GetValue(id);
        return _configurators.GetOrAdd(id, value.IsString() ? Configurator(value.GetString(), depth + 1) : Make(id, root.GetConfig(id)));
    }

    private MessageDispatcherConfigurator Make(string id, Config section)
    {
        var config = ConfigurationFactory.ParseString($"id = \"{id}\"").WithFallback(section).WithFallback(DefaultDispatcherConfig);
        var type = config.GetString("type");
        return type switch
        {
            "Dispatcher" or "TaskDispatcher" => new DispatcherConfigurator(config, Prerequisites, ownThreads: false),
            "ForkJoinDispatcher" => new DispatcherConfigurator(config, Prerequisites, ownThreads: true),
            "PinnedDispatcher" => new PinnedDispatcherConfigurator(config, Prerequisites),
            "SynchronizedDispatcher" => new DispatcherConfigurator(
                ConfigurationFactory.ParseString("executor = current-context-executor").WithFallback(config), Prerequisites, ownThreads: false),
            null or "" => throw new ConfigurationException($"Dispatcher [{id}]: type is missing."),
            _ => TypeNames.CreateInstance<MessageDispatcherConfigurator>(type, id + ".type", config, Prerequisites),
        };
    }
}
