using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>SupervisorStrategy</c>: judges failed children. Left out: the parts an own strategy class would override, which in Akka hang on
/// the public cell and its statistics; choose a decider instead.
/// </summary>
public abstract class SupervisorStrategy
{
    /// <summary>Initialisation, Kill and DeathPact stop; everything else restarts.</summary>
    public static readonly IDecider DefaultDecider = Actor.Decider.From(
        Directive.Restart,
        Directive.Stop.When<ActorInitializationException>(),
        Directive.Stop.When<ActorKilledException>(),
        Directive.Stop.When<DeathPactException>());

    /// <summary>One for one, restarts without limit.</summary>
    public static readonly SupervisorStrategy DefaultStrategy = new OneForOneStrategy(DefaultDecider);

    public static readonly OneForOneStrategy StoppingStrategy = new(_ => Directive.Stop);

    protected SupervisorStrategy()
    {
    }

    public abstract IDecider Decider { get; }

    protected bool LoggingEnabled { get; set; } = true;

    protected abstract Directive Handle(IActorRef child, Exception exception);

    /// <summary>Logs a failure: Restart and Stop as errors, Resume as a warning, Escalate not at all, with the child as the source.</summary>
    protected virtual void LogFailure(IActorContext context, IActorRef child, Exception cause, Directive directive)
    {
        if (!LoggingEnabled || directive == Directive.Escalate)
        {
            return;
        }

        var message = cause is ActorInitializationException { InnerException: { } inner } ? inner.Message : cause.Message;
        var (source, type) = (child.Path.ToString(), GetType());
        context.System.EventStream.Publish(directive == Directive.Resume
            ? new Warning(cause, source, type, message)
            : new Error(cause, source, type, message));
    }

    /// <summary>A child has stopped, of whatever cause.</summary>
    internal virtual void HandleChildTerminated(LocalActorRef child)
    {
    }

    /// <summary>False when the supervisor itself is to fail.</summary>
    internal bool HandleFailure(ActorCell cell, LocalActorRef child, Exception cause)
    {
        var directive = Handle(child, cause);
        LogFailure(cell, child, cause, directive);
        switch (directive)
        {
            case Directive.Escalate:
                return false;
            case Directive.Resume:
                child.Resume(cause);
                return true;
            default:
                ProcessFailure(cell, directive == Directive.Restart, child, cause);
                return true;
        }
    }

    internal abstract void ProcessFailure(ActorCell cell, bool restart, LocalActorRef child, Exception cause);

    /// <summary>
    /// Counts a failure and says whether a restart is allowed. Without a window: so many in the child's life. With one: so many from the first failure
    /// until the window has passed; the next failure opens another.
    /// </summary>
    private protected static bool MayRestart(LocalActorRef child, int maxRetries, int windowMilliseconds)
    {
        if (maxRetries < 0 && windowMilliseconds <= 0)
        {
            return true;
        }

        var stats = child.Cell.Restarts ??= new RestartStats();
        if (maxRetries == 0)
        {
            return false;
        }

        if (windowMilliseconds <= 0)
        {
            return ++stats.Count <= maxRetries;
        }

        var allowed = maxRetries < 0 ? 1 : maxRetries;
        var now = child.System.Wheel.Now.Ticks + 1;
        if (stats.WindowStart == 0 || now - stats.WindowStart > windowMilliseconds * TimeSpan.TicksPerMillisecond)
        {
            stats.WindowStart = now;
            stats.Count = 1;
            return true;
        }

        return ++stats.Count <= allowed;
    }

    private protected static void Restart(LocalActorRef child, Exception cause, bool suspendFirst)
    {
        if (suspendFirst)
        {
            child.Suspend();
        }

        child.Restart(cause);
    }

    private protected static int Retries(int? maxNrOfRetries) => maxNrOfRetries ?? -1;

    private protected static int Window(TimeSpan? range) =>
        range is { } given && given != Timeout.InfiniteTimeSpan ? (int)Math.Min(given.TotalMilliseconds, int.MaxValue) : -1;
}
