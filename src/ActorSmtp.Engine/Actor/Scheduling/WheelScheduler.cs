using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.Actor.Scheduling;

/// <summary>
/// The default scheduler, on a <see cref="TimerWheel"/>. Stands for Akka's <c>HashedWheelTimerScheduler</c> (public there); unlike it, entries
/// that wait when the system ends are dropped, not run.
/// </summary>
internal sealed class WheelScheduler(TimerWheel wheel, TimeProvider time, Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    internal TimerWheel Wheel => wheel;

    public override TimeSpan MonotonicClock => wheel.Now;

    public override TimeSpan HighResMonotonicClock => wheel.Now;

    protected override DateTimeOffset TimeNow => time.GetUtcNow();

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender,
        ICancelable cancelable) => Set(new TellEntry(receiver, message, sender), delay, TimeSpan.Zero, cancelable);

    protected override void InternalScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message,
        IActorRef sender, ICancelable cancelable) => Set(new TellEntry(receiver, message, sender), initialDelay, interval, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Set(new ActionEntry(action), delay, TimeSpan.Zero, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Set(new ActionEntry(action.Run), delay, TimeSpan.Zero, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Set(new ActionEntry(action), initialDelay, interval, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Set(new ActionEntry(action.Run), initialDelay, interval, cancelable);

    private void Set(TimerEntry entry, TimeSpan delay, TimeSpan interval, ICancelable cancelable)
    {
        if (cancelable is { IsCancellationRequested: true })
        {
            return;
        }

        wheel.Set(entry, delay, interval);
        switch (cancelable)
        {
            case null:
                break;
            case Cancelable own:
                own.OnCancel(entry);
                break;
            default:
                cancelable.Token.UnsafeRegister(static e => ((TimerEntry)e).Cancel(), entry);
                break;
        }
    }
}
