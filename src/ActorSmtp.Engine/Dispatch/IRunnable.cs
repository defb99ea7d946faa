namespace Akka.Dispatch;

/// <summary>
/// Stands for Akka's <c>IRunnable</c>: a piece of work for an executor. A mailbox is one itself, so that queueing it allocates nothing.
/// </summary>
public interface IRunnable : IThreadPoolWorkItem
{
    void Run();
}

/// <summary>An <see cref="Action"/> as a piece of work. Stands for Akka's class of that name (public there).</summary>
internal sealed class ActionRunnable(Action action) : IRunnable
{
    public void Run() => action();

    void IThreadPoolWorkItem.Execute() => Run();
}
