using System.Runtime.ExceptionServices;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor.Internal;

/// <summary>
/// Runs asynchronous handlers inside their actor; stands for Akka.Dispatch's <c>ActorTaskScheduler</c> (public there). Every continuation of the
/// handler comes back as a system message, so Context, Sender and Self hold after each await and only one thread is in the actor. From
/// the first await that waits until the end no user message is handled; system messages are. A handler that never waits costs no suspension.
/// </summary>
internal sealed class ActorTaskScheduler(ActorCell cell) : TaskScheduler
{
    /// <summary>The handling whose pieces come back: the last one begun.</summary>
    private Handling _latest;
    private Handling _current;
    private int _waiting;

    internal static void Run(ActorCell cell, Func<Task> handler) => Begin(cell, static h => ((Func<Task>)h)(), handler);

    internal static void Run<T>(ActorCell cell, Func<T, Task> handler, T message) => Begin(
        cell, static state =>
        {
            var (h, m) = ((Func<T, Task>, T))state;
            return h(m);
        }, (handler, message));

    public override int MaximumConcurrencyLevel => 1;

    protected override IEnumerable<Task> GetScheduledTasks() => null;

    protected override void QueueTask(Task task) => cell.LocalRef.SendSystem(new Continue(this, task, Volatile.Read(ref _latest)));

    /// <summary>Inline only where this actor already runs one of its own continuations.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && InternalCurrentActorCellKeeper.Current == cell && _current is { Running: true } && TryExecuteTask(task);

    private static void Begin(ActorCell cell, Func<object, Task> handler, object state)
    {
        var scheduler = cell.TaskScheduler;
        var handling = new Handling(cell.CurrentMessage, cell.CurrentSender);
        Volatile.Write(ref scheduler._latest, handling);
        var outer = new Task<Task>(handler, state);
        scheduler.Within(handling, () => outer.RunSynchronously(scheduler));

        var task = outer.IsCompletedSuccessfully ? outer.Result ?? Task.CompletedTask : outer;
        if (task.IsCompletedSuccessfully)
        {
            return;
        }

        if (task.IsCompleted)
        {
            ExceptionDispatchInfo.Throw(CauseOf(task));
        }

        scheduler._waiting++;
        cell.Mailbox.SuspendForTask();
        task.ContinueWith(
            static (done, s) => ((Ended)s).Post(done), new Ended(scheduler, handling), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, cell.SystemImpl.Environment.Continuations);
    }

    private static Exception CauseOf(Task task)
    {
        if (task.Exception is not { } aggregate)
        {
            return new TaskCanceledException(task);
        }

        return aggregate.InnerExceptions.Count == 1 ? aggregate.InnerExceptions[0] : aggregate.Flatten();
    }

    /// <summary>Runs a piece of the handler with its message and sender, and no foreign synchronisation context that would catch its awaits.</summary>
    private void Within(Handling handling, Action piece)
    {
        var before = _current;
        var context = SynchronizationContext.Current;
        _current = handling;
        handling.Running = true;
        cell.CurrentMessage = handling.Message;
        cell.CurrentSender = handling.Sender;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            piece();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
            handling.Running = false;
            _current = before;
        }
    }

    /// <summary>One message and who sent it, for as long as its handler runs.</summary>
    private sealed class Handling(object message, IActorRef sender)
    {
        internal object Message { get; } = message;

        internal IActorRef Sender { get; } = sender;

        internal bool Running { get; set; }
    }

    private sealed class Continue(ActorTaskScheduler scheduler, Task task, Handling handling) : ActorTask
    {
        internal override void Run(ActorCell cell) => scheduler.Within(handling, () => scheduler.TryExecuteTask(task));
    }

    private sealed class Ended(ActorTaskScheduler scheduler, Handling handling) : ActorTask
    {
        private Task _task;

        internal void Post(Task done)
        {
            _task = done;
            scheduler.Cell.LocalRef.SendSystem(this);
        }

        internal override void Run(ActorCell cell)
        {
            cell.CurrentMessage = handling.Message;
            cell.CurrentSender = handling.Sender;
            if (--scheduler._waiting == 0)
            {
                cell.Mailbox.ResumeAfterTask();
            }

            if (_task.IsCompletedSuccessfully)
            {
                cell.AfterAsyncHandler();
            }
            else
            {
                ExceptionDispatchInfo.Throw(CauseOf(_task));
            }
        }
    }

    private ActorCell Cell => cell;
}
