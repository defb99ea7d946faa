namespace Akka.TestKit.Extensions;

/// <summary>
/// Expectations on tasks. Stands for Akka.TestKit.Extensions.TaskExtensions without the overloads that compare; those of the
/// test framework do.
/// </summary>
public static class TaskExtensions
{
    /// <summary>Whether the task ends, in whatever way, before the time is over. Its exception is not thrown.</summary>
    public static async Task<bool> AwaitWithTimeout(
        this Task parentTask, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(parentTask, Task.Delay(timeout, stop.Token)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        if (first != parentTask)
            cancellationToken.ThrowIfCancellationRequested();
        return first == parentTask;
    }

    /// <summary>The task's result.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static Task<T> WithTimeout<T>(this Task<T> parentTask, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        parentTask.WaitAsync(timeout, cancellationToken);

    /// <summary>The task's result.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<T> ShouldCompleteWithin<T>(
        this Task<T> task, TimeSpan timeout, string because = "", params object[] becauseArgs)
    {
        await Complete(task, timeout, because, becauseArgs);
        return await task;
    }

    /// <summary>The task ends well.</summary>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task ShouldCompleteWithin(
        this Task task, TimeSpan timeout, string because = "", params object[] becauseArgs)
    {
        await Complete(task, timeout, because, becauseArgs);
        await task;
    }

    private static async Task Complete(Task task, TimeSpan timeout, string because, object[] becauseArgs)
    {
        if (!await task.AwaitWithTimeout(timeout))
            throw new TimeoutException($"Expected the task to complete within {timeout}. {string.Format(because, becauseArgs)}");
    }
}
