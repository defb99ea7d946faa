namespace Akka.Dispatch;

/// <summary>
/// Stands for Akka's <c>ExecutorService</c>: runs what it is given, on whatever thread. It gets mailboxes themselves; each may be run on any
/// thread, also inside another's run on the same thread, but never twice for one call.
/// </summary>
public abstract class ExecutorService
{
    protected ExecutorService(string id)
    {
        Id = id;
    }

    public string Id { get; }

    public abstract void Execute(IRunnable run);

    public abstract void Shutdown();

    /// <summary>As <see cref="Execute"/>, for a mailbox whose turn was full: fairness before locality.</summary>
    internal virtual void ExecuteAgain(IRunnable run) => Execute(run);
}

/// <summary>Stands for Akka's <c>ExecutorServiceFactory</c>.</summary>
public abstract class ExecutorServiceFactory
{
    public abstract ExecutorService Produce(string id);
}

/// <summary>Stands for Akka's <c>ExecutorServiceConfigurator</c>: the type to name in <c>executor = "Type, Assembly"</c>.</summary>
public abstract class ExecutorServiceConfigurator : ExecutorServiceFactory
{
    protected ExecutorServiceConfigurator(Configuration.Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Configuration.Config Config { get; private set; }

    public IDispatcherPrerequisites Prerequisites { get; private set; }
}
