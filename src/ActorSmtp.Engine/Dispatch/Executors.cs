using System.Collections.Concurrent;
using Akka.Actor.Internal;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>
/// The shared .NET thread pool: <c>default-executor</c>, <c>thread-pool-executor</c>, and what Akka calls <c>task-executor</c> and
/// <c>channel-executor</c>, which differ there in how they queue and here in nothing.
/// </summary>
internal sealed class ThreadPoolExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) =>
        new ThreadPoolExecutorService(id, ((DefaultDispatcherPrerequisites)Prerequisites).Environment);
}

/// <summary>Queues on the pool: to the telling worker's own queue first, so that a conversation stays on one core.</summary>
internal sealed class ThreadPoolExecutorService(string id, EngineEnvironment environment) : ExecutorService(id)
{
    public override void Execute(IRunnable run) => environment.Queue(run, preferLocal: true);

    internal override void ExecuteAgain(IRunnable run) => environment.Queue(run, preferLocal: false);

    public override void Shutdown()
    {
    }
}

/// <summary>Own threads: <c>fork-join-executor</c>, ForkJoinDispatcher and PinnedDispatcher.</summary>
internal sealed class ForkJoinExecutorServiceConfigurator : ExecutorServiceConfigurator
{
    private readonly int _threads;
    private readonly bool _background = true;

    public ForkJoinExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
        var dedicated = config.GetConfig("dedicated-thread-pool");
        if (dedicated != null && dedicated.GetInt("thread-count") > 0)
        {
            _threads = dedicated.GetInt("thread-count");
            _background = dedicated.GetString("threadtype") != "foreground";
            return;
        }

        var forkJoin = config.GetConfig("fork-join-executor");
        var (min, factor, max) = forkJoin == null
            ? (8, 1.0, 64)
            : (forkJoin.GetInt("parallelism-min", 8), forkJoin.GetDouble("parallelism-factor", 1.0), forkJoin.GetInt("parallelism-max", 64));
        _threads = Math.Min(Math.Max((int)Math.Ceiling(Environment.ProcessorCount * factor), min), max);
    }

    internal ForkJoinExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites, int threads)
        : base(config, prerequisites)
    {
        _threads = threads;
    }

    public override ExecutorService Produce(string id) =>
        new ForkJoinExecutorService(id, _threads, _background, ((DefaultDispatcherPrerequisites)Prerequisites).Environment);
}

/// <summary>A queue and a fixed number of threads. The threads are started with the first piece of work and end at Shutdown.</summary>
internal sealed class ForkJoinExecutorService(string id, int threads, bool background, EngineEnvironment environment) : ExecutorService(id)
{
    private readonly BlockingCollection<IRunnable> _work = new(new ConcurrentQueue<IRunnable>());
    private int _started;

    public override void Execute(IRunnable run)
    {
        if (Volatile.Read(ref _started) == 0 && Interlocked.Exchange(ref _started, 1) == 0)
        {
            for (var i = 1; i <= threads; i++)
            {
                environment.StartThread(RunLoop, $"{Id}_{i}", background);
            }
        }

        try
        {
            _work.Add(run);
        }
        catch (InvalidOperationException)
        {
            throw new RejectedExecutionException($"Executor [{Id}] has been shut down.");
        }
    }

    public override void Shutdown() => _work.CompleteAdding();

    private void RunLoop()
    {
        foreach (var run in _work.GetConsumingEnumerable())
        {
            try
            {
                run.Run();
            }
            catch (Exception e)
            {
                environment.ReportFailure(e);
            }
        }
    }
}

/// <summary>The synchronisation context that was current when the dispatcher was made: <c>current-context-executor</c>.</summary>
internal sealed class CurrentContextExecutorServiceConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new ContextExecutorService(id, SynchronizationContext.Current
        ?? throw new ConfigurationException($"Dispatcher [{id}] wants the current synchronisation context, and there is none."));

    private sealed class ContextExecutorService(string id, SynchronizationContext context) : ExecutorService(id)
    {
        private static readonly SendOrPostCallback RunIt = static run => ((IRunnable)run).Run();

        public override void Execute(IRunnable run) => context.Post(RunIt, run);

        public override void Shutdown()
        {
        }
    }
}
