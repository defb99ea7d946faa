using Akka.Pattern;

namespace Akka.Actor;

public abstract partial class FSM<TState, TData>
{
    /// <summary>
    /// The table of the machine of this kind that was made first and judges everything by one function. Later ones that register the same states
    /// share it, so each of them has no more than that function.
    /// </summary>
    private static Registered[] _common;

    private Registered[] _states = [];
    private int _stateCount;
    private StateFunction _every;           // of all states, while _states is _common
    private StateFunction _unhandled;
    private TransitionHandler _onTransition;
    private Action<StopEvent<TState, TData>> _onTermination;

    /// <summary>Handles events in a state; several functions for one state are asked in turn. The first timeout given counts.</summary>
    /// <param name="timeout">How long the state lasts without an event before <see cref="FSMBase.StateTimeout"/> is one.</param>
    public void When(TState stateName, StateFunction func, TimeSpan? timeout = null)
    {
        if (FollowsCommon(stateName, func, timeout))
        {
            return;
        }

        HaveTableOfItsOwn();
        var index = IndexOf(stateName);
        if (index < 0)
        {
            if (_stateCount == _states.Length)
            {
                Array.Resize(ref _states, Math.Max(4, _stateCount * 2));
            }

            _states[_stateCount++] = new Registered(stateName, func, timeout);
            return;
        }

        var before = _states[index];
        _states[index] = new Registered(stateName, InTurn(before.Function, func), before.Timeout ?? timeout);
    }

    /// <summary>The first state.</summary>
    public void StartWith(TState stateName, TData stateData, TimeSpan? timeout = null) =>
        _current = new State<TState, TData>(stateName, stateData, timeout);

    /// <summary>Changes the timeout of a state from its next event on.</summary>
    public void SetStateTimeout(TState state, TimeSpan? timeout)
    {
        var index = IndexOf(state);
        if (index >= 0)
        {
            HaveTableOfItsOwn();
            _states[index] = new Registered(state, _states[index].Function, timeout);
        }
    }

    /// <summary>Ends the constructor: enters the first state, as a transition from itself.</summary>
    public void Initialize()
    {
        if (_current == null)
        {
            throw new IllegalStateException("You must call StartWith before calling Initialize.");
        }

        SettleTable();
        MakeTransition(_current);
    }

    /// <summary>Handlers of every GoTo, in the order of registration; StateName and StateData are still the old ones.</summary>
    public void OnTransition(TransitionHandler transitionHandler) => _onTransition += transitionHandler;

    /// <summary>Called once when the machine ends, for whatever reason.</summary>
    public void OnTermination(Action<StopEvent<TState, TData>> terminationHandler) => _onTermination = terminationHandler;

    /// <summary>Handles what no function of the state did; null leaves a warning in the log.</summary>
    public void WhenUnhandled(StateFunction stateFunction) =>
        _unhandled = _unhandled is { } before ? InTurn(before, stateFunction) : stateFunction;

    public TransformHelper Transform(StateFunction func) => new(func);

    private State<TState, TData> Judge(Event<TData> fsmEvent) =>
        TryFindState(StateName, out var state) ? (state.Function ?? _every)(fsmEvent) : null;

    // A closure is made at the top of the method that holds it, needed or not: hence a method of its own.
    private static StateFunction InTurn(StateFunction first, StateFunction second) => e => first(e) ?? second(e);

    /// <summary>Whether so far this machine registers what the common table has; then there is nothing to keep.</summary>
    private bool FollowsCommon(TState name, StateFunction func, TimeSpan? timeout)
    {
        var common = _stateCount == 0 ? Volatile.Read(ref _common) : _every is null ? null : _states;
        if (common is null || func is null || _stateCount >= common.Length || (_every is not null && !ReferenceEquals(func, _every)) || !common[_stateCount].Is(name, timeout))
        {
            return false;
        }

        (_states, _every) = (common, func);
        _stateCount++;
        return true;
    }

    private void HaveTableOfItsOwn()
    {
        if (_every is not { } every)
        {
            return;
        }

        var own = new Registered[_stateCount];
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = new Registered(_states[i].Name, every, _states[i].Timeout);
        }

        (_states, _every) = (own, null);
    }

    /// <summary>All states are registered: the first machine with one function for all of them leaves its table to the others.</summary>
    private void SettleTable()
    {
        if (_every is not null && _stateCount == _states.Length)
        {
            return;
        }

        HaveTableOfItsOwn();
        Array.Resize(ref _states, _stateCount);
        if (_common is null && _stateCount > 1 && _states[0].Function is not null && Array.TrueForAll(_states, s => ReferenceEquals(s.Function, _states[0].Function)))
        {
            _every = _states[0].Function;
            _states = Array.ConvertAll(_states, s => new Registered(s.Name, null, s.Timeout));
            Volatile.Write(ref _common, _states);
        }
    }

    private void RunTransitionHandlers(TState from, TState to) => _onTransition?.Invoke(from, to);

    private bool TryFindState(TState name, out Registered state)
    {
        var index = IndexOf(name);
        state = index < 0 ? default : _states[index];
        return index >= 0;
    }

    // A machine has a dozen states at most: looking through an array is as fast as a map, and smaller.
    private int IndexOf(TState name)
    {
        var states = _states;
        for (var i = 0; i < _stateCount; i++)
        {
            if (EqualityComparer<TState>.Default.Equals(states[i].Name, name))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Stands for Akka's <c>TransformHelper</c>: changes what a state function answers.</summary>
    public sealed class TransformHelper
    {
        internal TransformHelper(StateFunction func)
        {
            Func = func;
        }

        public StateFunction Func { get; }

        public StateFunction Using(Func<State<TState, TData>, State<TState, TData>> andThen) =>
            e => Func(e) is { } state ? andThen(state) : null;
    }

    private readonly struct Registered(TState name, StateFunction function, TimeSpan? timeout)
    {
        private readonly long _timeout = timeout?.Ticks ?? -1;

        internal TState Name { get; } = name;

        /// <summary>Null in the common table.</summary>
        internal StateFunction Function { get; } = function;

        internal TimeSpan? Timeout => _timeout < 0 ? null : TimeSpan.FromTicks(_timeout);

        internal bool Is(TState name, TimeSpan? timeout) =>
            EqualityComparer<TState>.Default.Equals(Name, name) && _timeout == (timeout?.Ticks ?? -1);
    }
}
