using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Akka.Actor.Scheduling;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>The one actor system. Stands for Akka's <c>ActorSystemImpl</c> and <c>LocalActorRefProvider</c> (public there).</summary>
internal sealed partial class ActorSystemImpl : ExtendedActorSystem
{
    private readonly ConcurrentDictionary<Type, Lazy<object>> _extensions = new();
    private readonly Deployer _deployer;
    private readonly ActorPath _tempPath;
    private long _uid;
    private long _temp;

    internal ActorSystemImpl(string name, Config config, ActorSystemSetup setup)
    {
        if (name == null || !ValidName().IsMatch(name))
        {
            throw new ArgumentException(
                $"Invalid ActorSystem name [{name}], must contain only word characters (i.e. [a-zA-Z0-9] plus non-leading '-')", nameof(name));
        }

        Name = name;
        Environment = setup.Get<EngineSetup>() is { HasValue: true } engine ? engine.Value.Environment : EngineEnvironment.Default;
        _terminated = new TaskCompletionSource(Environment.Awaited);
        Settings = new Settings(this, config, setup);
        LogReceives = Settings.AddLoggingReceive;
        Wheel = new TimerWheel(Environment, Settings.Config.GetTimeSpan("akka.scheduler.tick-duration", TimeSpan.FromMilliseconds(10)));
        StartTime = Wheel.Now;
        EventStream = new EventStream(Settings.DebugEventStream);
        EventStream.StartStdoutLogger(Settings);
        Log = Logging.GetLogger(EventStream, $"ActorSystem({name})", Settings.LogFormatter);
        Scheduler = CreateScheduler();
        Timers = new EngineTimers(Scheduler);
        Dispatchers = new Dispatchers(this, new DefaultDispatcherPrerequisites(this), Log);
        Mailboxes = new Mailboxes(this);
        _deployer = new Deployer(Settings.Config);

        var root = new RootActorPath(new Address("akka", name));
        _tempPath = root / "temp";
        DeadLetterRef = new DeadLetterActorRef(this, root / "deadLetters");
        IgnoreRef = new IgnoreActorRef(this, root / "ignore");
        Root = new RootActorRef(this, root);
        var strategy = SupervisorStrategyConfigurator.CreateConfigurator(Settings.SupervisorStrategyClass).Create();
        var engineDispatcher = Dispatchers.Lookup(Dispatchers.InternalDispatcherId);
        UserGuardian = new LocalActorRef(this, Props.CreateBy(new UserGuardianActor.Producer(strategy)), engineDispatcher, root / "user", Root);
        SystemGuardianRef = new LocalActorRef(this, Props.CreateBy(new SystemGuardianActor.Producer(this)), engineDispatcher, root / "system", Root);
        TerminatedProps = Props.Empty;
    }

    public override string Name { get; }

    public override Settings Settings { get; }

    public override Dispatchers Dispatchers { get; }

    public override Mailboxes Mailboxes { get; }

    public override IScheduler Scheduler { get; }

    public override EventStream EventStream { get; }

    public override IActorRef DeadLetters => DeadLetterRef;

    public override IActorRef IgnoreRef { get; }

    public override ILoggingAdapter Log { get; }

    public override TimeSpan StartTime { get; }

    public override TimeSpan Uptime => Wheel.Now - StartTime;

    public override IInternalActorRef Guardian => UserGuardian;

    public override IInternalActorRef SystemGuardian => SystemGuardianRef;

    internal EngineEnvironment Environment { get; }

    internal TimerWheel Wheel { get; }

    internal EngineTimers Timers { get; }

    internal DeadLetterActorRef DeadLetterRef { get; }

    internal RootActorRef Root { get; }

    internal LocalActorRef UserGuardian { get; }

    internal LocalActorRef SystemGuardianRef { get; }

    /// <summary>What the cell of a stopped actor holds instead of its own props.</summary>
    internal Props TerminatedProps { get; }

    internal bool LogReceives { get; }

    public override IActorRef ActorOf(Props props, string name = null) => UserGuardian.Cell.ActorOf(props, name);

    public override IActorRef SystemActorOf(Props props, string name = null) => SystemGuardianRef.Cell.ActorOf(props, name);

    public override IActorRef SystemActorOf<TActor>(string name = null) => SystemActorOf(Props.Create<TActor>(), name);

    public override void Stop(IActorRef actor)
    {
        var target = actor.Base();
        if (target is not LocalActorRef local)
        {
            target.Stop();
        }
        else if (ReferenceEquals(local.Parent, UserGuardian))
        {
            UserGuardian.Tell(new StopChild(local), ActorRefs.NoSender);
        }
        else if (ReferenceEquals(local.Parent, SystemGuardianRef))
        {
            SystemGuardianRef.Tell(new StopChild(local), ActorRefs.NoSender);
        }
        else
        {
            local.Stop();
        }
    }

    public override ActorSelection ActorSelection(ActorPath actorPath) => SelectionOf(actorPath);

    public override ActorSelection ActorSelection(string actorPath) => SelectionOf(Root, actorPath);

    internal ActorSelection SelectionOf(ActorPath path) => new(IsHere(path.Address) ? Root : DeadLetterRef, path.Elements);

    internal ActorSelection SelectionOf(ActorRefBase anchor, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Contains("://", StringComparison.Ordinal))
        {
            return SelectionOf(ActorPath.TryParse(path, out var absolute) ? absolute
                : throw new ArgumentException($"No path: [{path}]", nameof(path)));
        }

        return new ActorSelection(path.StartsWith('/') ? Root : anchor, path);
    }

    public override string PrintTree()
    {
        var lines = new System.Text.StringBuilder();
        Print(Root, "");
        return lines.ToString();

        void Print(ActorRefBase at, string indent)
        {
            lines.Append(indent).Append(at.Path.Name).Append(' ').Append((at as LocalActorRef)?.Cell.Props.Type.Name).AppendLine();
            foreach (var child in at.GetChildren())
            {
                Print(child, indent + "    ");
            }
        }
    }

    public override object RegisterExtension(IExtensionId extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        return _extensions.GetOrAdd(extension.ExtensionType, _ => new Lazy<object>(() => extension.CreateExtension(this))).Value;
    }

    public override object GetExtension(IExtensionId extensionId) =>
        TryGetExtension(extensionId.ExtensionType, out var extension) ? extension : null;

    public override T GetExtension<T>() => TryGetExtension<T>(out var extension) ? extension : null;

    public override bool HasExtension(Type type) => _extensions.ContainsKey(type);

    public override bool HasExtension<T>() => HasExtension(typeof(T));

    public override bool TryGetExtension(Type extensionType, out object extension)
    {
        var found = _extensions.TryGetValue(extensionType, out var lazy);
        extension = found ? lazy.Value : null;
        return found;
    }

    public override bool TryGetExtension<T>(out T extension)
    {
        var found = TryGetExtension(typeof(T), out var untyped);
        extension = untyped as T;
        return found && extension != null;
    }

    public override string ToString() => Root.Path.Address.ToString();

    internal long NewUid() => Interlocked.Increment(ref _uid);

    internal ActorPath NewTempPath() => new ChildActorPath(_tempPath, "$" + Base64Name.Of(Interlocked.Increment(ref _temp)), 0);

    /// <summary>The ref of an actor to be: its deployment, dispatcher and mailbox are found and checked here.</summary>
    internal LocalActorRef NewLocalRef(Props props, ActorPath path, ActorRefBase parent, MessageDispatcher dispatcher)
    {
        if (_deployer.Find(path) is { } deploy)
        {
            props = props.WithDeploy(deploy);
        }

        dispatcher ??= props.Dispatcher == null ? Dispatchers.DefaultGlobalDispatcher : Dispatchers.Lookup(props.Dispatcher);
        if (props.Mailbox != null)
        {
            Mailboxes.Check(props.Mailbox);
        }

        return new LocalActorRef(this, props, dispatcher, path, parent);
    }

    internal int StashCapacityOf(ActorCell cell)
    {
        var own = cell.Props.Deploy.StashCapacity;
        return own != Deploy.NoStashSize ? own : Mailboxes.StashCapacity(cell.Dispatcher.Configurator?.Config);
    }

    private bool IsHere(Address address) => address.HasLocalScope && address.System == Name;

    private IScheduler CreateScheduler()
    {
        var config = Settings.Config;
        var log = Logging.GetLogger(EventStream, "scheduler", Settings.LogFormatter);
        return Settings.SchedulerClass is null or "" || Settings.SchedulerClass.StartsWith("Akka.Actor.HashedWheelTimerScheduler", StringComparison.Ordinal)
            ? new WheelScheduler(Wheel, Environment.Time, config, log)
            : TypeNames.CreateInstance<IScheduler>(Settings.SchedulerClass, "akka.scheduler.implementation", config, log);
    }

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9-]*$")]
    private static partial Regex ValidName();
}
