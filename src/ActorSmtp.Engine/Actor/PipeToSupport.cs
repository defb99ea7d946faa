namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>PipeToSupport</c>: tells an actor how a task ended. Failure and cancellation come as <see cref="Status.Failure"/> unless
/// <c>failure</c> makes something else of them. A plain task that succeeds tells nothing without <c>success</c>. The sender is nobody unless given.
/// </summary>
public static class PipeToSupport
{
    public static Task PipeTo<T>(this Task<T> taskToPipe, ICanTell recipient, IActorRef sender = null, Func<T, object> success = null,
        Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo<T>(this Task<T> taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null,
        Func<T, object> success = null, Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo(this Task taskToPipe, ICanTell recipient, IActorRef sender = null, Func<object> success = null,
        Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo(this Task taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null,
        Func<object> success = null, Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo<T>(this ValueTask<T> taskToPipe, ICanTell recipient, IActorRef sender = null, Func<T, object> success = null,
        Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo<T>(this ValueTask<T> taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null,
        Func<T, object> success = null, Func<Exception, object> failure = null) => Pipe(taskToPipe, recipient, sender, success, failure);

    public static Task PipeTo(this ValueTask taskToPipe, ICanTell recipient, IActorRef sender = null, Func<object> success = null,
        Func<Exception, object> failure = null) => Pipe(taskToPipe.AsTask(), recipient, sender, success, failure);

    public static Task PipeTo(this ValueTask taskToPipe, ICanTell recipient, bool useConfigureAwait, IActorRef sender = null,
        Func<object> success = null, Func<Exception, object> failure = null) => Pipe(taskToPipe.AsTask(), recipient, sender, success, failure);

    private static Task Pipe<T>(ValueTask<T> task, ICanTell recipient, IActorRef sender, Func<T, object> success, Func<Exception, object> failure)
    {
        if (!task.IsCompletedSuccessfully)
        {
            return Pipe(task.AsTask(), recipient, sender, success, failure);
        }

        var result = task.Result;
        recipient.Tell(success == null ? result : success(result), sender);
        return Task.CompletedTask;
    }

    private static Task Pipe<T>(Task<T> task, ICanTell recipient, IActorRef sender, Func<T, object> success, Func<Exception, object> failure) =>
        When(task, recipient, done =>
        {
            if (done.IsCompletedSuccessfully)
            {
                var result = ((Task<T>)done).Result;
                recipient.Tell(success == null ? result : success(result), sender);
            }
            else
            {
                TellFailure(done, recipient, sender, failure);
            }
        });

    private static Task Pipe(Task task, ICanTell recipient, IActorRef sender, Func<object> success, Func<Exception, object> failure) =>
        When(task, recipient, done =>
        {
            if (!done.IsCompletedSuccessfully)
            {
                TellFailure(done, recipient, sender, failure);
            }
            else if (success != null)
            {
                recipient.Tell(success(), sender);
            }
        });

    private static Task When(Task task, ICanTell recipient, Action<Task> tell)
    {
        if (task.IsCompleted)
        {
            tell(task);
            return Task.CompletedTask;
        }

        var scheduler = (recipient as ActorRefBase)?.System?.Environment.Continuations ?? TaskScheduler.Default;
        return task.ContinueWith(tell, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, scheduler);
    }

    private static void TellFailure(Task task, ICanTell recipient, IActorRef sender, Func<Exception, object> failure)
    {
        var cause = task.Exception is { } aggregate
            ? aggregate.InnerExceptions.Count == 1 ? aggregate.InnerExceptions[0] : aggregate
            : new TaskCanceledException(task);
        recipient.Tell(failure == null ? new Status.Failure(cause) : failure(cause), sender);
    }
}
