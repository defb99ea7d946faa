using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The ref of an actor in this process. Stands for Akka's <c>LocalActorRef</c> and <c>RepointableActorRef</c> (public there): a top-level
/// actor is an ordinary one here, whose mailbox keeps what comes before its start.
/// </summary>
internal class LocalActorRef : ActorRefWithCell, ICanTell
{
    private readonly ActorCell _cell;
    private readonly Mailbox _mailbox;

    internal LocalActorRef(ActorSystemImpl system, Props props, MessageDispatcher dispatcher, ActorPath path, ActorRefBase parent)
    {
        Path = path;
        _cell = new ActorCell(system, this, props, dispatcher, parent);
        _mailbox = _cell.Mailbox;
    }

    public override ActorPath Path { get; }

    public override ICell Underlying => _cell;

    public override IEnumerable<IActorRef> Children => _cell.ChildrenInView;

    internal ActorCell Cell => _cell;

    internal override ActorSystemImpl System => _cell.SystemImpl;

    internal override ActorRefBase Parent => _cell.ParentRef;

    internal override bool IsTerminated => _cell.IsTerminated;

    void ICanTell.Tell(object message, IActorRef sender) => Post(message, sender);

    protected override void TellInternal(object message, IActorRef sender) => Post(message, sender);

    internal override void SendSystem(SystemMessage message)
    {
        if (!_mailbox.PostSystem(message))
        {
            _cell.SystemImpl.DeadLetterRef.SendSystem(message);
        }
    }

    internal override void Start() => SendSystem(new Create());

    internal override void Stop() => SendSystem(new Terminate());

    internal override void Suspend() => SendSystem(new Suspend());

    internal override void Resume(Exception causedByFailure) => SendSystem(new Resume(causedByFailure));

    internal override void Restart(Exception cause) => SendSystem(new Recreate(cause));

    internal override ActorRefBase GetSingleChild(string name) => _cell.GetSingleChild(name);

    internal override IReadOnlyList<ActorRefBase> GetChildren() => _cell.ChildRefs();

    private void Post(object message, IActorRef sender)
    {
        if (message == null)
        {
            ThrowNullMessage();
        }

        if (!_mailbox.Post(message, sender))
        {
            var deadLetters = _cell.SystemImpl.DeadLetterRef;
            deadLetters.Tell(new DeadLetter(message, sender ?? deadLetters, this), sender);
        }
    }
}
