using Akka.Actor;
using ActorSmtp.Server.Pop3;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using static ActorSmtp.Server.Listening.ListenerMessages;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// Starts one <see cref="ListenerActor"/> per enabled listener of the configuration and tells who asked when all are bound, or why one is not.
/// At shutdown it has them accept no more and waits for their sessions.
/// </summary>
internal sealed class ListenersActor : ReceiveActor
{
    private readonly ListenersContext _at;
    private readonly List<Bound> _bound = [];
    private readonly HashSet<IActorRef> _listeners = [];
    private readonly List<IActorRef> _waitForEnd = [];
    private IActorRef _starter = ActorRefs.Nobody;
    private int _open;

    public ListenersActor(ListenersContext at)
    {
        _at = at;
        Receive<Start>(_ => OnStart());
        Receive<Bound>(OnBound);
        Receive<CannotBind>(m => _starter.Tell(m));
        Receive<Unbind>(_ => OnUnbind());
        Receive<Ended>(m => OnEnded(Sender));
        Receive<Terminated>(m => OnEnded(m.ActorRef));
    }

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForListeners;

    private void OnStart()
    {
        _starter = Sender;
        foreach (var settings in _at.Settings.Listeners)
        {
            var gate = new ListenerGate(_at.Gate, settings.Peers.Connections, mayUseReserve: settings.IsForOurUsers);
            var session = new SessionContext(_at.Settings, settings, _at.Ports, _at.Certificates.OptionsOf(settings.Name), gate);
            var listener = Context.ActorOf(Supervision.OfListener(new ListenerContext(settings, _at, session) { Kind = KindOf(settings, session) }), settings.Name);
            Context.Watch(listener);
            _listeners.Add(listener);
        }

        _open = _listeners.Count;
        TellIfAllBound();
    }

    private SessionKind KindOf(ListenerSettings settings, SessionContext session) =>
        settings.Role == ListenerRole.Pop3 ? new Pop3Sessions(new Pop3Context(_at.Settings, session, _at.Maildrops!)) : new SmtpSessions(session);

    private void OnBound(Bound m)
    {
        _bound.Add(m);
        TellIfAllBound();
    }

    private void TellIfAllBound()
    {
        if (_bound.Count == _open)
        {
            _starter.Tell(new AllBound([.. _bound]));
        }
    }

    private void OnUnbind()
    {
        _waitForEnd.Add(Sender);
        foreach (var listener in _listeners)
        {
            listener.Tell(Unbind.Instance);
        }

        TellIfAllEnded();
    }

    /// <summary>The last session of a listener that accepts no more has ended, or the listener has.</summary>
    private void OnEnded(IActorRef listener)
    {
        _listeners.Remove(listener);
        TellIfAllEnded();
    }

    private void TellIfAllEnded()
    {
        if (_listeners.Count > 0)
        {
            return;
        }

        foreach (var asker in _waitForEnd)
        {
            asker.Tell(Ended.Instance);
        }

        _waitForEnd.Clear();
    }
}
