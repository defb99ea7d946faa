using Akka.Event;
using Akka.Pattern;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>FSM&lt;TState, TData&gt;</c>: an actor as a state machine. States are functions from an event to the next state; null means "not here"
/// and falls to the next function of the state, then to WhenUnhandled. This file is the machine; <c>FSM.States</c> what a machine is built with;
/// <c>FSM.Timers</c> its timers. Left out: Listeners (see docs/engine.md).
/// </summary>
public abstract partial class FSM<TState, TData> : FSMBase
{
    /// <summary>Whether <c>akka.actor.debug.fsm</c> logs each event.</summary>
    protected bool DebugEvent = Context.System.Settings.FsmDebugEvent;

    private State<TState, TData> _current;
    private State<TState, TData> _next;
    private List<IActorRef> _subscribers;
    private bool _isTerminated;
    private ILoggingAdapter _log;

    protected FSM()
    {
    }

    public delegate State<TState, TData> StateFunction(Event<TData> fsmEvent);

    public delegate void TransitionHandler(TState initialState, TState nextState);

    public TState StateName => Initialized.StateName;

    public TData StateData => Initialized.StateData;

    /// <summary>The data to come; inside OnTransition only.</summary>
    public TData NextStateData => _next is { } next
        ? next.StateData
        : throw new InvalidOperationException("NextStateData is only available during OnTransition");

    private ILoggingAdapter Log => _log ??= Context.GetLogger();

    private State<TState, TData> Initialized => _current ?? throw new IllegalStateException("You must call StartWith before calling Initialize.");

    /// <summary>Goes to a state: always a transition, even to the same one.</summary>
    public State<TState, TData> GoTo(TState nextStateName) => new(nextStateName, StateData);

    /// <summary>Stays, without a transition.</summary>
    public State<TState, TData> Stay() => _stay ??= new State<TState, TData>(StateName, StateData, notifies: false);

    public State<TState, TData> Stop() => Stop(Normal.Instance);

    public State<TState, TData> Stop(Reason reason) => Stop(reason, StateData);

    public State<TState, TData> Stop(Reason reason, TData stateData) =>
        new(StateName, stateData, stopReason: reason, notifies: false);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case StateTimeoutEntry timeout:
                if (ReferenceEquals(timeout, _stateTimer) && timeout.Pending)
                {
                    timeout.Pending = false;
                    ProcessMessage(StateTimeout.Instance, "state timeout");
                }

                return true;
            case NamedTimer timer:
                if (TakeTimer(timer))
                {
                    ProcessMessage(timer.Event, timer);
                }

                return true;
            case SubscribeTransitionCallBack subscribe:
                (_subscribers ??= []).Add(subscribe.ActorRef);
                subscribe.ActorRef.Tell(new CurrentState<TState>(Self, StateName), Self);
                return true;
            case UnsubscribeTransitionCallBack unsubscribe:
                Unsubscribe(unsubscribe.ActorRef);
                return true;
            default:
                ProcessMessage(message, Sender);
                return true;
        }
    }

    // By itself: its closure would otherwise be made for every event.
    private void Unsubscribe(IActorRef subscriber) => _subscribers?.RemoveAll(s => s.Equals(subscriber));

    protected override void PostStop()
    {
        // Stopped from outside, or restarted. An FSM that ended itself has said so already.
        Terminate(Stay().WithStopReason(Shutdown.Instance));
        base.PostStop();
    }

    protected virtual void LogTermination(Reason reason)
    {
        if (reason is not Failure failure)
        {
            return;
        }

        if (failure.Cause is Exception exception)
        {
            Log.Error(exception, "terminating due to Failure");
        }
        else
        {
            Log.Error(failure.Cause?.ToString() ?? "null");
        }
    }

    private void ProcessMessage(object any, object source)
    {
        CancelStateTimer();
        ProcessEvent(new Event<TData>(any, StateData), source);
    }

    private void ProcessEvent(Event<TData> fsmEvent, object source)
    {
        if (DebugEvent)
        {
            Log.Debug("processing {0} from {1} in state {2}", fsmEvent, source, StateName);
        }

        var before = StateName;
        var next = Judge(fsmEvent) ?? Unhandled(fsmEvent);
        ApplyState(next);
        if (DebugEvent && !EqualityComparer<TState>.Default.Equals(before, next.StateName))
        {
            Log.Debug("transition {0} -> {1}", before, next.StateName);
        }
    }

    private State<TState, TData> Unhandled(Event<TData> fsmEvent)
    {
        if (_unhandled?.Invoke(fsmEvent) is { } handled)
        {
            return handled;
        }

        Log.Warning("unhandled event {0} in state {1}", fsmEvent.FsmEvent, StateName);
        return Stay();
    }

    /// <summary>Does what a state function, or a test, has decided.</summary>
    internal void ApplyState(State<TState, TData> next)
    {
        if (next.StopReason == null)
        {
            MakeTransition(next);
            return;
        }

        Reply(next);
        Terminate(next);
        Cell.Stop(Self);
    }

    private void MakeTransition(State<TState, TData> next)
    {
        if (!TryFindState(next.StateName, out var registered))
        {
            Terminate(Stay().WithStopReason(new Failure($"Next state {next.StateName} does not exist")));
            return;
        }

        Reply(next);
        if (next.Notifies)
        {
            _next = next;
            try
            {
                RunTransitionHandlers(StateName, next.StateName);
                if (_subscribers != null)
                {
                    var transition = new Transition<TState>(Self, StateName, next.StateName);
                    foreach (var subscriber in _subscribers)
                    {
                        subscriber.Tell(transition, Self);
                    }
                }
            }
            finally
            {
                _next = null;
            }
        }

        Adopt(next);
        var timeout = next.Timeout ?? registered.Timeout;
        if (timeout is { } given && given != TimeSpan.MaxValue && given >= TimeSpan.Zero)
        {
            SetStateTimer(given);
        }
    }

    /// <summary>Keeps the state only as long as it says something new: replies and a timeout of its own are spent.</summary>
    private void Adopt(State<TState, TData> next)
    {
        if (ReferenceEquals(next, _stay))
        {
            return;
        }

        _stay = null;
        _current = next.Replies.Count == 0 ? next : new State<TState, TData>(next.StateName, next.StateData, next.Timeout);
    }

    private State<TState, TData> _stay;

    private void Reply(State<TState, TData> next)
    {
        for (var i = 0; i < next.Replies.Count; i++)
        {
            Sender.Tell(next.Replies[i], Self);
        }
    }

    private void Terminate(State<TState, TData> next)
    {
        if (_isTerminated || _current == null)
        {
            return;
        }

        _isTerminated = true;
        LogTermination(next.StopReason);
        CancelAllTimers();
        CancelStateTimer();
        _onTermination?.Invoke(new StopEvent<TState, TData>(next.StopReason, StateName, next.StateData));
    }
}
