using Akka.Pattern;

namespace Akka.Actor;

public abstract partial class FSM<TState, TData>
{
    private Registered[] _states = [];
    private int _stateCount;
    private StateFunction _unhandled;
    private TransitionHandler _onTransition;
    private Action<StopEvent<TState, TData>> _onTermination;

    /// <summary>Handles events in a state; several functions for one state are asked in turn. The first timeout given counts.</summary>
    /// <param name="timeout">How long the state lasts without an event before <see cref="FSMBase.StateTimeout"/> is one.</param>
    public void When(TState stateName, StateFunction func, TimeSpan? timeout = null)
    {
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
        _states[index] = new Registered(stateName, e => before.Function(e) ?? func(e), before.Timeout ?? timeout);
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

        Array.Resize(ref _states, _stateCount);
        MakeTransition(_current);
    }

    /// <summary>Handlers of every GoTo, in the order of registration; StateName and StateData are still the old ones.</summary>
    public void OnTransition(TransitionHandler transitionHandler) => _onTransition += transitionHandler;

    /// <summary>Called once when the machine ends, for whatever reason.</summary>
    public void OnTermination(Action<StopEvent<TState, TData>> terminationHandler) => _onTermination = terminationHandler;

    /// <summary>Handles what no function of the state did; null leaves a warning in the log.</summary>
    public void WhenUnhandled(StateFunction stateFunction) =>
        _unhandled = _unhandled is { } before ? e => before(e) ?? stateFunction(e) : stateFunction;

    public TransformHelper Transform(StateFunction func) => new(func);

    private State<TState, TData> Judge(Event<TData> fsmEvent) =>
        TryFindState(StateName, out var state) ? state.Function(fsmEvent) : null;

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

        internal StateFunction Function { get; } = function;

        internal TimeSpan? Timeout => _timeout < 0 ? null : TimeSpan.FromTicks(_timeout);
    }
}
