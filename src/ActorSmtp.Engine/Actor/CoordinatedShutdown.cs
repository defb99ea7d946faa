using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The orderly end of a system: phases one after another, in an order that the configuration gives
/// (<c>akka.coordinated-shutdown.phases</c>), the tasks of a phase side by side. A task that fails or takes longer than its phase
/// may is left behind with a warning, unless the phase says <c>recover = off</c>: then the run ends there with the error. The last
/// phase ends the system. Stands for Akka.Actor.CoordinatedShutdown; <c>exit-clr</c> is not there and refused.
/// </summary>
public sealed partial class CoordinatedShutdown : IExtension
{
    private readonly EngineEnvironment _environment;
    private readonly ILoggingAdapter _log;
    private readonly Dictionary<string, ShutdownPhase> _phases;
    private readonly IReadOnlyList<string> _order;
    private readonly Dictionary<string, List<ShutdownTask>> _tasks = [];
    private readonly TaskCompletionSource<Done> _run;
    private Reason _reason;

    internal CoordinatedShutdown(ActorSystemImpl system)
    {
        System = system;
        _environment = system.Environment;
        _run = new TaskCompletionSource<Done>(_environment.Awaited);
        _log = Logging.GetLogger(system, nameof(CoordinatedShutdown));
        var config = system.Settings.Config.GetConfig("akka.coordinated-shutdown");
        if (config.IsNullOrEmpty())
            throw new ConfigurationException("The configuration has no section akka.coordinated-shutdown.");
        if (config.GetBoolean("exit-clr", false))
            throw new ConfigurationException("akka.coordinated-shutdown.exit-clr is on; this engine leaves the process to its host.");
        _phases = ShutdownPhase.AllFrom(config);
        _order = ShutdownPhase.InOrder(_phases);
        if (config.GetBoolean("terminate-actor-system", true))
            AddTask(PhaseActorSystemTerminate, "terminate-system", TerminateSystemAsync);
        if (config.GetBoolean("run-by-clr-shutdown-hook", false))
            RunAtExitOfProcess();
    }

    /// <summary>Whose shutdown this is.</summary>
    public ExtendedActorSystem System { get; }

    /// <summary>Why it was run; null as long as it was not.</summary>
    public Reason ShutdownReason => Volatile.Read(ref _reason);

    /// <summary>The sum of the timeouts of the phases that have tasks.</summary>
    public TimeSpan TotalTimeout
    {
        get
        {
            lock (_tasks)
                return _tasks.Keys.Aggregate(TimeSpan.Zero, (sum, phase) => sum + Timeout(phase));
        }
    }

    /// <summary>The shutdown of <paramref name="system"/>.</summary>
    public static CoordinatedShutdown Get(ActorSystem system) =>
        system.WithExtension<CoordinatedShutdown, CoordinatedShutdownExtension>();

    /// <summary>Adds a task to a phase. It is run if the phase has not begun yet.</summary>
    /// <exception cref="ConfigurationException">The configuration has no such phase.</exception>
    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        if (!_order.Contains(phase))
            throw new ConfigurationException(
                $"Unknown phase [{phase}], known phases [{string.Join(",", _order)}]. All phases must be defined in configuration.");
        lock (_tasks)
        {
            if (!_tasks.TryGetValue(phase, out var tasks))
                _tasks[phase] = tasks = [];
            tasks.Add(new ShutdownTask(taskName, task));
        }
    }

    /// <summary>
    /// Runs the phases, all or from one on. The first call decides; a later one gets the same task, whatever its arguments.
    /// </summary>
    /// <returns>Ends with the last phase, or fails where a phase without recovery did.</returns>
    /// <exception cref="ConfigurationException">The configuration has no phase <paramref name="fromPhase"/>.</exception>
    public Task<Done> Run(Reason reason, string fromPhase = null)
    {
        if (fromPhase is not null && !_order.Contains(fromPhase))
            throw new ConfigurationException($"Unknown phase [{fromPhase}], known phases [{string.Join(",", _order)}].");
        if (Interlocked.CompareExchange(ref _reason, reason, null) is null)
        {
            var phases = fromPhase is null ? _order : [.. _order.SkipWhile(phase => phase != fromPhase)];
            _ = Task.Factory.StartNew(
                () => RunAsync(phases), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _environment.Continuations);
        }
        return _run.Task;
    }

    /// <summary>How long the tasks of a phase may take.</summary>
    /// <exception cref="ArgumentException">There is no such phase.</exception>
    public TimeSpan Timeout(string phase) =>
        _phases.TryGetValue(phase, out var known)
            ? known.Timeout
            : throw new ArgumentException($"Unknown phase [{phase}]. All phases must be defined in configuration.", nameof(phase));

    // Awaits here keep to the scheduler this began on: the engine's seam for continuations.
    private async Task RunAsync(IReadOnlyList<string> phases)
    {
        try
        {
            foreach (var phase in phases)
                await RunPhaseAsync(phase);
            _run.SetResult(Done.Instance);
        }
        catch (Exception error)
        {
            _run.SetException(error);
        }
    }

    private async Task RunPhaseAsync(string name)
    {
        ShutdownTask[] tasks;
        lock (_tasks)
            tasks = _tasks.TryGetValue(name, out var added) ? [.. added] : [];
        if (_log.IsDebugEnabled)
            _log.Debug("Performing phase [{0}] with [{1}] tasks: [{2}]", name, tasks.Length, string.Join(",", tasks.Select(t => t.Name)));
        if (tasks.Length == 0)
            return;
        var phase = _phases[name];
        try
        {
            await Task.WhenAll(tasks.Select(task => RunTaskAsync(task, name, phase.Recover))).WaitAsync(phase.Timeout, _environment.Time);
        }
        catch (TimeoutException) when (phase.Recover)
        {
            _log.Warning("Coordinated shutdown phase [{0}] timed out after {1}", name, phase.Timeout);
        }
    }

    private async Task RunTaskAsync(ShutdownTask task, string phase, bool recover)
    {
        try
        {
            await task.Start();
        }
        catch (Exception error) when (recover)
        {
            _log.Warning("Task [{0}] failed in phase [{1}]: {2}", task.Name, phase, error.Message);
        }
    }

    private async Task<Done> TerminateSystemAsync()
    {
        ((ActorSystemImpl)System).FinalTerminate();
        await System.WhenTerminated;
        return Done.Instance;
    }

    /// <summary>
    /// The second net: in a process that ends without its host having run the shutdown, it is run, and the process waits for it.
    /// </summary>
    private void RunAtExitOfProcess()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        System.WhenTerminated.ContinueWith(
            _ => AppDomain.CurrentDomain.ProcessExit -= OnExit,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        void OnExit(object sender, EventArgs e)
        {
            if (System.WhenTerminated.IsCompleted || _environment.SingleThreaded)
                return;
            try
            {
                Run(ClrExitReason.Instance).Wait(TotalTimeout);
            }
            catch (AggregateException error)
            {
                _log.Warning("CoordinatedShutdown from CLR shutdown failed: {0}", error.GetBaseException().Message);
            }
        }
    }
}

/// <summary>Gives a system its <see cref="CoordinatedShutdown"/>. Stands for Akka.Actor.CoordinatedShutdownExtension, complete.</summary>
public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
{
    /// <inheritdoc/>
    public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => new((ActorSystemImpl)system);
}
