namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>IActorRef</c>: the handle of one incarnation of an actor. Two refs are equal when path and uid are.
/// Left out: surrogates, which only serialization needs.
/// </summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>, IComparable
{
    ActorPath Path { get; }
}

/// <summary>Stands for Akka's <c>ActorRefs</c>: the two absent actors.</summary>
public static class ActorRefs
{
    /// <summary>Nobody in particular: null. The receiver sees dead letters as its sender.</summary>
    public static readonly IActorRef NoSender = null;

    /// <summary>A ref that drops everything.</summary>
    public static readonly Nobody Nobody = Nobody.Instance;
}

/// <summary>Stands for Akka's <c>ActorRefExtensions</c>.</summary>
public static class ActorRefExtensions
{
    /// <summary>True for null and <see cref="ActorRefs.Nobody"/>.</summary>
    public static bool IsNobody(this IActorRef actorRef) => actorRef is null or Nobody;

    public static IActorRef GetOrElse(this IActorRef actorRef, Func<IActorRef> elseValue) => actorRef.IsNobody() ? elseValue() : actorRef;
}

/// <summary>
/// Stands for Akka's <c>ActorRefImplicitSenderExtensions</c>. The implicit sender is the actor whose message is being handled on
/// this thread: a plain thread-local look-up, so that code run elsewhere sends with no sender.
/// </summary>
public static class ActorRefImplicitSenderExtensions
{
    public static void Tell(this IActorRef receiver, object message) =>
        receiver.Tell(message, Internal.InternalCurrentActorCellKeeper.Current?.Self);

    /// <summary>Passes a message on with its original sender. Outside an actor there is none.</summary>
    public static void Forward(this IActorRef receiver, object message) =>
        receiver.Tell(message, Internal.InternalCurrentActorCellKeeper.Current?.Sender);
}
