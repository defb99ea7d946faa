using ActorSmtp.Engine.Tests.Actor;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;
using Akka.Dispatch;

namespace ActorSmtp.Engine.Tests.Embedded;

/// <summary>The seam: with another environment behind it a whole system runs on the test's thread, by a clock moved by hand.</summary>
public sealed class OneThreadTests
{
    private readonly OneThread _thread = new();
    private readonly HashSet<int> _threads = [];
    private readonly ActorSystem _system;

    public OneThreadTests()
    {
        _system = ActorSystem.Create("one", BootstrapSetup.Create()
            .WithConfig(ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }"))
            .And(new EngineSetup(_thread)));
        _thread.Run();
    }

    [Fact]
    public void Answers_timers_tasks_and_the_end_of_the_system_all_run_on_the_one_thread()
    {
        var journal = new Journal();
        var echo = _system.ActorOf(Acts.On((m, c) =>
        {
            Note();
            c.Sender.Tell(m, c.Self);
        }));
        var asker = _system.ActorOf(Props.Create(() => new Asker(echo, journal, () => Note())));
        asker.Tell("begin");
        _thread.Run();
        Assert.Equal("begin asked answered piped", journal.Text);

        _thread.Clock.Advance(TimeSpan.FromHours(1));
        _thread.Run();
        Assert.Equal("begin asked answered piped timer", journal.Text);

        var end = _system.Terminate();
        _thread.Run();
        for (var i = 0; i < 20 && !end.IsCompleted; i++)
        {
            _thread.Clock.Advance(TimeSpan.FromSeconds(1));
            _thread.Run();
        }

        Assert.True(end.IsCompleted);
        Assert.Equal([Environment.CurrentManagedThreadId], _threads);
    }

    [Fact]
    public void An_ask_times_out_by_the_clock_that_is_moved()
    {
        var ask = _system.ActorOf(Acts.Idle).Ask<string>("x", TimeSpan.FromMinutes(10));
        _thread.Run();

        _thread.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.False(ask.IsCompleted);
        _thread.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.IsType<AskTimeoutException>(ask.Exception?.InnerException);
    }

    private void Note() => _threads.Add(Environment.CurrentManagedThreadId);

    private sealed class Asker : ReceiveActor, IWithTimers
    {
        public Asker(IActorRef echo, Journal journal, Action note)
        {
            ReceiveAsync<string>(m => m == "begin", async begin =>
            {
                journal.Note(begin);
                Timers.StartSingleTimer("t", "timer", TimeSpan.FromMinutes(30));
                journal.Note(await echo.Ask<string>("asked", TimeSpan.FromMinutes(1)));
                note();
                Self.Tell("answered");
                _ = echo.Ask<string>("piped", TimeSpan.FromMinutes(1)).PipeTo(Self);
            });
            Receive<string>(m =>
            {
                note();
                journal.Note(m);
            });
        }

        public ITimerScheduler Timers { get; set; } = null!;
    }

    private sealed class OneThread : EngineEnvironment
    {
        private readonly Queue<IRunnable> _work = new();
        private readonly Inline _continuations = new();

        internal ManualTime Clock { get; } = new();

        internal override TimeProvider Time => Clock;

        internal override bool SingleThreaded => true;

        internal override TaskScheduler Continuations => _continuations;

        internal override void Queue(IRunnable run, bool preferLocal) => _work.Enqueue(run);

        internal override void StartThread(Action body, string name, bool background) => throw new NotSupportedException();

        internal void Run()
        {
            while (_work.TryDequeue(out var run))
            {
                run.Run();
            }
        }

        private sealed class Inline : TaskScheduler
        {
            protected override IEnumerable<Task> GetScheduledTasks() => [];

            protected override void QueueTask(Task task) => TryExecuteTask(task);

            protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => TryExecuteTask(task);
        }
    }
}
