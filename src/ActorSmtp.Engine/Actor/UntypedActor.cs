using Akka.Actor.Internal;

namespace Akka.Actor;

/// <summary>Stands for Akka's <c>UntypedActor</c>: one method for all messages; what it does not want it gives to Unhandled.</summary>
public abstract class UntypedActor : ActorBase
{
    protected static new IUntypedActorContext Context => CurrentCell();

    protected sealed override bool Receive(object message)
    {
        OnReceive(message);
        return true;
    }

    protected abstract void OnReceive(object message);

    protected void Become(UntypedReceive receive) => CurrentCell().Become(receive);

    protected void BecomeStacked(UntypedReceive receive) => CurrentCell().BecomeStacked(receive);

    /// <summary>Runs an asynchronous action; no other user message is handled until it has ended.</summary>
    protected void RunTask(Action action) => ActorTaskScheduler.Run(CurrentCell(), () =>
    {
        action();
        return Task.CompletedTask;
    });

    /// <summary>Runs an asynchronous action; no other user message is handled until it has ended.</summary>
    protected void RunTask(Func<Task> action) => ActorTaskScheduler.Run(CurrentCell(), action);
}
