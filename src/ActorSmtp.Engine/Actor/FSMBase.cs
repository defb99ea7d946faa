namespace Akka.Actor;

/// <summary>Stands for Akka's <c>FSMBase</c>: the words of every <see cref="FSM{TState, TData}"/>. Left out: the event log of ILoggingFSM.</summary>
public abstract class FSMBase : ActorBase
{
    private protected FSMBase()
    {
    }

    /// <summary>Told to a transition subscriber at once: the state the machine is in.</summary>
    public sealed class CurrentState<TS>
    {
        public CurrentState(IActorRef fsmRef, TS state)
        {
            FsmRef = fsmRef;
            State = state;
        }

        public IActorRef FsmRef { get; }

        public TS State { get; }

        public override bool Equals(object obj) =>
            obj is CurrentState<TS> other && Equals(FsmRef, other.FsmRef) && EqualityComparer<TS>.Default.Equals(State, other.State);

        public override int GetHashCode() => HashCode.Combine(FsmRef, State);

        public override string ToString() => $"CurrentState <{State}>";
    }

    /// <summary>Told to a transition subscriber at each GoTo.</summary>
    public sealed class Transition<TS>
    {
        public Transition(IActorRef fsmRef, TS from, TS to)
        {
            FsmRef = fsmRef;
            From = from;
            To = to;
        }

        public IActorRef FsmRef { get; }

        public TS From { get; }

        public TS To { get; }

        public override bool Equals(object obj) =>
            obj is Transition<TS> other && Equals(FsmRef, other.FsmRef) && EqualityComparer<TS>.Default.Equals(From, other.From)
            && EqualityComparer<TS>.Default.Equals(To, other.To);

        public override int GetHashCode() => HashCode.Combine(FsmRef, From, To);

        public override string ToString() => $"Transition({From}, {To})";
    }

    /// <summary>Asks to be told of transitions.</summary>
    public sealed class SubscribeTransitionCallBack
    {
        public SubscribeTransitionCallBack(IActorRef actorRef)
        {
            ActorRef = actorRef;
        }

        public IActorRef ActorRef { get; }
    }

    /// <summary>Takes the subscription back.</summary>
    public sealed class UnsubscribeTransitionCallBack
    {
        public UnsubscribeTransitionCallBack(IActorRef actorRef)
        {
            ActorRef = actorRef;
        }

        public IActorRef ActorRef { get; }
    }

    /// <summary>Why a machine stopped.</summary>
    public abstract class Reason
    {
    }

    /// <summary>It was done.</summary>
    public sealed class Normal : Reason
    {
        private Normal()
        {
        }

        public static Normal Instance { get; } = new();
    }

    /// <summary>It was stopped from outside, or restarted.</summary>
    public sealed class Shutdown : Reason
    {
        private Shutdown()
        {
        }

        public static Shutdown Instance { get; } = new();
    }

    /// <summary>It went wrong.</summary>
    public sealed class Failure : Reason
    {
        public Failure(object cause)
        {
            Cause = cause;
        }

        public object Cause { get; }

        public override string ToString() => $"Failure({Cause})";
    }

    /// <summary>The event of a state whose time is over.</summary>
    public sealed class StateTimeout
    {
        private StateTimeout()
        {
        }

        public static StateTimeout Instance { get; } = new();
    }

    /// <summary>What a state function is asked to judge.</summary>
    public readonly struct Event<TD> : INoSerializationVerificationNeeded
    {
        public Event(object fsmEvent, TD stateData)
        {
            FsmEvent = fsmEvent;
            StateData = stateData;
        }

        public object FsmEvent { get; }

        public TD StateData { get; }

        public override string ToString() => $"Event: <{FsmEvent}>, StateData: <{StateData}>";
    }

    /// <summary>What OnTermination hears.</summary>
    public sealed class StopEvent<TS, TD> : INoSerializationVerificationNeeded
    {
        public StopEvent(Reason reason, TS terminatedState, TD stateData)
        {
            Reason = reason;
            TerminatedState = terminatedState;
            StateData = stateData;
        }

        public Reason Reason { get; }

        public TS TerminatedState { get; }

        public TD StateData { get; }

        public override string ToString() => $"StopEvent(reason: {Reason}, state: {TerminatedState}, data: {StateData})";
    }

    /// <summary>What a state function answers: where to go, with what data, and what to say.</summary>
    public sealed class State<TS, TD> : IEquatable<State<TS, TD>>
    {
        internal static readonly TimeSpan? NoTimeout = TimeSpan.MaxValue;

        public State(TS stateName, TD stateData, TimeSpan? timeout = null, Reason stopReason = null, IReadOnlyList<object> replies = null,
            bool notifies = true)
        {
            StateName = stateName;
            StateData = stateData;
            Timeout = timeout;
            StopReason = stopReason;
            Replies = replies ?? [];
            Notifies = notifies;
        }

        public TS StateName { get; }

        public TD StateData { get; }

        public TimeSpan? Timeout { get; }

        public Reason StopReason { get; }

        /// <summary>In the order of the calls.</summary>
        public IReadOnlyList<object> Replies { get; }

        /// <summary>Whether this is a transition: GoTo, not Stay.</summary>
        internal bool Notifies { get; }

        /// <summary>Stays this long at most; until the next event. <see cref="TimeSpan.MaxValue"/> lifts the state's own timeout.</summary>
        public State<TS, TD> ForMax(TimeSpan timeout) => new(StateName, StateData, timeout, StopReason, Replies, Notifies);

        /// <summary>Tells the sender of the event.</summary>
        public State<TS, TD> Replying(object replyValue) =>
            new(StateName, StateData, Timeout, StopReason, [.. Replies, replyValue], Notifies);

        public State<TS, TD> Using(TD nextStateData) => new(StateName, nextStateData, Timeout, StopReason, Replies, Notifies);

        internal State<TS, TD> WithStopReason(Reason reason) => new(StateName, StateData, Timeout, reason, Replies, Notifies);

        public bool Equals(State<TS, TD> other) =>
            other is not null && EqualityComparer<TS>.Default.Equals(StateName, other.StateName)
            && EqualityComparer<TD>.Default.Equals(StateData, other.StateData) && Equals(StopReason, other.StopReason)
            && Timeout == other.Timeout && Replies.SequenceEqual(other.Replies);

        public override bool Equals(object obj) => Equals(obj as State<TS, TD>);

        public override int GetHashCode() => HashCode.Combine(StateName, StateData, Timeout, StopReason);

        public override string ToString() => $"State<TS, TD><{StateName}>, {StateData}";
    }
}
