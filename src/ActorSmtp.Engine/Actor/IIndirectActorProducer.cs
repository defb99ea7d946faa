namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>IIndirectActorProducer</c>: makes actors without reflection. <c>Props.CreateBy</c> is the cheap way to make many.
/// </summary>
public interface IIndirectActorProducer
{
    Type ActorType { get; }

    /// <summary>A new instance, at each start and restart; runs inside the actor's cell.</summary>
    ActorBase Produce();

    /// <summary>The instance is not used any more.</summary>
    void Release(ActorBase actor);
}
