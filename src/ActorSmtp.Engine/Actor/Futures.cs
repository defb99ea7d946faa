using Akka.Actor.Internal;
using Akka.Actor.Scheduling;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>Futures</c>: asks an actor and gives its answer as a task. Without a timeout <c>akka.actor.ask-timeout</c> counts, infinite by
/// default. A stopped actor does not answer: the task times out.
/// </summary>
public static class Futures
{
    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<object>(message, timeout, default);

    public static Task<object> Ask(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<object>(message, null, cancellationToken);

    public static Task<object> Ask(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        self.Ask<object>(message, timeout, cancellationToken);

    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout = null) => self.Ask<T>(message, timeout, default);

    public static Task<T> Ask<T>(this ICanTell self, object message, CancellationToken cancellationToken) =>
        self.Ask<T>(message, null, cancellationToken);

    /// <summary>
    /// The answer when it is a T; faults with the cause of a <see cref="Status.Failure"/>, an <see cref="ArgumentException"/> for another type, an
    /// <see cref="AskTimeoutException"/> in the end. Continuations never run in the answering actor.
    /// </summary>
    public static Task<T> Ask<T>(this ICanTell self, object message, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Begin<T>(self, timeout, cancellationToken, out var future) ?? Send(self, message, future);

    /// <summary>As the others, with a message that carries the ref to answer to.</summary>
    public static Task<T> Ask<T>(this ICanTell self, Func<IActorRef, object> messageFactory, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Begin<T>(self, timeout, cancellationToken, out var future) ?? Send(self, messageFactory(future), future);

    private static Task<T> Send<T>(ICanTell self, object message, FutureActorRef<T> future)
    {
        self.Tell(message, future);
        return future.Result;
    }

    private static Task<T> Begin<T>(ICanTell self, TimeSpan? timeout, CancellationToken cancellationToken, out FutureActorRef<T> future)
    {
        var system = SystemOf(self) ?? throw new ArgumentException("Unable to resolve the target Provider", nameof(self));
        future = null;
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        future = new FutureActorRef<T>(system);
        future.Limit(timeout ?? system.Settings.AskTimeout, cancellationToken);
        return null;
    }

    private static ActorSystemImpl SystemOf(ICanTell target) => target switch
    {
        ActorRefBase actorRef => actorRef.System,
        IWrappedActorRef wrapping => wrapping.Wrapped.System,
        ActorSelection selection => (selection.Anchor as ActorRefBase)?.System,
        _ => null,
    } ?? InternalCurrentActorCellKeeper.Current?.SystemImpl;
}

/// <summary>
/// The sender of an Ask: takes one answer. Stands for Akka's class of that name (public there). It has a path under /temp for those who look, but is in
/// no table: nobody can find it by that path.
/// </summary>
internal sealed class FutureActorRef<T>(ActorSystemImpl system) : ActorRefBase, ICanTell
{
    private readonly TaskCompletionSource<T> _result = new(system.Environment.Awaited);
    private int _answered;
    private ActorPath _path;
    private TimerEntry _timeout;
    private CancellationTokenRegistration _cancellation;

    public override ActorPath Path => _path ?? Interlocked.CompareExchange(ref _path, system.NewTempPath(), null) ?? _path;

    internal override ActorSystemImpl System => system;

    internal override bool IsTerminated => Volatile.Read(ref _answered) != 0;

    internal Task<T> Result => _result.Task;

    /// <summary>What follows the answer, where the engine's own continuations run.</summary>
    internal Task<TNext> Then<TNext>(Func<Task<T>, TNext> next) => _result.Task.ContinueWith(
        next, CancellationToken.None, TaskContinuationOptions.DenyChildAttach, system.Environment.Continuations);

    internal void Limit(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (f, token) => ((FutureActorRef<T>)f).Cancel(token), this);
        }

        // Real time also under a test's scheduler, as in Akka.
        if (timeout > TimeSpan.Zero)
        {
            var entry = new TimeoutEntry(this, timeout);
            _timeout = entry;
            system.Wheel.Set(entry, timeout, TimeSpan.Zero);
            if (IsTerminated)
            {
                entry.Cancel(); // the token was faster
            }
        }
    }

    void ICanTell.Tell(object message, IActorRef sender) => TellInternal(message, sender);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (TryTake())
        {
            Complete(message);
        }
        else if (message is not null)
        {
            system.DeadLetterRef.Tell(new DeadLetter(message, sender ?? system.DeadLetterRef, this), sender);
        }
    }

    internal override void SendSystem(SystemMessage message)
    {
        if (message is DeathWatchNotification notification)
        {
            TellInternal(new Terminated(notification.Actor, notification.ExistenceConfirmed, addressTerminated: false), notification.Actor);
        }
        else if (message is Watch watch && IsTerminated)
        {
            watch.Watcher.SendSystem(new DeathWatchNotification(this, existenceConfirmed: true));
        }
    }

    internal override void Stop() => Cancel(default);

    private void Cancel(CancellationToken token)
    {
        if (TryTake())
        {
            _result.TrySetCanceled(token);
        }
    }

    /// <summary>Whoever comes first decides: an answer, the timeout or the token. The others' claims are given back.</summary>
    private bool TryTake()
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
        {
            return false;
        }

        _timeout?.Cancel();
        _cancellation.Unregister();
        return true;
    }

    private void Complete(object message)
    {
        if (system.Environment.SingleThreaded)
        {
            // Not inside the actor that answers.
            system.Environment.Queue(new ActionRunnable(() => SetResult(message)), preferLocal: false);
        }
        else
        {
            SetResult(message);
        }
    }

    private void SetResult(object message)
    {
        switch (message)
        {
            case T answer:
                _result.TrySetResult(answer);
                break;
            case null:
                _result.TrySetResult(default);
                break;
            case Status.Failure { Cause: { } cause }:
                _result.TrySetException(cause);
                break;
            case Status.Failure:
                _result.TrySetException(new TaskCanceledException("Task cancelled by actor via Failure message."));
                break;
            default:
                _result.TrySetException(new ArgumentException(
                    $"Received message of type [{message.GetType()}] - Ask expected message of type [{typeof(T)}]"));
                break;
        }
    }

    private sealed class TimeoutEntry(FutureActorRef<T> future, TimeSpan timeout) : TimerEntry
    {
        internal override void Fire()
        {
            if (future.TryTake())
            {
                future._result.TrySetException(new AskTimeoutException($"Timeout after {timeout} seconds"));
            }
        }
    }
}
