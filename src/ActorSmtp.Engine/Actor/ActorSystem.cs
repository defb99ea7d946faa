using Akka.Actor.Internal;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Stands for Akka's <c>ActorSystem</c>: a tree of actors and what they share. Left out: Serialization.</summary>
public abstract class ActorSystem : IActorRefFactory, IDisposable
{
    private protected ActorSystem()
    {
    }

    public abstract Settings Settings { get; }

    public abstract string Name { get; }

    public abstract Dispatchers Dispatchers { get; }

    public abstract Mailboxes Mailboxes { get; }

    public abstract IScheduler Scheduler { get; }

    public abstract EventStream EventStream { get; }

    /// <summary>Where undeliverable messages go.</summary>
    public abstract IActorRef DeadLetters { get; }

    /// <summary>Drops messages without a word.</summary>
    public abstract IActorRef IgnoreRef { get; }

    public abstract ILoggingAdapter Log { get; }

    /// <summary>The scheduler's clock when the system was made.</summary>
    public abstract TimeSpan StartTime { get; }

    public abstract TimeSpan Uptime { get; }

    /// <summary>Ends when the system has ended.</summary>
    public abstract Task WhenTerminated { get; }

    /// <summary>A system from a configuration over the engine's defaults. The name has letters, digits and hyphens.</summary>
    public static ActorSystem Create(string name, Config config) => Create(name, BootstrapSetup.Create().WithConfig(config));

    public static ActorSystem Create(string name, BootstrapSetup setup) => Create(name, ActorSystemSetup.Create(setup));

    public static ActorSystem Create(string name, ActorSystemSetup setup)
    {
        var bootstrap = setup.Get<BootstrapSetup>();
        var config = bootstrap.HasValue
            ? bootstrap.Value.Config.GetOrElse(Config.Empty).SafeWithFallback(bootstrap.Value.ConfigFallback.GetOrElse(Config.Empty))
            : ConfigurationFactory.Load();
        var system = new ActorSystemImpl(name, config, setup);
        system.Start();
        return system;
    }

    public static ActorSystem Create(string name) => Create(name, ActorSystemSetup.Empty);

    public abstract object RegisterExtension(IExtensionId extension);

    public abstract object GetExtension(IExtensionId extensionId);

    public abstract T GetExtension<T>()
        where T : class, IExtension;

    public abstract bool HasExtension(Type type);

    public abstract bool HasExtension<T>()
        where T : class, IExtension;

    public abstract bool TryGetExtension(Type extensionType, out object extension);

    public abstract bool TryGetExtension<T>(out T extension)
        where T : class, IExtension;

    /// <summary>Runs code after the system has ended; the last registered first. On a system that has ended it throws.</summary>
    public abstract void RegisterOnTermination(Action code);

    /// <summary>Runs the coordinated shutdown, which ends all actors, then loggers and scheduler.</summary>
    public abstract Task Terminate();

    public abstract void Stop(IActorRef actor);

    public abstract IActorRef ActorOf(Props props, string name = null);

    public abstract ActorSelection ActorSelection(ActorPath actorPath);

    public abstract ActorSelection ActorSelection(string actorPath);

    /// <summary>Begins to end the system; does not wait.</summary>
    public void Dispose()
    {
        Terminate();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Stands for Akka's <c>ExtendedActorSystem</c>: what extensions may use besides. Left out: provider, guardians, plugins.</summary>
public abstract class ExtendedActorSystem : ActorSystem
{
    private protected ExtendedActorSystem()
    {
    }

    /// <summary>The actor <c>/user</c>.</summary>
    public abstract IInternalActorRef Guardian { get; }

    /// <summary>The actor <c>/system</c>.</summary>
    public abstract IInternalActorRef SystemGuardian { get; }

    /// <summary>Makes an actor under /system.</summary>
    public abstract IActorRef SystemActorOf(Props props, string name = null);

    public abstract IActorRef SystemActorOf<TActor>(string name = null)
        where TActor : ActorBase, new();

    /// <summary>Ends the system without any order.</summary>
    public abstract void Abort();

    /// <summary>The tree of actors, a line each.</summary>
    public abstract string PrintTree();
}
