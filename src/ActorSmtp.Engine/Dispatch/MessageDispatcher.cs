using Akka.Event;

namespace Akka.Dispatch;

/// <summary>
/// Stands for Akka's <c>MessageDispatcher</c>: gives mailboxes their turns. Left out: Attach, Detach, Dispatch and SystemDispatch, which
/// mailboxes do themselves here, and the count of inhabitants.
/// </summary>
public abstract class MessageDispatcher
{
    private const int DefaultThroughput = 100;

    private TimeSpan _turnAtMost;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        Throughput = DefaultThroughput;
    }

    public MessageDispatcherConfigurator Configurator { get; private set; }

    public Mailboxes Mailboxes => Configurator.Prerequisites.Mailboxes;

    public EventStream EventStream => Configurator.Prerequisites.EventStream;

    /// <summary>The path in the configuration that names this dispatcher.</summary>
    public string Id { get; protected set; }

    /// <summary>How many user messages one turn handles at most.</summary>
    public int Throughput { get; protected set; }

    /// <summary>How long one turn may begin new messages, in ticks of 100 ns; null or 0 for no limit.</summary>
    public long? ThroughputDeadlineTime
    {
        get => _turnAtMost > TimeSpan.Zero ? _turnAtMost.Ticks : null;
        protected set => _turnAtMost = TimeSpan.FromTicks(value ?? 0);
    }

    public TimeSpan ShutdownTimeout { get; protected set; }

    /// <summary>Runs an action by this dispatcher's executor.</summary>
    public void Schedule(Action run) => ExecuteTask(new ActionRunnable(run));

    /// <summary>Runs a piece of work by this dispatcher's executor.</summary>
    public void Schedule(IRunnable run) => ExecuteTask(run);

    protected abstract void ExecuteTask(IRunnable run);

    protected abstract void Shutdown();

    internal void Execute(IRunnable run) => ExecuteTask(run);

    /// <summary>Executes a mailbox once more after a full turn: behind others that wait.</summary>
    internal virtual void ExecuteAgain(IRunnable run) => ExecuteTask(run);

    internal bool HasDeadline => _turnAtMost > TimeSpan.Zero;

    internal bool IsTurnOver(TimeProvider time, long began) => time.GetElapsedTime(began) >= _turnAtMost;

    /// <summary>An actor of this dispatcher has stopped.</summary>
    internal virtual void ActorStopped()
    {
    }

    internal void ShutdownNow() => Shutdown();
}

/// <summary>Stands for Akka's <c>MessageDispatcherConfigurator</c>: makes a dispatcher from its section of the configuration.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Configuration.Config config, IDispatcherPrerequisites prerequisites)
    {
        Prerequisites = prerequisites;
        Config = config;
    }

    public Configuration.Config Config { get; private set; }

    public IDispatcherPrerequisites Prerequisites { get; private set; }

    public abstract MessageDispatcher Dispatcher();

    /// <summary>The executor named by <c>executor</c>: one of Akka's words, or "Type, Assembly" of an own configurator.</summary>
    protected ExecutorServiceConfigurator ConfigureExecutor()
    {
        var executor = Config.GetString("executor");
        return executor switch
        {
            null or "" or "default-executor" or "thread-pool-executor" or "task-executor" or "channel-executor" =>
                new ThreadPoolExecutorServiceConfigurator(Config, Prerequisites),
            "fork-join-executor" => new ForkJoinExecutorServiceConfigurator(Config, Prerequisites),
            "current-context-executor" => new CurrentContextExecutorServiceConfigurator(Config, Prerequisites),
            _ => TypeNames.CreateInstance<ExecutorServiceConfigurator>(executor, "executor", Config, Prerequisites),
        };
    }
}

/// <summary>Stands for Akka's <c>IDispatcherPrerequisites</c>: what a dispatcher may need of its system.</summary>
public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }

    Actor.IScheduler Scheduler { get; }

    Actor.Settings Settings { get; }

    Mailboxes Mailboxes { get; }
}

/// <summary>Stands for Akka's class of that name (public there).</summary>
internal sealed class DefaultDispatcherPrerequisites(Actor.Internal.ActorSystemImpl system) : IDispatcherPrerequisites
{
    public EventStream EventStream => system.EventStream;

    public Actor.IScheduler Scheduler => system.Scheduler;

    public Actor.Settings Settings => system.Settings;

    public Mailboxes Mailboxes => system.Mailboxes;

    internal Actor.Internal.EngineEnvironment Environment => system.Environment;
}
