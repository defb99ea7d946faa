using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Testing.Simulation;

/// <summary>
/// One process of the simulated world: its actors, tasks, timers and threads, all of which end at once when it is killed. It is what the program
/// under test is given instead of threads and clocks.
/// </summary>
internal sealed class SimulatedHost : IBackground
{
    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          actor.default-dispatcher.throughput = 1
          actor.internal-dispatcher.throughput = 1
        }
        """;

    private readonly Simulation _simulation;

    public SimulatedHost(Simulation simulation, string name)
    {
        _simulation = simulation;
        Name = name;
        Context = new HostContext(this);
        Time = new VirtualTime(simulation, this);
        Tasks = new HostTasks(this);
    }

    public string Name { get; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Where awaits come back to.</summary>
    public SynchronizationContext Context { get; }

    /// <summary>Where continuations run that the engine attaches itself.</summary>
    public TaskScheduler Tasks { get; }

    public TimeProvider Time { get; }

    /// <summary>How long a computation on a background thread takes; chosen anew for each.</summary>
    public Func<TimeSpan> ComputeTime { get; set; } = () => TimeSpan.Zero;

    /// <summary>Exceptions that reached the end of a thread of the engine: each is a bug, and ends the run.</summary>
    public void Report(Exception e) => _simulation.Fail(e);

    /// <summary>An actor system of this host: one message to a turn, quiet, and <paramref name="config"/> before all that.</summary>
    public ActorSystem CreateSystem(string name = "sim", string config = "") => ActorSystem.Create(
        name,
        BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(Quiet + "\n" + config)).And(new EngineSetup(new HostEnvironment(this))));

    /// <summary>Something of this host can run.</summary>
    public void Post(string kind, object? who, Action run) => _simulation.Post(this, kind, who, static r => ((Action)r!)(), run);

    /// <summary>Something of this host can run after a while.</summary>
    public void Post(string kind, object? who, Action run, TimeSpan delay) => _simulation.Post(this, kind, who, run, delay);

    /// <summary>A choice between two ways to go on.</summary>
    public bool Coin() => _simulation.Coin();

    /// <summary>Begins asynchronous work on this host; the task belongs to whoever asked, and never ends if the host dies first.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>();
        Post("begin", Name, Begin);
        return done.Task;

        async void Begin()
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    /// <summary>The process ends in the middle of everything: nothing of it runs any more.</summary>
    public void Kill()
    {
        IsAlive = false;
        _simulation.Drop(this);
        _simulation.Note($"{Name} is killed");
    }

    Task<T> IBackground.Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>();
        Post("compute", Name, Compute, ComputeTime());
        return done.Task;

        void Compute()
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }

    public override string ToString() => Name;

    /// <summary>The engine's one seam, with the simulation behind it.</summary>
    private sealed class HostEnvironment(SimulatedHost host) : EngineEnvironment
    {
        internal override TimeProvider Time => host.Time;

        internal override TaskScheduler Continuations => host.Tasks;

        internal override bool SingleThreaded => true;

        internal override void Queue(IRunnable run, bool preferLocal) =>
            host._simulation.Post(host, "turn", run, static r => ((IRunnable)r!).Run(), run);

        internal override void StartThread(Action body, string name, bool background) => throw new NotSupportedException(
            $"Thread {name}: a simulated system has no threads of its own; give the dispatcher executor = default-executor.");

        internal override double NextRandom() => host._simulation.Random.NextDouble();

        internal override void ReportFailure(Exception e) => host.Report(e);
    }

    private sealed class HostContext(SimulatedHost host) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) =>
            host._simulation.Post(host, "continue", host, static s =>
            {
                var (callback, with) = ((SendOrPostCallback, object?))s!;
                callback(with);
            }, (d, state));

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }

    /// <summary>Runs a continuation at once or later, as chance has it: a program may count on neither.</summary>
    private sealed class HostTasks(SimulatedHost host) : TaskScheduler
    {
        public override int MaximumConcurrencyLevel => 1;

        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) =>
            host._simulation.Post(host, "task", host, static s =>
            {
                var (scheduler, queued) = ((HostTasks, Task))s!;
                scheduler.TryExecuteTask(queued);
            }, (this, task));

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
            !taskWasPreviouslyQueued && host.IsAlive && host._simulation.Coin() && TryExecuteTask(task);
    }
}
