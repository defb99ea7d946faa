namespace Akka.Actor.Scheduling;

/// <summary>
/// How the engine itself sets timers for actors: straight into the wheel when the system's scheduler is the engine's own, through
/// <see cref="IScheduler"/> when it is another, such as the TestKit's, so that virtual time reaches them all.
/// </summary>
internal sealed class EngineTimers(IScheduler scheduler)
{
    private readonly TimerWheel _wheel = (scheduler as WheelScheduler)?.Wheel;

    internal TimerHandle TellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender)
    {
        var entry = new TellEntry(receiver, message, sender);
        Set(entry, delay, TimeSpan.Zero);
        return entry;
    }

    internal void Set(TellEntry entry, TimeSpan delay, TimeSpan interval)
    {
        if (_wheel != null)
        {
            _wheel.Set(entry, delay, interval);
        }
        else if (interval == TimeSpan.Zero)
        {
            entry.Foreign = scheduler.ScheduleTellOnceCancelable(delay, entry.Receiver, entry.Told, entry.ToldBy);
        }
        else
        {
            entry.Foreign = scheduler.ScheduleTellRepeatedlyCancelable(delay, interval, entry.Receiver, entry.Told, entry.ToldBy);
        }
    }

    /// <summary>Sets a cancelled or waiting entry again; false when another must be made.</summary>
    internal bool TryReset(TellEntry entry, TimeSpan delay) => _wheel != null && _wheel.TryReset(entry, delay);
}
