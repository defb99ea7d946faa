using Akka.Actor;

namespace Akka.TestKit;

/// <summary>
/// Answers messages of a test actor as they arrive, before the test looks at them.
/// Stands for Akka.TestKit.AutoPilot and its three kinds, complete.
/// </summary>
public abstract class AutoPilot
{
    /// <summary>Returned from <see cref="Run"/>: from the next message on nobody answers.</summary>
    public static NoAutoPilot NoAutoPilot => NoAutoPilot.Instance;

    /// <summary>Returned from <see cref="Run"/>: the same pilot answers the next message.</summary>
    public static KeepRunning KeepRunning => KeepRunning.Instance;

    /// <summary>Called on the test actor's thread for each message.</summary>
    /// <returns>The pilot for the next message.</returns>
    public abstract AutoPilot Run(IActorRef sender, object message);
}

/// <summary>Ends an auto pilot.</summary>
public sealed class NoAutoPilot : AutoPilot
{
    /// <summary>The only one there is.</summary>
    public static readonly NoAutoPilot Instance = new();

    private NoAutoPilot()
    {
    }

    /// <inheritdoc/>
    public override AutoPilot Run(IActorRef sender, object message) => this;
}

/// <summary>Keeps an auto pilot; only an answer, it is never run itself.</summary>
public sealed class KeepRunning : AutoPilot
{
    /// <summary>The only one there is.</summary>
    public static readonly KeepRunning Instance = new();

    private KeepRunning()
    {
    }

    /// <inheritdoc/>
    public override AutoPilot Run(IActorRef sender, object message) =>
        throw new InvalidOperationException("KeepRunning is what an auto pilot returns; it cannot be the auto pilot.");
}

/// <summary>What a <see cref="DelegateAutoPilot"/> runs.</summary>
public delegate AutoPilot AutoPilotDelegate(IActorRef sender, object message);

/// <summary>An auto pilot made of a function.</summary>
public sealed class DelegateAutoPilot : AutoPilot
{
    private readonly AutoPilotDelegate _autoPilotDelegate;

    /// <summary>Runs <paramref name="autoPilotDelegate"/> for each message.</summary>
    public DelegateAutoPilot(AutoPilotDelegate autoPilotDelegate) => _autoPilotDelegate = autoPilotDelegate;

    /// <inheritdoc/>
    public override AutoPilot Run(IActorRef sender, object message) => _autoPilotDelegate(sender, message);
}
