using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>Stands for Akka's <c>GracefulStopSupport</c>.</summary>
public static class GracefulStopSupport
{
    /// <summary>Sends <see cref="PoisonPill"/>; true when the actor has stopped in time, false when not. At once for a dead one.</summary>
    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout) => target.GracefulStop(timeout, PoisonPill.Instance);

    public static Task<bool> GracefulStop(this IActorRef target, TimeSpan timeout, object stopMessage)
    {
        var actor = target.Base();
        var promise = new FutureActorRef<object>(actor.System);
        promise.Limit(timeout, CancellationToken.None);
        actor.SendSystem(new Watch(actor, promise));
        target.Tell(stopMessage, ActorRefs.NoSender);
        return promise.Then(done =>
        {
            if (done.Exception?.InnerException is AskTimeoutException)
            {
                actor.SendSystem(new Unwatch(actor, promise));
                return false;
            }

            return done.GetAwaiter().GetResult() is Terminated terminated && terminated.ActorRef.Equals(target);
        });
    }
}

/// <summary>Stands for Akka's <c>WatchAsyncSupport</c>.</summary>
public static class WatchAsyncSupport
{
    /// <summary>True when the actor stops; false when the token is cancelled first.</summary>
    public static Task<bool> WatchAsync(this IActorRef target, CancellationToken token = default)
    {
        var actor = target.Base();
        var promise = new FutureActorRef<Terminated>(actor.System);
        promise.Limit(Timeout.InfiniteTimeSpan, token);
        actor.SendSystem(new Watch(actor, promise));
        return promise.Then(done =>
        {
            if (done.IsCanceled)
            {
                actor.SendSystem(new Unwatch(actor, promise));
                return false;
            }

            return done.GetAwaiter().GetResult().ActorRef.Equals(target);
        });
    }
}
