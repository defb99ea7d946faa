using System.Diagnostics;
using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>
/// A test's actor system and its own actor in it, <see cref="TestActor"/>: whatever is sent to that actor, the test takes from a
/// queue and compares. The test actor is also the implicit sender of what the test thread tells, before and after an await.
/// Stands for Akka.TestKit.TestKitBase; the log lines about the kit's own doing are not there.
/// </summary>
public abstract partial class TestKitBase : IActorRefFactory
{
    private static int s_nextTestActor;

    private readonly ITestKitAssertions _assertions;
    private readonly ReceivedMessages _received = new();
    private MessageEnvelope _lastMessage = NullMessageEnvelope.Instance;
    private SynchronizationContext _contextBefore;
    private SynchronizationContext _contextOfTest;
    private TimeSpan? _end;
    private bool _lastWasNoMsg;

    /// <summary>A kit on <paramref name="system"/>, or on one of its own when that is null.</summary>
    protected TestKitBase(ITestKitAssertions assertions, ActorSystem system = null, string testActorName = null)
        : this(assertions, system, ActorSystemSetup.Empty, null, testActorName)
    {
    }

    /// <summary>A kit on a system of its own, made from <paramref name="setup"/>.</summary>
    protected TestKitBase(
        ITestKitAssertions assertions, ActorSystemSetup setup, string actorSystemName = null, string testActorName = null)
        : this(assertions, null, setup, actorSystemName, testActorName)
    {
    }

    /// <summary>A kit on a system of its own with <paramref name="config"/> over <see cref="DefaultConfig"/>.</summary>
    protected TestKitBase(ITestKitAssertions assertions, Config config, string actorSystemName = null, string testActorName = null)
        : this(assertions, null, SetupFrom(config), actorSystemName, testActorName)
    {
    }

    /// <summary>The general case; a given <paramref name="system"/> wins over <paramref name="config"/>.</summary>
    protected TestKitBase(
        ITestKitAssertions assertions, ActorSystem system, ActorSystemSetup config, string actorSystemName, string testActorName)
    {
        _assertions = assertions ?? throw new ArgumentNullException(nameof(assertions));
        InitializeTest(system, config, actorSystemName, testActorName);
    }

    /// <summary>Loggers, dispatchers and durations a kit needs; a configuration of one's own is laid over it.</summary>
    public static Config DefaultConfig { get; } = TestConfigs.Default;

    /// <summary>Everything the engine can log about its doing.</summary>
    public static Config FullDebugConfig { get; } = TestConfigs.FullDebug;

    /// <summary>The system under test, named "test" unless told otherwise.</summary>
    public ActorSystem Sys { get; private set; }

    /// <summary>The actor whose messages the test takes.</summary>
    public IActorRef TestActor { get; private set; }

    /// <summary>Durations of section <c>akka.test</c>.</summary>
    public TestKitSettings TestKitSettings { get; private set; }

    /// <summary>A logger whose source is the test class.</summary>
    public ILoggingAdapter Log { get; private set; }

    /// <summary>Expectations on what is logged.</summary>
    public EventFilterFactory EventFilter { get; private set; }

    /// <summary>The message taken last, null if the last attempt got none.</summary>
    public object LastMessage => _lastMessage.Message;

    /// <summary>Who sent the message taken last.</summary>
    public IActorRef LastSender => _lastMessage.Sender;

    /// <summary>Whether a message waits to be taken.</summary>
    public bool HasMessages => _received.Count > 0;

    /// <summary>A clock that only goes forward; its zero means nothing.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    internal ITestKitAssertions AssertionsOfFramework => _assertions;

    /// <summary>Expectations on what another system logs.</summary>
    public EventFilterFactory CreateEventFilter(ActorSystem system) => new(this, system);

    /// <summary>From now on messages for which the function says yes are not kept.</summary>
    public void IgnoreMessages(Func<object, bool> shouldIgnoreMessage) =>
        TellTestActor(new InternalTestActor.SetIgnore(shouldIgnoreMessage));

    /// <summary>From now on messages of the type for which the function says yes are not kept.</summary>
    public void IgnoreMessages<TMsg>(Func<TMsg, bool> shouldIgnoreMessage) =>
        IgnoreMessages(message => message is TMsg typed && shouldIgnoreMessage(typed));

    /// <summary>From now on messages of the type are not kept.</summary>
    public void IgnoreMessages<TMsg>() => IgnoreMessages(message => message is TMsg);

    /// <summary>From now on every message is kept again.</summary>
    public void IgnoreNoMessages() => TellTestActor(new InternalTestActor.SetIgnore(null));

    /// <summary>Has the test actor watch an actor, for <see cref="ExpectTerminated"/>; returns when that is so.</summary>
    public IActorRef Watch(IActorRef actorToWatch) => WatchAsync(actorToWatch).GetAwaiter().GetResult();

    /// <summary>Has the test actor watch an actor; completes when that is so.</summary>
    public Task<IActorRef> WatchAsync(IActorRef actorToWatch) =>
        AskTestActor(done => new InternalTestActor.Watch(actorToWatch, done));

    /// <summary>Has the test actor watch an actor no longer; returns when that is so.</summary>
    public IActorRef Unwatch(IActorRef actorToUnwatch) => UnwatchAsync(actorToUnwatch).GetAwaiter().GetResult();

    /// <summary>Has the test actor watch an actor no longer; completes when that is so.</summary>
    public Task<IActorRef> UnwatchAsync(IActorRef actorToUnwatch) =>
        AskTestActor(done => new InternalTestActor.Unwatch(actorToUnwatch, done));

    /// <summary>Who answers messages of the test actor as they arrive; they are kept for the test all the same.</summary>
    public void SetAutoPilot(AutoPilot pilot) => TellTestActor(new InternalTestActor.SetAutoPilot(pilot));

    /// <summary><paramref name="duration"/> times the factor of <see cref="TestKitSettings"/>.</summary>
    public TimeSpan Dilated(TimeSpan duration) =>
        duration == Timeout.InfiniteTimeSpan ? duration : duration * TestKitSettings.TestTimeFactor;

    /// <summary><paramref name="timeout"/>, or the default one, either dilated.</summary>
    public TimeSpan GetTimeoutOrDefault(TimeSpan? timeout) => RemainingOrDilated(timeout);

    /// <summary>A further test actor that puts its messages into this kit's queue.</summary>
    public IActorRef CreateTestActor(string name) => CreateTestActor(Sys, name);

    /// <summary>A probe: a second kit in the same system, that can be used as a reference.</summary>
    public virtual TestProbe CreateTestProbe(string name = null) => CreateTestProbe(Sys, name);

    /// <summary>A probe in another system.</summary>
    public virtual TestProbe CreateTestProbe(ActorSystem system, string name = null) => new(system, _assertions, name);

    /// <summary>A latch that opens after <paramref name="count"/> counts.</summary>
    public virtual TestLatch CreateTestLatch(int count = 1) => new(Dilated, TestKitSettings.DefaultTimeout, count);

    /// <summary>A barrier for <paramref name="count"/> threads.</summary>
    public TestBarrier CreateTestBarrier(int count) => new(this, count, TestKitSettings.DefaultTimeout);

    /// <summary>Ends <see cref="Sys"/>, as the other overload does.</summary>
    public virtual void Shutdown(TimeSpan? duration = null, bool verifySystemShutdown = false) =>
        Shutdown(Sys, duration, verifySystemShutdown);

    /// <summary>
    /// Ends a system and waits for it, 5 s unless told otherwise. One that takes longer is left to itself with a warning, or with
    /// <paramref name="verifySystemShutdown"/> fails the test.
    /// </summary>
    /// <exception cref="TimeoutException">It took longer, and <paramref name="verifySystemShutdown"/> was set.</exception>
    protected virtual void Shutdown(ActorSystem system, TimeSpan? duration = null, bool verifySystemShutdown = false)
    {
        system ??= Sys;
        var patience = duration ?? Dilated(TimeSpan.FromSeconds(5));
        var ended = system.Terminate().Wait(patience);
        if (ReferenceEquals(system, Sys))
            LeaveThread();
        if (ended)
            return;
        var engine = (ActorSystemImpl)system;
        engine.UserGuardian.Stop();
        var complaint = $"Failed to stop [{system.Name}] within [{patience}].\n{engine.PrintTree()}";
        if (verifySystemShutdown)
            throw new TimeoutException(complaint);
        system.Log.Warning("{0}", complaint);
    }

    /// <summary>Called once by the constructor: makes the system, the test actor and what goes with them.</summary>
    protected virtual void InitializeTest(ActorSystem system, ActorSystemSetup config, string actorSystemName, string testActorName)
    {
        if (system is null)
            system = ActorSystem.Create(actorSystemName ?? "test", WithTestDefaults(config ?? ActorSystemSetup.Empty));
        else if (system.Settings.Config.GetConfig("akka.test").IsNullOrEmpty())
            system.Settings.InjectTopLevelFallback(DefaultConfig);
        Sys = system;
        TestKitSettings = (TestKitSettings)system.RegisterExtension(new TestKitExtension());
        Log = Logging.GetLogger(system, GetType());
        EventFilter = new EventFilterFactory(this);
        TestActor = CreateTestActor(
            system,
            string.IsNullOrEmpty(testActorName) ? "testActor" + Interlocked.Increment(ref s_nextTestActor) : testActorName);
        EnterThread();
    }

    /// <summary>As the other overload, with a configuration in place of a set-up.</summary>
    protected void InitializeTest(ActorSystem system, Config config, string actorSystemName, string testActorName) =>
        InitializeTest(system, SetupFrom(config), actorSystemName, testActorName);

    private static ActorSystemSetup SetupFrom(Config config) =>
        config is null ? ActorSystemSetup.Empty : ActorSystemSetup.Empty.WithSetup(BootstrapSetup.Create().WithConfig(config));

    private static ActorSystemSetup WithTestDefaults(ActorSystemSetup setup)
    {
        var given = setup.Get<BootstrapSetup>();
        var bootstrap = given.HasValue ? given.Value : BootstrapSetup.Create();
        var config = bootstrap.Config.HasValue && !bootstrap.Config.Value.IsNullOrEmpty()
            ? bootstrap.Config.Value.WithFallback(DefaultConfig)
            : DefaultConfig;
        return setup.WithSetup(bootstrap.WithConfig(config));
    }

    private IActorRef CreateTestActor(ActorSystem system, string name)
    {
        var received = _received;
        return ((ExtendedActorSystem)system).SystemActorOf(
            Props.Create(() => new InternalTestActor(received)).WithDispatcher("akka.test.test-actor.dispatcher"), name);
    }

    private void TellTestActor(object message) => TestActor.Tell(message, TestActor);

    private Task<IActorRef> AskTestActor(Func<TaskCompletionSource<IActorRef>, object> message)
    {
        var done = new TaskCompletionSource<IActorRef>(TaskCreationOptions.RunContinuationsAsynchronously);
        TellTestActor(message(done));
        return done.Task.WaitAsync(Dilated(TestKitSettings.SingleExpectDefault));
    }

    /// <summary>The thread that made the kit is the test's: what it tells from now on comes from the test actor.</summary>
    private void EnterThread()
    {
        if (this is TestProbe)
            return;
        var cell = this is INoImplicitSender ? null : ((LocalActorRef)TestActor).Cell;
        InternalCurrentActorCellKeeper.Current = cell;
        _contextBefore = SynchronizationContext.Current;
        _contextOfTest = new ActorCellKeepingSynchronizationContext(cell);
        SynchronizationContext.SetSynchronizationContext(_contextOfTest);
    }

    /// <summary>Leaves nothing of a finished test on its thread, which the next test may get.</summary>
    private void LeaveThread()
    {
        if (_contextOfTest is null)
            return;
        InternalCurrentActorCellKeeper.Current = null;
        if (ReferenceEquals(SynchronizationContext.Current, _contextOfTest))
            SynchronizationContext.SetSynchronizationContext(_contextBefore);
    }

    private void Fail(string message) => _assertions.Fail("{0}", message);
}
