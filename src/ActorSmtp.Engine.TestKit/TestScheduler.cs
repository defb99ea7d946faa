using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Akka.TestKit;

/// <summary>
/// A scheduler whose time moves only when a test says so; select it with <c>akka.scheduler.implementation</c>. An advance runs
/// what has become due, in order of time, on the calling thread; a repeating entry runs once an advance, however large, and its
/// next time counts from then. As in Akka.TestKit.TestScheduler, for which it stands, a cancelable given together with an action
/// that runs once is ignored.
/// </summary>
public class TestScheduler : IScheduler, IAdvancedScheduler
{
    private sealed record Entry(TimeSpan? Interval, Action Run, ICancelable Cancelable);

    private readonly object _gate = new();
    private readonly PriorityQueue<Entry, (DateTimeOffset At, long Order)> _entries = new();
    private DateTimeOffset _now = DateTimeOffset.UtcNow;
    private long _order;

    /// <summary>Called by the engine.</summary>
    public TestScheduler(Config schedulerConfig, ILoggingAdapter log)
    {
    }

    /// <summary>The virtual time.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
                return _now;
        }
    }

    /// <summary>The real time since some moment, not the virtual one.</summary>
    public TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);

    /// <summary>The real time since some moment, not the virtual one.</summary>
    public TimeSpan HighResMonotonicClock => Stopwatch.GetElapsedTime(0);

    /// <inheritdoc/>
    public IAdvancedScheduler Advanced => this;

    /// <summary>The virtual time.</summary>
    protected DateTimeOffset TimeNow => Now;

    /// <summary>Moves the time on and runs what has become due.</summary>
    public void Advance(TimeSpan offset)
    {
        List<Entry> due = [];
        lock (_gate)
        {
            _now += offset;
            while (_entries.TryPeek(out _, out var first) && first.At <= _now)
                due.Add(_entries.Dequeue());
        }
        foreach (var entry in due)
        {
            if (entry.Cancelable?.IsCancellationRequested == true)
                continue;
            entry.Run();
            if (entry.Interval is { } interval && entry.Cancelable?.IsCancellationRequested != true)
                Add(interval, entry);
        }
    }

    /// <summary>Moves the time on to a moment.</summary>
    /// <exception cref="InvalidOperationException">The moment has passed.</exception>
    public void AdvanceTo(DateTimeOffset when)
    {
        var now = Now;
        if (when < now)
            throw new InvalidOperationException($"It is {now:O}; the time cannot go back to {when:O}.");
        Advance(when - now);
    }

    /// <inheritdoc/>
    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender) =>
        ScheduleTellOnce(delay, receiver, message, sender, null);

    /// <inheritdoc/>
    public void ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, new Entry(null, () => receiver.Tell(message, sender), cancelable));

    /// <inheritdoc/>
    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender) =>
        ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, null);

    /// <inheritdoc/>
    public void ScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(initialDelay, new Entry(interval, () => receiver.Tell(message, sender), cancelable));

    /// <inheritdoc/>
    public void ScheduleOnce(TimeSpan delay, Action action) => Add(delay, new Entry(null, action, null));

    /// <summary>As the overload without a cancelable, which is ignored.</summary>
    public void ScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => ScheduleOnce(delay, action);

    /// <inheritdoc/>
    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action) =>
        ScheduleRepeatedly(initialDelay, interval, action, null);

    /// <inheritdoc/>
    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(initialDelay, new Entry(interval, action, cancelable));

    /// <inheritdoc/>
    public void ScheduleOnce(TimeSpan delay, IRunnable action) => ScheduleOnce(delay, action.Run);

    /// <summary>As the overload without a cancelable, which is ignored.</summary>
    public void ScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => ScheduleOnce(delay, action.Run);

    /// <inheritdoc/>
    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action) =>
        ScheduleRepeatedly(initialDelay, interval, action.Run, null);

    /// <inheritdoc/>
    public void ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        ScheduleRepeatedly(initialDelay, interval, action.Run, cancelable);

    private void Add(TimeSpan delay, Entry entry)
    {
        lock (_gate)
            _entries.Enqueue(entry, (_now + delay, _order++));
    }
}
