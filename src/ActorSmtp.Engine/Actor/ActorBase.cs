using Akka.Actor.Internal;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>ActorBase</c>: the hooks and the receive of an actor. An instance can be made only inside a cell; Context, Self and Sender
/// work from field initialisers on.
/// </summary>
public abstract class ActorBase
{
    private ActorCell _cell;

    protected ActorBase()
    {
        var cell = InternalCurrentActorCellKeeper.Current;
        if (cell == null || !cell.IsMakingActor)
        {
            throw new ActorInitializationException(
                $"You cannot create an instance of [{GetType().FullName}] explicitly using the constructor (new). "
                + "You have to use one of the factory methods to create a new actor. See Props and ActorOf.");
        }

        cell.AdoptActor(this);
        _cell = cell;
    }

    /// <summary>Handles nothing.</summary>
    protected static Receive EmptyReceive { get; } = _ => false;

    /// <summary>What this actor knows of its place. On any thread but the one that runs the actor it throws.</summary>
    protected static IActorContext Context => CurrentCell();

    protected IActorRef Self => _cell?.Self ?? CurrentCell().Self;

    /// <summary>Who sent the message that is being handled; dead letters when nobody.</summary>
    protected IActorRef Sender => CurrentCell().Sender;

    internal ActorCell Cell => _cell;

    /// <summary>The instance has been replaced or stopped; it is not this cell's any more.</summary>
    internal bool IsCleared => _cell == null;

    internal SupervisorStrategy Strategy => field ??= SupervisorStrategy();

    internal static ActorCell CurrentCell() => InternalCurrentActorCellKeeper.Current ?? throw new NotSupportedException(
        "There is no active ActorContext, this is most likely due to use of async operations from within this actor.");

    internal void Clear() => _cell = null;

    protected abstract bool Receive(object message);

    protected virtual bool AroundReceive(Receive receive, object message)
    {
        var handled = ReferenceEquals(receive, ActorCell.InitialBehavior) ? Receive(message) : receive(message);
        if (!handled)
        {
            Unhandled(message);
        }

        return handled;
    }

    internal bool InvokeReceive(Receive receive, object message) => AroundReceive(receive, message);

    internal bool InvokeInitial(object message) => Receive(message);

    /// <summary>An unhandled <see cref="Terminated"/> throws; anything else is published as <see cref="UnhandledMessage"/>.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated)
        {
            throw new DeathPactException(terminated.ActorRef);
        }

        var cell = CurrentCell();
        cell.SystemImpl.EventStream.Publish(new UnhandledMessage(message, cell.Sender, cell.Self));
    }

    protected void Become(Receive receive) => CurrentCell().Become(receive);

    protected void BecomeStacked(Receive receive) => CurrentCell().BecomeStacked(receive);

    protected void UnbecomeStacked() => CurrentCell().UnbecomeStacked();

    protected void SetReceiveTimeout(TimeSpan? timeout) => CurrentCell().SetReceiveTimeout(timeout);

    protected virtual SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    /// <summary>Before the first message of an instance.</summary>
    protected virtual void PreStart()
    {
    }

    /// <summary>After the last message, when all children have stopped.</summary>
    protected virtual void PostStop()
    {
    }

    /// <summary>On the failed instance. The default stops all children and calls <see cref="PostStop"/>.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        var cell = CurrentCell();
        cell.StopAllChildren();
        PostStop();
    }

    /// <summary>On the fresh instance. The default calls <see cref="PreStart"/>.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    public virtual void AroundPreStart() => PreStart();

    public virtual void AroundPostStop() => PostStop();

    public virtual void AroundPreRestart(Exception cause, object message) => PreRestart(cause, message);

    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);
}
