using Akka.Actor.Internal;
using Akka.Dispatch;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>
/// The inside of one actor: its instance, its place in the tree and what it is doing. Stands for Akka's <c>ActorCell</c> (public there). Cut by
/// concern: this file makes, runs and changes behaviour; <c>.Children</c>, <c>.Faults</c>, <c>.DeathWatch</c> and <c>.Timeout</c> are the rest.
/// Everything but the tell side runs in the actor's own turn.
/// </summary>
internal sealed partial class ActorCell : IUntypedActorContext, ICell
{
    /// <summary>The behaviour an actor begins with, shared by all so that none has to hold a delegate of its own.</summary>
    internal static readonly Receive InitialBehavior =
        static message => InternalCurrentActorCellKeeper.Current._actor.InvokeInitial(message);

    private ActorBase _actor;
    private Stack<Receive> _behaviors;
    private Receive _behavior = InitialBehavior;
    private IActorRef _sender;
    private object _stash;
    private IDisposableTimers _timers;
    private ActorTaskScheduler _taskScheduler;

    internal ActorCell(ActorSystemImpl system, LocalActorRef self, Props props, MessageDispatcher dispatcher, ActorRefBase parent)
    {
        SystemImpl = system;
        LocalRef = self;
        Props = props;
        ParentRef = parent;
        Mailbox = new Mailbox(this, dispatcher);
    }

    internal ActorSystemImpl SystemImpl { get; }

    internal LocalActorRef LocalRef { get; }

    internal ActorRefBase ParentRef { get; }

    internal Mailbox Mailbox { get; }

    internal ActorBase Actor => _actor;

    internal object CurrentMessage { get; set; }

    /// <summary>The sender as it came; null for none.</summary>
    internal IActorRef CurrentSender
    {
        get => _sender;
        set => _sender = value;
    }

    /// <summary>Counts the messages handled: tells one from the next of the same content.</summary>
    internal long EnvelopeNumber { get; private set; }

    internal bool IsMakingActor { get; private set; }

    internal ActorTaskScheduler TaskScheduler => _taskScheduler ??= new ActorTaskScheduler(this);

    public IActorRef Self => LocalRef;

    public Props Props { get; private set; }

    public IActorRef Sender => _sender ?? SystemImpl.DeadLetters;

    public ActorSystem System => SystemImpl;

    public IActorRef Parent => ParentRef;

    public MessageDispatcher Dispatcher => Mailbox.Dispatcher;

    bool ICell.IsTerminated => IsTerminated;

    bool ICell.HasMessages => Mailbox.HasMessages;

    int ICell.NumberOfMessages => Mailbox.NumberOfMessages;

    public ActorSelection ActorSelection(ActorPath actorPath) => SystemImpl.SelectionOf(actorPath);

    public ActorSelection ActorSelection(string actorPath) => SystemImpl.SelectionOf(LocalRef, actorPath);

    public void Become(Receive receive)
    {
        _behaviors = null;
        _behavior = receive;
    }

    public void BecomeStacked(Receive receive)
    {
        (_behaviors ??= new Stack<Receive>()).Push(_behavior);
        _behavior = receive;
    }

    public void Become(UntypedReceive receive) => Become(Handled(receive));

    public void BecomeStacked(UntypedReceive receive) => BecomeStacked(Handled(receive));

    public void UnbecomeStacked() => _behavior = _behaviors is { Count: > 0 } ? _behaviors.Pop() : InitialBehavior;

    private static Receive Handled(UntypedReceive receive) => message =>
    {
        receive(message);
        return true;
    };

    /// <summary>Handles one user message. Exceptions end up with the supervisor, never with the caller.</summary>
    internal void Invoke(object message, IActorRef sender)
    {
        EnvelopeNumber++;
        CurrentMessage = message;
        _sender = sender;
        var counts = _patience != null && BeginTimed(message);
        try
        {
            ReceiveAny(message);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }

        if (_patience != null)
        {
            EndTimed(counts);
        }

        CurrentMessage = null;
        _sender = null;
    }

    /// <summary>Handles one system message.</summary>
    internal void SystemInvoke(SystemMessage message)
    {
        try
        {
            switch (message)
            {
                case Create: CreateActor(); break;
                case Dispatch.SysMsg.Watch m: AddWatcher(m.Watchee, m.Watcher); break;
                case Dispatch.SysMsg.Unwatch m: RemoveWatcher(m.Watchee, m.Watcher); break;
                case DeathWatchNotification m: WatchedActorTerminated(m.Actor, m.ExistenceConfirmed); break;
                case ActorTask m: m.Run(this); break;
                case Failed m: HandleFailed(m); break;
                case Suspend: FaultSuspend(); break;
                case Resume m: FaultResume(m.CausedByFailure); break;
                case Recreate m: FaultRecreate(m.Cause); break;
                case Dispatch.SysMsg.Terminate: Terminate(); break;
                default: throw new NotSupportedException($"Unknown message {message.GetType().Name}");
            }
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e);
        }

        if (message is ActorTask or Failed)
        {
            CurrentMessage = null;
            _sender = null;
        }
    }

    internal void AdoptActor(ActorBase actor)
    {
        if (actor is IWithTimers timed)
        {
            timed.Timers = NewTimers();
        }
    }

    internal void ReceiveMessage(object message)
    {
        if (SystemImpl.LogReceives && _actor is ILogReceive)
        {
            Publish(new Debug(LocalRef.Path.ToString(), _actor.GetType(),
                $"received handled message {message} from {Sender}"));
        }

        _actor.InvokeReceive(_behavior, message);
    }

    private void ReceiveAny(object message)
    {
        if (message is IAutoReceivedMessage)
        {
            AutoReceive(message);
        }
        else
        {
            ReceiveMessage(message);
        }
    }

    private void AutoReceive(object message)
    {
        if (SystemImpl.Settings.DebugAutoReceive)
        {
            Publish(new Debug(LocalRef.Path.ToString(), _actor?.GetType(), $"received AutoReceiveMessage {message} from {Sender}"));
        }

        switch (message)
        {
            case ActorTimers.Firing m:
                if (m.TryAccept())
                {
                    CurrentMessage = m.Message;
                    ReceiveAny(m.Message);
                }

                break;
            case Terminated m: ReceivedTerminated(m); break;
            case PoisonPill: LocalRef.Stop(); break;
            case Kill: throw new ActorKilledException("Kill");
            case Identify m: Sender.Tell(new ActorIdentity(m.MessageId, LocalRef), LocalRef); break;
            default: ReceiveMessage(message); break;
        }
    }

    private void CreateActor()
    {
        try
        {
            _actor = NewActor();
            _actor.AroundPreStart();
            if (SystemImpl.Settings.DebugLifecycle)
            {
                Publish(new Debug(LocalRef.Path.ToString(), _actor.GetType(), $"Started ({_actor})"));
            }

            StartReceiveTimeout();
        }
        catch (Exception e)
        {
            if (_actor != null)
            {
                ClearActor(_actor);
                _actor = null; // so that PreRestart does not run
            }

            throw e as ActorInitializationException ?? new ActorInitializationException(
                LocalRef, $"Exception during creation: {e.Message}", e);
        }
    }

    private ActorBase NewActor()
    {
        // On a restart the behaviour begins anew.
        _behaviors = null;
        _behavior = InitialBehavior;
        ActorBase instance;
        IsMakingActor = true;
        try
        {
            instance = Props.NewActor() ?? throw new ActorInitializationException(LocalRef, "The producer returned null.");
        }
        finally
        {
            IsMakingActor = false;
        }

        if (instance is IActorStash stashed)
        {
            stashed.Stash = (IStash)(_stash = new Stash(this, SystemImpl.StashCapacityOf(this)));
        }

        (instance as IInitializable)?.Init();
        return instance;
    }

    /// <summary>The instance is done with: timers die, the stash goes back to the mailbox, it is disposed.</summary>
    private void BeforeActorEnds() => _timers?.CancelAll();

    private void ClearActor(ActorBase actor)
    {
        _timers?.CancelAll();
        _timers = null;
        if (_stash is Stash stash)
        {
            _stash = null;
            stash.UnstashAll();
        }

        if (actor != null && !actor.IsCleared)
        {
            try
            {
                (actor as IDisposable)?.Dispose();
                Props.Release(actor);
            }
            catch (Exception e)
            {
                Publish(new Error(e, LocalRef.Path.ToString(), actor.GetType(), $"An error occurred while disposing {actor.GetType()}: {e.Message}"));
            }

            actor.Clear();
        }
    }

    internal void Publish(LogEvent e) => SystemImpl.EventStream.Publish(e);

    /// <summary>A sender's look at its own name; what the engine's timers need of an actor that dies.</summary>
    internal interface IDisposableTimers
    {
        void CancelAll();
    }
}
