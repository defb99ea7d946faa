using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Stands for Akka's <c>Dispatcher</c>: actors share an executor.</summary>
public class Dispatcher : MessageDispatcher
{
    private readonly ExecutorServiceFactory _factory;
    private readonly Lock _gate = new();
    private ExecutorService _executor;

    public Dispatcher(MessageDispatcherConfigurator configurator, string id, int throughput, long? throughputDeadlineTime,
        ExecutorServiceFactory executorServiceFactory, TimeSpan shutdownTimeout)
        : base(configurator)
    {
        _factory = executorServiceFactory;
        Id = id;
        Throughput = throughput;
        ThroughputDeadlineTime = throughputDeadlineTime;
        ShutdownTimeout = shutdownTimeout;
    }

    protected override void ExecuteTask(IRunnable run) => (_executor ?? Produce()).Execute(run);

    protected override void Shutdown()
    {
        lock (_gate)
        {
            _executor?.Shutdown();
        }
    }

    internal override void ExecuteAgain(IRunnable run) => (_executor ?? Produce()).ExecuteAgain(run);

    private ExecutorService Produce()
    {
        lock (_gate)
        {
            return _executor ??= _factory.Produce(Id);
        }
    }
}

/// <summary>One own thread for each actor. Stands for Akka's class of that name (public there).</summary>
internal sealed class PinnedDispatcher(MessageDispatcherConfigurator configurator, string id, int throughput, long? deadline,
    ExecutorServiceFactory executor, TimeSpan shutdownTimeout)
    : Dispatcher(configurator, id, throughput, deadline, executor, shutdownTimeout)
{
    // The one actor has stopped: its thread ends once it has run what was queued.
    internal override void ActorStopped() => Shutdown();
}

/// <summary><c>type = Dispatcher</c> and, with own threads, <c>ForkJoinDispatcher</c>.</summary>
internal sealed class DispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly Dispatcher _dispatcher;

    public DispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites, bool ownThreads)
        : base(config, prerequisites)
    {
        _dispatcher = new Dispatcher(this, config.GetString("id"), config.ThroughputOf(), config.DeadlineOf(),
            ownThreads ? new ForkJoinExecutorServiceConfigurator(config, prerequisites) : ConfigureExecutor(), config.ShutdownTimeoutOf());
    }

    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary><c>type = PinnedDispatcher</c>: a new dispatcher with a thread of its own for each actor.</summary>
internal sealed class PinnedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : MessageDispatcherConfigurator(config, prerequisites)
{
    public override MessageDispatcher Dispatcher() => new PinnedDispatcher(this, Config.GetString("id"), Config.ThroughputOf(),
        Config.DeadlineOf(), new ForkJoinExecutorServiceConfigurator(Config, Prerequisites, threads: 1), Config.ShutdownTimeoutOf());
}

/// <summary>The keys that all dispatchers have.</summary>
internal static class DispatcherConfig
{
    internal static int ThroughputOf(this Config config)
    {
        var throughput = config.GetInt("throughput", 30);
        return throughput > 0
            ? throughput
            : throw new ConfigurationException($"Dispatcher [{config.GetString("id")}]: throughput must be 1 or more, is {throughput}.");
    }

    internal static long? DeadlineOf(this Config config)
    {
        var deadline = config.GetTimeSpan("throughput-deadline-time").Ticks;
        return deadline > 0 ? deadline : null;
    }

    internal static TimeSpan ShutdownTimeoutOf(this Config config) => config.GetTimeSpan("shutdown-timeout", TimeSpan.FromSeconds(1));
}
