namespace Akka.Actor;

/// <summary>Stands for Akka's <c>IActorRefFactory</c>: a place where actors are made, a system or an actor's context.</summary>
public interface IActorRefFactory
{
    /// <summary>
    /// Makes a child and returns at once; its constructor runs later on its own dispatcher. Throws for a bad or duplicate name, an
    /// unknown dispatcher or mailbox, and when the parent has stopped.
    /// </summary>
    IActorRef ActorOf(Props props, string name = null);

    ActorSelection ActorSelection(ActorPath actorPath);

    /// <summary>Actors by path: <c>/user/a</c>, <c>../sibling</c>, with <c>*</c> and <c>?</c> in names.</summary>
    ActorSelection ActorSelection(string actorPath);
}

/// <summary>Stands for Akka's <c>ActorRefFactoryExtensions</c>.</summary>
public static class ActorRefFactoryExtensions
{
    public static IActorRef ActorOf<TActor>(this IActorRefFactory factory, string name = null)
        where TActor : ActorBase, new() => factory.ActorOf(Props.Create<TActor>(), name);

    public static ActorSelection ActorSelection(this IActorRefFactory factory, IActorRef anchorRef, string actorPath) =>
        new(anchorRef, actorPath);
}

/// <summary>Stands for Akka's <c>ICanWatch</c>.</summary>
public interface ICanWatch
{
    /// <summary>Asks for one <see cref="Terminated"/> when <paramref name="subject"/> has stopped. Again is a no-op, and so is oneself.</summary>
    IActorRef Watch(IActorRef subject);

    /// <summary>As <see cref="Watch"/>, with a message of one's own instead.</summary>
    IActorRef WatchWith(IActorRef subject, object message);

    /// <summary>Takes the watch back, with a <see cref="Terminated"/> that is already queued.</summary>
    IActorRef Unwatch(IActorRef subject);
}

/// <summary>Stands for Akka's <c>IActorContext</c>: what an actor knows of its place. Valid only while the actor handles a message.</summary>
public interface IActorContext : IActorRefFactory, ICanWatch
{
    IActorRef Self { get; }

    Props Props { get; }

    IActorRef Sender { get; }

    ActorSystem System { get; }

    IActorRef Parent { get; }

    TimeSpan? ReceiveTimeout { get; }

    Dispatch.MessageDispatcher Dispatcher { get; }

    /// <summary>Replaces the behaviour and forgets those below.</summary>
    void Become(Receive receive);

    void BecomeStacked(Receive receive);

    /// <summary>Goes back to the behaviour below; the first one stays.</summary>
    void UnbecomeStacked();

    /// <summary>The child of that name, or <see cref="ActorRefs.Nobody"/>.</summary>
    IActorRef Child(string name);

    IEnumerable<IActorRef> GetChildren();

    /// <summary>Asks for <see cref="Actor.ReceiveTimeout"/> whenever nothing came for so long; null ends it.</summary>
    void SetReceiveTimeout(TimeSpan? timeout);

    void Stop(IActorRef child);
}

/// <summary>Stands for Akka's <c>IUntypedActorContext</c>.</summary>
public interface IUntypedActorContext : IActorContext
{
    void Become(UntypedReceive receive);

    void BecomeStacked(UntypedReceive receive);
}

/// <summary>A behaviour: handles a message, or says that it does not.</summary>
public delegate bool Receive(object message);

/// <summary>A behaviour that handles everything, or calls Unhandled itself.</summary>
public delegate void UntypedReceive(object message);
