namespace ActorSmtp.Web.Tests.Events;

/// <summary>The system's time, but timers ring when the test says.</summary>
/// <param name="due">When instead.</param>
internal sealed class SteeredTime(Func<TimeSpan, TimeSpan> due) : TimeProvider
{
    /// <summary>What takes ten seconds and more never comes.</summary>
    public static SteeredTime WithoutBeats() => new(asked => asked >= TimeSpan.FromSeconds(10) ? Timeout.InfiniteTimeSpan : asked);

    /// <summary>What takes ten seconds and more comes soon.</summary>
    public static SteeredTime WithQuickBeats() => new(asked => asked >= TimeSpan.FromSeconds(10) ? TimeSpan.FromMilliseconds(50) : asked);

    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, due(dueTime), period);
}
