using Akka.Actor;

namespace Akka.Pattern;

/// <summary>
/// Stands for Akka's <c>Backoff</c>: options for a supervisor that brings its child back after growing pauses, <c>minBackoff</c> · 2ⁿ up to
/// <c>maxBackoff</c>, each lengthened by chance up to <c>randomFactor</c>.
/// </summary>
public static class Backoff
{
    /// <summary>For a child that fails by exceptions; it is stopped and made anew.</summary>
    public static BackoffOptions OnFailure(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor,
        int maxNrOfRetries) => new BackoffOptionsImpl(RestartOn.Failure, childProps, childName, minBackoff, maxBackoff, randomFactor)
        .WithMaxNrOfRetries(maxNrOfRetries);

    /// <summary>For a child that stops itself when something is wrong.</summary>
    public static BackoffOptions OnStop(Props childProps, string childName, TimeSpan minBackoff, TimeSpan maxBackoff, double randomFactor,
        int maxNrOfRetries) => new BackoffOptionsImpl(RestartOn.Stop, childProps, childName, minBackoff, maxBackoff, randomFactor)
        .WithMaxNrOfRetries(maxNrOfRetries);
}

/// <summary>Stands for Akka's <c>BackoffOptions</c>. Each method gives changed options.</summary>
public abstract class BackoffOptions
{
    private protected BackoffOptions()
    {
    }

    /// <summary>The pauses begin anew when the child has lived this long. The default, with <c>minBackoff</c>.</summary>
    public abstract BackoffOptions WithAutoReset(TimeSpan resetBackoff);

    /// <summary>The pauses begin anew when the child says <see cref="BackoffSupervisor.Reset"/>.</summary>
    public abstract BackoffOptions WithManualReset();

    public abstract BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy);

    public abstract BackoffOptions WithDefaultStoppingStrategy();

    /// <summary>How often the child is brought back; -1 without limit.</summary>
    public abstract BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries);

    /// <summary>What senders are told while there is no child.</summary>
    public abstract BackoffOptions WithReplyWhileStopped(object replyWhileStopped);

    /// <summary>A child that stops after such a message is not brought back. OnStop only.</summary>
    public abstract BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage);

    internal abstract Props Props { get; }
}

/// <summary>Stands for Akka's <c>IBackoffReset</c>: when the pauses begin anew.</summary>
public interface IBackoffReset
{
}

internal enum RestartOn
{
    Failure,
    Stop,
}

internal sealed record AutoReset(TimeSpan After) : IBackoffReset;

internal sealed record ManualReset : IBackoffReset;

/// <summary>What a back-off supervisor is made with.</summary>
internal sealed record BackoffPlan(RestartOn On, Props Child, string ChildName, TimeSpan Min, TimeSpan Max, double RandomFactor,
    IBackoffReset Reset, OneForOneStrategy Strategy, object ReplyWhileStopped, Func<object, bool> IsFinalStop);

internal sealed class BackoffOptionsImpl : BackoffOptions
{
    private readonly BackoffPlan _plan;

    internal BackoffOptionsImpl(RestartOn on, Props child, string childName, TimeSpan min, TimeSpan max, double randomFactor)
        : this(new BackoffPlan(on, child, childName, min, max, randomFactor, null,
            new OneForOneStrategy(-1, -1, SupervisorStrategy.DefaultDecider), null, null))
    {
        if (min <= TimeSpan.Zero)
        {
            throw new ArgumentException("MinBackoff must be greater than 0", nameof(min));
        }

        if (max < min)
        {
            throw new ArgumentException("MaxBackoff must be greater than or equal to MinBackoff", nameof(max));
        }

        if (randomFactor is < 0.0 or > 1.0)
        {
            throw new ArgumentException("RandomFactor must be between 0.0 and 1.0", nameof(randomFactor));
        }
    }

    private BackoffOptionsImpl(BackoffPlan plan)
    {
        _plan = plan;
    }

    internal override Props Props
    {
        get
        {
            if (_plan.Reset is AutoReset auto && (auto.After < _plan.Min || auto.After > _plan.Max))
            {
                throw new ArgumentException($"The reset [{auto.After}] must lie between MinBackoff [{_plan.Min}] and MaxBackoff [{_plan.Max}]");
            }

            if (_plan is { On: RestartOn.Failure, IsFinalStop: not null })
            {
                throw new InvalidOperationException("Final stop message should not be set for Backoff.OnFailure");
            }

            var plan = _plan with { Reset = _plan.Reset ?? new AutoReset(_plan.Min) };
            return Actor.Props.CreateBy(new BackoffSupervisor.Producer(plan));
        }
    }

    public override BackoffOptions WithAutoReset(TimeSpan resetBackoff) => new BackoffOptionsImpl(_plan with { Reset = new AutoReset(resetBackoff) });

    public override BackoffOptions WithManualReset() => new BackoffOptionsImpl(_plan with { Reset = new ManualReset() });

    public override BackoffOptions WithSupervisorStrategy(OneForOneStrategy supervisorStrategy) =>
        new BackoffOptionsImpl(_plan with { Strategy = supervisorStrategy });

    public override BackoffOptions WithDefaultStoppingStrategy() =>
        new BackoffOptionsImpl(_plan with { Strategy = new OneForOneStrategy(_plan.Strategy.MaxNumberOfRetries, -1, SupervisorStrategy.StoppingStrategy.Decider) });

    public override BackoffOptions WithMaxNrOfRetries(int maxNrOfRetries) =>
        new BackoffOptionsImpl(_plan with { Strategy = _plan.Strategy.WithMaxNrOfRetries(maxNrOfRetries) });

    public override BackoffOptions WithReplyWhileStopped(object replyWhileStopped) =>
        new BackoffOptionsImpl(_plan with { ReplyWhileStopped = replyWhileStopped });

    public override BackoffOptions WithFinalStopMessage(Func<object, bool> isFinalStopMessage) =>
        new BackoffOptionsImpl(_plan with { IsFinalStop = isFinalStopMessage });
}
