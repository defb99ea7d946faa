using Akka.Actor.Scheduling;
using Akka.Event;

namespace Akka.Actor;

public abstract partial class FSM<TState, TData>
{
    private StateTimeoutEntry _stateTimer;

    /// <summary>One timer, which is all that most have, or a map of them.</summary>
    private object _timers;

    /// <summary>Sends an event later; the same name replaces, and a firing of the old one that is queued already is dropped.</summary>
    public void SetTimer(string name, object msg, TimeSpan timeout, bool repeat = false)
    {
        if (DebugEvent)
        {
            Log.Debug("setting {0} timer {1}: {2}", repeat ? "repeating" : "", name, timeout);
        }

        CancelTimer(name);
        // What the engine handles itself must come to it plainly.
        var timer = new NamedTimer(name, msg, repeat, Self, Self, plain: msg is IAutoReceivedMessage);
        switch (_timers)
        {
            case null:
                _timers = timer;
                break;
            case NamedTimer one:
                _timers = new Dictionary<string, NamedTimer> { [one.Name] = one, [name] = timer };
                break;
            case Dictionary<string, NamedTimer> many:
                many[name] = timer;
                break;
        }

        Cell.SystemImpl.Timers.Set(timer, timeout, repeat ? timeout : TimeSpan.Zero);
    }

    public void CancelTimer(string name)
    {
        if (FindTimer(name) is { } timer)
        {
            timer.Cancel();
            ForgetTimer(timer);
        }
    }

    public bool IsTimerActive(string name) => FindTimer(name) != null;

    /// <summary>For tests: whether a state timeout is set.</summary>
    internal bool IsStateTimerActive() => _stateTimer is { Pending: true };

    private NamedTimer FindTimer(string name) => _timers switch
    {
        NamedTimer one when one.Name == name => one,
        Dictionary<string, NamedTimer> many => many.GetValueOrDefault(name),
        _ => null,
    };

    private void ForgetTimer(NamedTimer timer)
    {
        if (_timers is Dictionary<string, NamedTimer> many)
        {
            many.Remove(timer.Name);
        }
        else
        {
            _timers = null;
        }
    }

    /// <summary>False for a firing that was replaced or cancelled meanwhile. A single timer is forgotten before its event is handled.</summary>
    private bool TakeTimer(NamedTimer timer)
    {
        if (!ReferenceEquals(FindTimer(timer.Name), timer))
        {
            return false;
        }

        if (!timer.Repeats)
        {
            ForgetTimer(timer);
        }

        return true;
    }

    private void CancelAllTimers()
    {
        switch (_timers)
        {
            case NamedTimer one:
                one.Cancel();
                break;
            case Dictionary<string, NamedTimer> many:
                foreach (var timer in many.Values)
                {
                    timer.Cancel();
                }

                break;
        }

        _timers = null;
    }

    private void SetStateTimer(TimeSpan timeout)
    {
        var timers = Cell.SystemImpl.Timers;
        if (_stateTimer == null || !timers.TryReset(_stateTimer, timeout))
        {
            _stateTimer = new StateTimeoutEntry(Self);
            timers.Set(_stateTimer, timeout, TimeSpan.Zero);
        }

        _stateTimer.Pending = true;
    }

    private void CancelStateTimer()
    {
        if (_stateTimer is not { Pending: true } timer)
        {
            return;
        }

        timer.Pending = false;
        timer.Cancel();
    }

    /// <summary>A timeout that is queued after the state moved on is told by not being pending, or not being the current one.</summary>
    private sealed class StateTimeoutEntry(IActorRef self) : TellEntry(self, null, self), INoSerializationVerificationNeeded
    {
        internal bool Pending { get; set; }
    }

    private sealed class NamedTimer(string name, object message, bool repeats, IActorRef self, IActorRef sender, bool plain)
        : TellEntry(self, plain ? message : null, sender), INoSerializationVerificationNeeded, IWrappedMessage
    {
        internal string Name => name;

        internal object Event => message;

        internal bool Repeats => repeats;

        object IWrappedMessage.Message => message;
    }
}
