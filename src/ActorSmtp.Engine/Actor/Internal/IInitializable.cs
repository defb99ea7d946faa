namespace Akka.Actor.Internal;

/// <summary>Called between the constructor and PreStart. Stands for Akka's <c>IInitializableActor</c> (public there).</summary>
internal interface IInitializable
{
    void Init();
}
