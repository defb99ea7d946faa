namespace Akka.Actor;

/// <summary>Stands for Akka's <c>ICanTell</c>: anything a message can be sent to.</summary>
public interface ICanTell
{
    /// <summary>Sends <paramref name="message"/> and returns at once. Null throws.</summary>
    /// <param name="message">What the receiver gets; must not change any more.</param>
    /// <param name="sender">Who is to be answered; null (<see cref="ActorRefs.NoSender"/>) shows as dead letters.</param>
    void Tell(object message, IActorRef sender);
}
