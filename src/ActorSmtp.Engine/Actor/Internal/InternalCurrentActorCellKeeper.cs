namespace Akka.Actor.Internal;

/// <summary>Stands for Akka's class of this name: the cell of the actor that runs on this thread, or null.</summary>
internal static class InternalCurrentActorCellKeeper
{
    [ThreadStatic]
    private static ActorCell _current;

    public static ActorCell Current
    {
        get => _current;
        set => _current = value;
    }
}
