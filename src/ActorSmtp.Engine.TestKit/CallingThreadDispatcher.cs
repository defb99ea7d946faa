using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>
/// Makes the <see cref="CallingThreadDispatcher"/> that a configuration names. Stands for
/// Akka.TestKit.CallingThreadDispatcherConfigurator, complete.
/// </summary>
public class CallingThreadDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly CallingThreadDispatcher _dispatcher;

    /// <summary>Called by the engine.</summary>
    public CallingThreadDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites) => _dispatcher = new CallingThreadDispatcher(this);

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>
/// Runs an actor on the thread that tells it something, unless another thread is running it already: then that one goes on
/// with the new message. Stands for Akka.TestKit.CallingThreadDispatcher, complete.
/// </summary>
public class CallingThreadDispatcher : MessageDispatcher
{
    /// <summary>The name to give to <c>Props.WithDispatcher</c>.</summary>
    public static new string Id = "akka.test.calling-thread-dispatcher";

    /// <summary>Called by the configurator.</summary>
    public CallingThreadDispatcher(MessageDispatcherConfigurator configurator)
        : base(configurator)
    {
    }

    /// <inheritdoc/>
    protected override void ExecuteTask(IRunnable run) => run.Run();

    /// <inheritdoc/>
    protected override void Shutdown()
    {
        // Nothing of its own to close.
    }
}
