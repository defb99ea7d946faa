using System.Text;

namespace Akka.Hosting;

/// <summary>How much of something. Stands for Akka.Hosting.TriStateValue, complete.</summary>
public enum TriStateValue
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Everything.</summary>
    All,

    /// <summary>A number of times.</summary>
    Some,
}

/// <summary>Which dead letters are logged. Stands for Akka.Hosting.DeadLetterOptions, complete.</summary>
public class DeadLetterOptions
{
    /// <summary>None, <see cref="LogCount"/>, or all.</summary>
    public TriStateValue ShouldLog { get; set; } = TriStateValue.Some;

    /// <summary>How many are logged before a pause.</summary>
    public int LogCount { get; set; } = 10;

    /// <summary>Whether those of an ending system are logged; null: as configured elsewhere.</summary>
    public bool? LogDuringShutdown { get; set; }

    /// <summary>How long the pause is; infinite or zero: for ever; null: as configured elsewhere.</summary>
    public TimeSpan? LogSuspendDuration { get; set; }

    /// <summary>As HOCON.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var count = ShouldLog switch
        {
            TriStateValue.None => "off",
            TriStateValue.All => "on",
            _ => FormattableString.Invariant($"{LogCount}"),
        };
        text.Append("akka.log-dead-letters = ").Append(count).Append('\n');
        if (LogDuringShutdown is { } during)
            text.Append("akka.log-dead-letters-during-shutdown = ").Append(during ? "on" : "off").Append('\n');
        if (LogSuspendDuration is { } pause)
        {
            text.Append("akka.log-dead-letters-suspend-duration = ").Append(
                pause == Timeout.InfiniteTimeSpan || pause == TimeSpan.Zero
                    ? "infinite"
                    : FormattableString.Invariant($"{pause.TotalMilliseconds}ms")).Append('\n');
        }
        return text.ToString();
    }
}

/// <summary>
/// Which of the engine's own doings are logged at debug level; null: as configured elsewhere. Stands for Akka.Hosting.DebugOptions.
/// </summary>
public class DebugOptions
{
    /// <summary>Messages to actors marked ILogReceive.</summary>
    public bool? Receive { get; set; }

    /// <summary>Messages the engine handles itself.</summary>
    public bool? AutoReceive { get; set; }

    /// <summary>Starts, restarts, stops.</summary>
    public bool? LifeCycle { get; set; }

    /// <summary>Events, timers and transitions of state machines.</summary>
    public bool? FiniteStateMachine { get; set; }

    /// <summary>Subscriptions.</summary>
    public bool? EventStream { get; set; }

    /// <summary>Unhandled messages.</summary>
    public bool? Unhandled { get; set; }

    /// <summary>Routers whose configuration is wrong.</summary>
    public bool? RouterMisconfiguration { get; set; }

    /// <summary>As HOCON.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (key, value) in new[]
                 {
                     ("receive", Receive), ("autoreceive", AutoReceive), ("lifecycle", LifeCycle), ("fsm", FiniteStateMachine),
                     ("event-stream", EventStream), ("unhandled", Unhandled), ("router-misconfiguration", RouterMisconfiguration),
                 })
        {
            if (value is { } set)
                text.Append("akka.actor.debug.").Append(key).Append(" = ").Append(set ? "on" : "off").Append('\n');
        }
        return text.ToString();
    }
}
