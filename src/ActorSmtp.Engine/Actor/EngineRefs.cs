using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Where messages go that nobody can take: published as <see cref="DeadLetter"/>, or as <see cref="SuppressedDeadLetter"/> when marked so.
/// Stands for Akka's <c>DeadLetterActorRef</c> (public there).
/// </summary>
internal sealed class DeadLetterActorRef(ActorSystemImpl system, ActorPath path) : ActorRefBase
{
    public override ActorPath Path { get; } = path;

    internal override ActorSystemImpl System => system;

    internal override bool IsTerminated => true;

    protected override void TellInternal(object message, IActorRef sender)
    {
        switch (message)
        {
            case null:
                throw new InvalidMessageException("Message is null.");
            case Identify identify:
                sender?.Tell(new ActorIdentity(identify.MessageId, null), this);
                break;
            case DeadLetter { Message: DeadLetter }:                    // its subscriber has stopped: not told to itself for ever
                break;
            case DeadLetter letter when !TrySpecial(letter.Message, letter.Sender):
                system.EventStream.Publish(letter);
                break;
            case DeadLetter:
                break;
            default:
                if (!TrySpecial(message, sender))
                {
                    system.EventStream.Publish(new DeadLetter(message, sender ?? this, this));
                }

                break;
        }

        bool TrySpecial(object inner, IActorRef from)
        {
            switch (inner)
            {
                case Identify identify:
                    from?.Tell(new ActorIdentity(identify.MessageId, null), this);
                    return true;
                case IDeadLetterSuppression suppressed:
                    var (to, who) = message is DeadLetter letter ? (letter.Recipient, letter.Sender) : (this, sender ?? this);
                    system.EventStream.Publish(new SuppressedDeadLetter(suppressed, who, to));
                    return true;
                default:
                    return false;
            }
        }
    }

    internal override void SendSystem(SystemMessage message)
    {
        // Watching the dead is answered at once.
        if (message is Watch watch && !watch.Watcher.Equals(this))
        {
            watch.Watcher.SendSystem(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false));
        }
    }
}

/// <summary>Drops everything without a word: <c>system.IgnoreRef</c>.</summary>
internal sealed class IgnoreActorRef(ActorSystemImpl system, ActorPath path) : ActorRefBase
{
    public override ActorPath Path { get; } = path;

    internal override ActorSystemImpl System => system;

    protected override void TellInternal(object message, IActorRef sender)
    {
    }
}

/// <summary>A place in the tree with nobody there: what a selection without a match tells.</summary>
internal sealed class EmptyActorRef(ActorSystemImpl system, ActorPath path) : ActorRefBase
{
    public override ActorPath Path { get; } = path;

    internal override ActorSystemImpl System => system;

    internal override bool IsTerminated => true;

    protected override void TellInternal(object message, IActorRef sender) =>
        system.DeadLetterRef.Tell(new DeadLetter(message, sender ?? system.DeadLetterRef, this), sender);

    internal override void SendSystem(SystemMessage message) => system.DeadLetterRef.SendSystem(message);
}

/// <summary>
/// The root above /user and /system. It judges the guardians (a guardian that fails is stopped, and with /user the whole system) and says
/// when the last of them has gone. Stands for Akka's root guardian and "the one who walks the bubbles of space-time".
/// </summary>
internal sealed class RootActorRef(ActorSystemImpl system, ActorPath path) : ActorRefBase
{
    public override ActorPath Path { get; } = path;

    internal override ActorSystemImpl System => system;

    protected override void TellInternal(object message, IActorRef sender) => system.DeadLetterRef.Tell(message, sender);

    internal override void SendSystem(SystemMessage message)
    {
        switch (message)
        {
            case Failed failed:
                system.EventStream.Publish(new Error(failed.Cause, Path.ToString(), GetType(),
                    $"guardian {failed.Child} failed, shutting down system"));
                failed.Child.Stop();
                break;
            case DeathWatchNotification notification:
                system.GuardianStopped(notification.Actor);
                break;
        }
    }

    internal override void Stop()
    {
    }

    internal override ActorRefBase GetSingleChild(string name) => name switch
    {
        "user" => system.UserGuardian,
        "system" => system.SystemGuardianRef,
        "deadLetters" => system.DeadLetterRef,
        _ => Nobody.Instance,
    };

    internal override IReadOnlyList<ActorRefBase> GetChildren() => [system.UserGuardian, system.SystemGuardianRef];
}
