namespace Akka.Actor.Internal;

/// <summary>
/// A ref that stands before another, as the TestKit's probes do: it can be told, watched and stopped in its place. No counterpart in Akka, where
/// such a class implements all of <c>IInternalActorRef</c>.
/// </summary>
internal interface IWrappedActorRef
{
    ActorRefBase Wrapped { get; }
}

/// <summary>How the engine gets from any ref to what it can do with it.</summary>
internal static class WrappedActorRefs
{
    /// <summary>The engine's own ref behind a ref. A class of somebody else's is refused.</summary>
    internal static ActorRefBase Base(this IActorRef actor) => actor switch
    {
        ActorRefBase own => own,
        IWrappedActorRef wrapping => wrapping.Wrapped,
        null => throw new ArgumentNullException(nameof(actor)),
        _ => throw new InvalidOperationException($"[{actor}] is no ref of this engine, it is a {actor.GetType()}."),
    };
}
