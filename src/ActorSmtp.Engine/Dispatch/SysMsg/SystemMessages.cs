using Akka.Actor;
using Akka.Event;

namespace Akka.Dispatch.SysMsg;

/// <summary>
/// What actors tell each other about life and death; handled before user messages. Stands for Akka.Dispatch.SysMsg (public there).
/// Each message is its own link in the queue. Left out: Supervise and RegisterTerminationHook, which are method calls here.
/// </summary>
internal abstract class SystemMessage : INoSerializationVerificationNeeded
{
    internal SystemMessage Next;
}

/// <summary>Make the actor: the first message of every mailbox.</summary>
internal sealed class Create : SystemMessage
{
}

/// <summary>Make the actor anew after <paramref name="cause"/>.</summary>
internal sealed class Recreate(Exception cause) : SystemMessage
{
    public Exception Cause { get; } = cause;
}

/// <summary>Take no user messages until resumed or made anew.</summary>
internal sealed class Suspend : SystemMessage
{
}

/// <summary>Go on; with a cause when this answers the actor's own failure.</summary>
internal sealed class Resume(Exception causedByFailure) : SystemMessage
{
    public Exception CausedByFailure { get; } = causedByFailure;
}

/// <summary>Stop: children first, then the actor itself.</summary>
internal sealed class Terminate : SystemMessage, IPossiblyHarmful, IDeadLetterSuppression
{
}

/// <summary>Tell <paramref name="watcher"/> when <paramref name="watchee"/> has stopped.</summary>
internal sealed class Watch(ActorRefBase watchee, ActorRefBase watcher) : SystemMessage
{
    public ActorRefBase Watchee { get; } = watchee;

    public ActorRefBase Watcher { get; } = watcher;
}

/// <summary>Tell <paramref name="watcher"/> nothing any more.</summary>
internal sealed class Unwatch(ActorRefBase watchee, ActorRefBase watcher) : SystemMessage
{
    public ActorRefBase Watchee { get; } = watchee;

    public ActorRefBase Watcher { get; } = watcher;
}

/// <summary>The actor has stopped, or was never there; told to its parent and its watchers.</summary>
internal sealed class DeathWatchNotification(ActorRefBase actor, bool existenceConfirmed) : SystemMessage, IDeadLetterSuppression
{
    public ActorRefBase Actor { get; } = actor;

    public bool ExistenceConfirmed { get; } = existenceConfirmed;
}

/// <summary>The child has failed and is suspended; its parent is to judge.</summary>
internal sealed class Failed(ActorRefBase child, Exception cause, long uid) : SystemMessage
{
    public ActorRefBase Child { get; } = child;

    public Exception Cause { get; } = cause;

    public long Uid { get; } = uid;
}

/// <summary>Goes on with an asynchronous handler, or ends it with the exception it threw.</summary>
internal abstract class ActorTask : SystemMessage
{
    internal abstract void Run(ActorCell cell);
}
