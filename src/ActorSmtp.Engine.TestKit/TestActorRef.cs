using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.TestKit;

/// <summary>
/// An actor that runs on the thread that tells it something, so that it has handled a message when Tell returns, and whose
/// instance a test can look at. Its children run as usual. Stands for Akka.TestKit.TestActorRefBase; what only the engine calls is
/// not there.
/// </summary>
public abstract class TestActorRefBase<TActor> : IActorRef, IWrappedActorRef
    where TActor : ActorBase
{
    private readonly LocalActorRef _ref;

    /// <summary>Makes the actor: its constructor and PreStart have run when this returns.</summary>
    protected TestActorRefBase(ActorSystem system, Props actorProps, IActorRef supervisor = null, string name = null)
    {
        var props = actorProps.Dispatcher is null ? actorProps.WithDispatcher(CallingThreadDispatcher.Id) : actorProps;
        _ref = supervisor.IsNobody()
            ? (LocalActorRef)system.ActorOf(props, name)
            : ((LocalActorRef)supervisor.Base()).Cell.MakeChild(props, name, null);
    }

    /// <summary>The plain reference.</summary>
    public IActorRef Ref => _ref;

    /// <summary>The instance; after a restart the new one.</summary>
    /// <exception cref="IllegalActorStateException">The actor has ended, or could not be made.</exception>
    public TActor UnderlyingActor =>
        _ref.Cell.Actor as TActor
        ?? throw new IllegalActorStateException($"Underlying actor of {_ref} is not there: it has ended or could not be made.");

    /// <inheritdoc/>
    public ActorPath Path => _ref.Path;

    ActorRefBase IWrappedActorRef.Wrapped => _ref;

    private protected ActorCell Cell => _ref.Cell;

    /// <summary>The plain reference of <paramref name="actorRef"/>.</summary>
    public static IActorRef ToActorRef(TestActorRefBase<TActor> actorRef) => actorRef._ref;

    /// <summary>Compares by path and uid.</summary>
    public static bool operator ==(TestActorRefBase<TActor> testActorRef, IActorRef actorRef) => Equals(testActorRef, actorRef);

    /// <summary>Compares by path and uid.</summary>
    public static bool operator !=(TestActorRefBase<TActor> testActorRef, IActorRef actorRef) => !Equals(testActorRef, actorRef);

    /// <summary>Compares by path and uid.</summary>
    public static bool operator ==(IActorRef actorRef, TestActorRefBase<TActor> testActorRef) => Equals(testActorRef, actorRef);

    /// <summary>Compares by path and uid.</summary>
    public static bool operator !=(IActorRef actorRef, TestActorRefBase<TActor> testActorRef) => !Equals(testActorRef, actorRef);

    /// <summary>Has the actor handle a message here and now, past its mailbox; what it throws comes out here.</summary>
    public void Receive(object message, IActorRef sender = null) => InActor(() =>
    {
        Cell.CurrentMessage = message;
        Cell.CurrentSender = sender;
        try
        {
            Cell.ReceiveMessage(message);
        }
        finally
        {
            Cell.CurrentMessage = null;
            Cell.CurrentSender = null;
        }
    });

    /// <summary>Tells it something, from the implicit sender; what it throws goes to its supervisor.</summary>
    public void Tell(object message) => ((IActorRef)_ref).Tell(message);

    /// <summary>Tells it something; what it throws goes to its supervisor.</summary>
    public void Tell(object message, IActorRef sender) => _ref.Tell(message, sender);

    /// <summary>Tells it something, from the sender of the message being handled on this thread.</summary>
    public void Forward(object message) => ActorRefImplicitSenderExtensions.Forward(_ref, message);

    /// <summary>Has the actor watch another.</summary>
    public void Watch(IActorRef subject) => InActor(() => Cell.Watch(subject));

    /// <summary>Has the actor watch another no longer.</summary>
    public void Unwatch(IActorRef subject) => InActor(() => Cell.Unwatch(subject));

    /// <inheritdoc/>
    public override string ToString() => $"TestActor[{_ref}]";

    /// <inheritdoc/>
    public override bool Equals(object obj) => _ref.Equals(obj);

    /// <inheritdoc/>
    public bool Equals(IActorRef other) => _ref.Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _ref.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(object obj) => _ref.CompareTo(obj);

    int IComparable<IActorRef>.CompareTo(IActorRef other) => _ref.CompareTo(other);

    private protected void InActor(Action action)
    {
        var before = InternalCurrentActorCellKeeper.Current;
        InternalCurrentActorCellKeeper.Current = Cell;
        try
        {
            action();
        }
        finally
        {
            InternalCurrentActorCellKeeper.Current = before;
        }
    }
}

/// <summary>Made by <see cref="TestKitBase.ActorOfAsTestActorRef{TActor}(string)"/>. Stands for Akka.TestKit.TestActorRef.</summary>
public class TestActorRef<TActor> : TestActorRefBase<TActor>
    where TActor : ActorBase
{
    /// <inheritdoc/>
    public TestActorRef(ActorSystem system, Props actorProps, IActorRef supervisor = null, string name = null)
        : base(system, actorProps, supervisor, name)
    {
    }
}
