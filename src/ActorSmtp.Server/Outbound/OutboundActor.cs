using Akka.Actor;
using static ActorSmtp.Server.Outbound.OutboundMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound;

/// <summary>
/// The queue: takes over what the journal has accepted for other hosts, gives each message its turn at its destination's relay, and records what became of it
/// before anything follows from that. What it knows is in <see cref="OutboundWork"/>, which outlives it: if it fails and is restarted, its relays end,
/// and what they had is tried again.
/// </summary>
internal sealed class OutboundActor : ReceiveActor, IOutboundShell
{
    private readonly OutboundWork _work;
    private readonly OutboundContext _at;
    private ICancelable? _timer;
    private DateTimeOffset? _looksAt;

    public OutboundActor(OutboundContext at, OutboundWork work)
    {
        (_at, _work) = (at, work);
        Receive<StoreDid>(m => Turn(() => work.OnStoreDid(m.Jobs)));
        Receive<Claimed>(m => Turn(() => work.OnClaimed(m.Mails)));
        Receive<Called>(m => Turn(() => work.OnCalled(m)));
        Receive<TakeOver>(m => Turn(() => work.TakeOver(m.Mails, Sender)));
        Receive<Room>(m => Turn(() => work.OnRoom(m, Sender)));
        Receive<Attempted>(m => Turn(() => work.OnAttempted(m, Sender)));
        Receive<Resting>(m => Turn(() => work.OnResting(m, Sender)));
        Receive<NoticePosted>(m => Turn(() => work.OnNoticePosted(m)));
        Receive<Terminated>(m => Turn(() => work.OnRelayEnded(m.ActorRef)));
        Receive<Look>(_ => Turn(() => _looksAt = null));
        Receive<GoOn>(_ => Turn(work.GoOn));
        Receive<List>(m => Turn(() => work.List(m, Sender)));
        Receive<ListDestinations>(m => Sender.Tell(work.ListDestinations(m)));
        Receive<Show>(m => Turn(() => work.Show(m, Sender)));
        Receive<Change>(m => Turn(() => work.Change(m, Sender)));
        Receive<Drain>(_ => Turn(() => work.Drain(Sender)));
    }

    /// <summary>The first turns are a message's: what fails in them restarts the actor, and does not stop it.</summary>
    protected override void PreStart()
    {
        _work.Start(this, Self);
        Self.Tell(Look.Instance);
    }

    protected override void PostStop()
    {
        _timer?.Cancel();
        base.PostStop();
    }

    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForRelays;

    IActorRef IOutboundShell.MakeRelay(string destination, int rests, string name) => Context.Watch(Context.ActorOf(_at.Relay(destination, rests), name));

    void IOutboundShell.Stop(IActorRef relay) => Context.Stop(relay);

    /// <summary>After each message: what is due gets its turn, and the clock is set for what is next.</summary>
    private void Turn(Action work)
    {
        work();
        var next = _work.Pump();
        if (next is { } at && (_looksAt is null || at < _looksAt))
        {
            _timer?.Cancel();
            var wait = at - _at.Time.GetUtcNow();
            _looksAt = at;
            _timer = Context.System.Scheduler.ScheduleTellOnceCancelable(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Self, Look.Instance, ActorRefs.NoSender);
        }
    }
}

/// <summary>What only an actor can do for the queue's work.</summary>
internal interface IOutboundShell
{
    /// <summary>A relay, watched.</summary>
    IActorRef MakeRelay(string destination, int rests, string name);

    void Stop(IActorRef relay);
}
