using Akka.Actor;

namespace Akka.TestKit;

/// <summary>
/// A state machine on the test's thread, whose state can be looked at and set. Stands for Akka.TestKit.TestFSMRef.
/// </summary>
public class TestFSMRef<TActor, TState, TData> : TestActorRefBase<TActor>
    where TActor : FSM<TState, TData>
{
    /// <summary>Made by <see cref="TestKitBase.ActorOfAsTestFSMRef{TFsmActor, TState, TData}(string, bool)"/>.</summary>
    /// <param name="system">Where it lives.</param>
    /// <param name="props">How it is made.</param>
    /// <param name="supervisor">Its parent; null: top level.</param>
    /// <param name="name">Its name; null: a generated one.</param>
    /// <param name="activateLogging">Taken for compatibility; <c>akka.actor.debug.fsm</c> is what switches the log.</param>
    public TestFSMRef(
        ActorSystem system, Props props, IActorRef supervisor = null, string name = null, bool activateLogging = false)
        : base(system, props, supervisor, name)
    {
    }

    /// <summary>The state it is in.</summary>
    public TState StateName => UnderlyingActor.StateName;

    /// <summary>The data it has.</summary>
    public TData StateData => UnderlyingActor.StateData;

    /// <summary>Goes to the same state with other data.</summary>
    public void SetStateData(TData stateData, TimeSpan? timeout = null) => SetState(StateName, stateData, timeout);

    /// <summary>Goes to the same state with another timeout.</summary>
    public void SetStateTimeout(TimeSpan timeout) => SetState(StateName, StateData, timeout);

    /// <summary>Goes to a state with the same data.</summary>
    public void SetState(TState stateName, TimeSpan? timeout = null) => SetState(stateName, StateData, timeout);

    /// <summary>Goes to a state, as if a handler had said so: the transition is announced, timers begin anew.</summary>
    public void SetState(TState stateName, TData stateData, TimeSpan? timeout = null, FSMBase.Reason stopReason = null) =>
        InActor(() => UnderlyingActor.ApplyState(
            new FSMBase.State<TState, TData>(stateName, stateData, timeout, stopReason, [])));

    /// <summary>Sets a named timer.</summary>
    public void SetTimer(string name, object msg, TimeSpan timeout, bool repeat = false) =>
        InActor(() => UnderlyingActor.SetTimer(name, msg, timeout, repeat));

    /// <summary>Cancels a named timer.</summary>
    public void CancelTimer(string name) => UnderlyingActor.CancelTimer(name);

    /// <summary>Whether a named timer will fire.</summary>
    public bool IsTimerActive(string name) => UnderlyingActor.IsTimerActive(name);

    /// <summary>Whether the timeout of the state will fire.</summary>
    public bool IsStateTimerActive() => UnderlyingActor.IsStateTimerActive();
}
