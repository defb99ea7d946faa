namespace Akka.Actor;

/// <summary>Stands for Akka's <c>MinimalActorRef</c>: a ref without an actor, which drops everything unless it says otherwise.</summary>
public abstract class MinimalActorRef : ActorRefBase
{
    private protected MinimalActorRef()
    {
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
    }
}

/// <summary>Stands for Akka's <c>Nobody</c>: drops everything.</summary>
public sealed class Nobody : MinimalActorRef
{
    public static readonly Nobody Instance = new();

    private Nobody()
    {
    }

    public override ActorPath Path { get; } = new RootActorPath(new Address("akka", "all-systems")) / "/Nobody";
}
