using Akka.Actor.Scheduling;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>ITimerScheduler</c>: messages an actor sends itself later, by key. Setting a key replaces it; a firing that is queued already
/// is dropped when its timer was replaced or cancelled, or the actor restarted.
/// </summary>
public interface ITimerScheduler
{
    void StartPeriodicTimer(object key, object msg, TimeSpan interval);

    void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender);

    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval);

    void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender);

    void StartSingleTimer(object key, object msg, TimeSpan timeout);

    void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender);

    bool IsTimerActive(object key);

    void Cancel(object key);

    void CancelAll();

    IReadOnlyCollection<object> ActiveTimers { get; }
}

/// <summary>An actor with timers; the property is set before the constructor runs. Stands for Akka's interface of that name.</summary>
public interface IWithTimers
{
    ITimerScheduler Timers { get; set; }
}

internal sealed partial class ActorCell
{
    private ActorTimers NewTimers()
    {
        _timers?.CancelAll();
        var timers = new ActorTimers(this);
        _timers = timers;
        return timers;
    }
}

/// <summary>The timers of one instance of an actor. No map exists until a timer is set.</summary>
internal sealed class ActorTimers(ActorCell cell) : ITimerScheduler, ActorCell.IDisposableTimers
{
    private Dictionary<object, Firing> _timers;

    public IReadOnlyCollection<object> ActiveTimers => _timers == null ? [] : _timers.Keys;

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval) => Start(key, msg, interval, interval, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan interval, IActorRef sender) => Start(key, msg, interval, interval, sender);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval) =>
        Start(key, msg, initialDelay, interval, null);

    public void StartPeriodicTimer(object key, object msg, TimeSpan initialDelay, TimeSpan interval, IActorRef sender) =>
        Start(key, msg, initialDelay, interval, sender);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout) => Start(key, msg, timeout, TimeSpan.Zero, null);

    public void StartSingleTimer(object key, object msg, TimeSpan timeout, IActorRef sender) => Start(key, msg, timeout, TimeSpan.Zero, sender);

    public bool IsTimerActive(object key) => _timers != null && _timers.ContainsKey(key);

    public void Cancel(object key)
    {
        if (_timers != null && _timers.Remove(key, out var firing))
        {
            firing.Cancel();
        }
    }

    public void CancelAll()
    {
        if (_timers == null)
        {
            return;
        }

        foreach (var firing in _timers.Values)
        {
            firing.Cancel();
        }

        _timers = null;
    }

    private void Start(object key, object message, TimeSpan delay, TimeSpan interval, IActorRef sender)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _timers ??= [];
        if (_timers.Remove(key, out var before))
        {
            before.Cancel();
        }

        var firing = new Firing(this, key, message, cell.LocalRef, sender, repeats: interval != TimeSpan.Zero);
        _timers.Add(key, firing);
        cell.SystemImpl.Timers.Set(firing, delay, interval);
    }

    /// <summary>Takes the timer's message if it is still wanted, and forgets a single timer before the message is handled.</summary>
    private bool Accept(Firing firing)
    {
        if (_timers == null || !_timers.TryGetValue(firing.Key, out var current) || !ReferenceEquals(current, firing))
        {
            return false;
        }

        if (!firing.Repeats)
        {
            _timers.Remove(firing.Key);
        }

        return true;
    }

    /// <summary>A timer and the message it sends: itself, opened by the cell before the actor sees it.</summary>
    internal sealed class Firing(ActorTimers owner, object key, object message, IActorRef receiver, IActorRef sender, bool repeats)
        : TellEntry(receiver, null, sender), IAutoReceivedMessage, IWrappedMessage, INoSerializationVerificationNeeded
    {
        internal object Key => key;

        internal bool Repeats => repeats;

        public object Message => message;

        internal bool TryAccept() => owner.Accept(this);
    }
}
