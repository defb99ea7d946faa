namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>IInternalActorRef</c>: what can be asked of a ref about its place in the tree. Left out: everything that changes an actor
/// from outside.
/// </summary>
public interface IInternalActorRef : IActorRef
{
    /// <summary>Whether the actor has stopped; any thread, may be stale.</summary>
    bool IsTerminated { get; }
}

/// <summary>
/// Stands for Akka's <c>ICell</c>, as far as an onlooker needs it: what an actor is and how much waits for it. Any thread; a glance that may be stale
/// the moment it is taken. Left out: everything that changes an actor from outside.
/// </summary>
public interface ICell
{
    IActorRef Self { get; }

    Props Props { get; }

    bool IsTerminated { get; }

    bool HasMessages { get; }

    /// <summary>User messages that wait, stashed ones not counted.</summary>
    int NumberOfMessages { get; }
}

/// <summary>Stands for Akka's <c>ActorRefWithCell</c>: the ref of an actor in this process.</summary>
public abstract class ActorRefWithCell : ActorRefBase, IInternalActorRef
{
    private protected ActorRefWithCell()
    {
    }

    /// <summary>The actor's inside.</summary>
    public abstract ICell Underlying { get; }

    /// <summary>Its children at this moment; counting them (<see cref="IReadOnlyCollection{T}.Count"/>) copies nothing.</summary>
    public abstract IEnumerable<IActorRef> Children { get; }

    bool IInternalActorRef.IsTerminated => IsTerminated;
}
