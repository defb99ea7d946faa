using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Transport;
using static ActorSmtp.Server.Listening.ListenerMessages;

namespace ActorSmtp.Server.Listening;

/// <summary>
/// One configured listener: binds its address, spawns a session per connection (<see cref="SessionKind"/>), counts them, and sweeps their
/// deadlines. One connection too many is answered 421 4.7.0 here, without an actor. Sessions are never restarted: one that throws is stopped.
/// </summary>
internal sealed class ListenerActor : ReceiveActor, IWithTimers, IAcceptor
{
    private readonly ListenerContext _at;
    private readonly IActorRef _self;
    private readonly Dictionary<IActorRef, Conversation> _sessions = [];
    private readonly Seldom _tooMany = new(every: 1_000);
    private readonly Seldom _untrusted = new(every: 1_000);
    private readonly Seldom _cannotAccept = new(every: 60_000);
    private IListener? _listener;
    private IActorRef? _unbinder;

    public ListenerActor(ListenerContext at)
    {
        _at = at;
        _self = Self;
        Receive<PeerConnected>(m => OnPeerConnected(m.Connection));
        Receive<Terminated>(OnSessionEnded);
        Receive<CannotAccept>(m => OnCannotAccept(m.Trouble));
        Receive<Sweep>(_ => OnSweep());
        Receive<Unbind>(_ => OnUnbind());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private Log Log => _at.Session.Log;

    private ListenerGate Gate => _at.Session.Gate;

    private long Now => _at.Session.Clock.Now;

    private string Path => _self.Path.ToStringWithoutAddress();

    protected override void PreStart()
    {
        try
        {
            _listener = _at.Shared.Transport.Listen(_at.ListenOptions, this);
        }
        catch (TransportException cannot)
        {
            Log.CannotListen(Path, _at.Settings.Bind.ToString(), cannot.Message);
            Context.Parent.Tell(new CannotBind(_at.Name, cannot.Message, cannot.IsDenied));
            Context.Stop(Self);
            return;
        }

        var bound = new Bound(_at.Name, _listener.LocalEndPoint);
        Log.Listening(Path, bound.Address, _at.Settings.Role.ToString().ToLowerInvariant());
        Context.System.EventStream.Publish(bound);
        Context.Parent.Tell(bound);
        Timers.StartPeriodicTimer(Sweep.Instance, Sweep.Instance, _at.Shared.SweepEvery);
    }

    /// <summary>Its sessions have ended by now; their connections are about to, and are counted until then.</summary>
    protected override void PostStop()
    {
        _ = _listener?.DisposeAsync().AsTask();
        foreach (var talk in _sessions.Values)
        {
            _at.Shared.Sessions.Remove(talk);
        }
    }

    /// <summary>A broken dialogue is ended, not started anew: it would not know what was said before.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForSessions;

    /// <summary>On an I/O thread. The listener actor runs inline there, so this is the whole turn.</summary>
    void IAcceptor.OnAccepted(IConnection connection) => _self.Tell(new PeerConnected(connection), ActorRefs.NoSender);

    void IAcceptor.OnAcceptTrouble(AcceptTrouble why) => _self.Tell(new CannotAccept(why), ActorRefs.NoSender);

    private void OnPeerConnected(IConnection connection)
    {
        var peer = connection.RemoteEndPoint;
        if (_unbinder is not null)
        {
            TurnAway(connection, Replies.ShuttingDown);
            return;
        }

        if (_at.Session.IsProxied && !_at.Session.TrustsProxy(peer))
        {
            HangUpOnStranger(connection, peer);
            return;
        }

        var countedAs = _at.Session.IsProxied ? null : peer;            // who is behind a proxy, its header will tell
        var admission = Gate.TryEnter(countedAs, Now);
        if (admission != Admission.In)
        {
            if (_tooMany.Lets(Now, out var leftOut))
            {
                Log.TooManyConnections(Path, peer, admission, Gate.Total, leftOut);
            }

            _at.Session.Metrics.ConnectionsRefused.Add(1);
            TurnAway(connection, Admissions.ReplyTo(admission));
            return;
        }

        var id = _at.Shared.SessionIds.Next(out var number);
        var talk = _at.Kind.Begin(id, number, connection, out var props);
        IActorRef session;
        try
        {
            session = Context.ActorOf(props, id);
        }
        catch (Exception fault)                                         // the other sessions must not pay for it
        {
            Gate.Leave(countedAs);
            Log.CannotStartSession(Path, peer, fault);
            _at.Session.Metrics.ConnectionsRefused.Add(1);
            TurnAway(connection, Replies.ServerFault);
            return;
        }

        _at.Session.Metrics.ConnectionsAccepted.Add(1);
        _sessions.Add(session, talk);
        _at.Shared.Sessions.Add(talk);
        Context.Watch(session);
    }

    /// <summary>Tells it why and closes; of very many it hangs up on the rest, for a descriptor is held until the peer has read that.</summary>
    private void TurnAway(IConnection connection, Reply why)
    {
        if (_at.Session.TlsFirst || _at.Session.IsProxied || !Gate.TurningAway.TryTake())   // who waits for a handshake, or is a proxy, can read no reply
        {
            connection.Observer = Nobody.Instance;
            connection.Abort();
            return;
        }

        connection.Observer = new TurnedAway(Gate);
        _at.Kind.TurnAway(connection.Output, why);
        connection.Close();
    }

    private void HangUpOnStranger(IConnection connection, EndPoint? peer)
    {
        if (_untrusted.Lets(Now, out var leftOut))
        {
            Log.NotATrustedProxy(Path, peer, leftOut);
        }

        _at.Session.Metrics.ConnectionsRefused.Add(1);
        connection.Observer = Nobody.Instance;
        connection.Abort();
    }

    private void OnCannotAccept(AcceptTrouble why)
    {
        if (_cannotAccept.Lets(Now, out var leftOut))
        {
            Log.CannotAccept(Path, why.Kind, why.Detail, why.RetryIn, leftOut);
        }
    }

    /// <summary>Whatever the session died of, its connection ends too: it is counted, and holds a descriptor, until then.</summary>
    private void OnSessionEnded(Terminated m)
    {
        if (_sessions.Remove(m.ActorRef, out var talk))
        {
            _at.Shared.Sessions.Remove(talk);
            talk.Close();
            TellIfEnded();
        }
    }

    /// <summary>One coarse look at all deadlines instead of a timer per command (which was the dearest thing in a session).</summary>
    private void OnSweep()
    {
        var now = Now;
        var underStress = Gate.IsStressed;
        foreach (var (session, talk) in _sessions)
        {
            var deadline = talk.Deadline;
            if (talk.IsOverdue(now, underStress))
            {
                session.Tell(new SessionMessages.DeadlinePassed(deadline));
            }
            else
            {
                talk.LookForPeer();
            }
        }
    }

    private void OnUnbind()
    {
        _unbinder = Sender;
        Log.Unbound(Path, _sessions.Count);
        _ = _listener?.DisposeAsync().AsTask();
        foreach (var session in _sessions.Keys)
        {
            session.Tell(SessionMessages.ShutDown.Instance);
        }

        TellIfEnded();
    }

    private void TellIfEnded()
    {
        if (_sessions.Count == 0)
        {
            _unbinder?.Tell(Ended.Instance);
        }
    }

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }

    /// <summary>Watches the end of a connection that nobody talks on.</summary>
    private class Nobody : IConnectionObserver
    {
        public static readonly Nobody Instance = new();

        public void OnConnected(IConnection connection)
        {
        }

        public void OnInput(IConnection connection)
        {
        }

        public void OnSecured(IConnection connection)
        {
        }

        public virtual void OnClosed(IConnection connection, CloseReason reason)
        {
        }

        public void OnOutputDrained(IConnection connection)
        {
        }
    }

    /// <summary>Counts those who are being told that they are too many.</summary>
    private sealed class TurnedAway(ListenerGate gate) : Nobody
    {
        public override void OnClosed(IConnection connection, CloseReason reason) => gate.TurningAway.GiveBack();
    }
}
