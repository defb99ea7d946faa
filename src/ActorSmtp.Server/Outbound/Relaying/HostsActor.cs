using System.Net;
using Akka.Actor;
using ActorSmtp.Client;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// Knows who has the connections to which server: one <see cref="HostActor"/> for each address and port, made when it is needed and gone when it is not. There are never more than
/// <see cref="HostContext.MostHosts"/>: one more waits until one of them has nothing to do.
/// </summary>
/// <remarks>
/// Every <see cref="Take"/> is answered, also one that was on its way to a host that broke: what was passed on is remembered until the host says that it has it. What is remembered
/// outlives this actor.
/// </remarks>
internal sealed class HostsActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_roomAskedEvery = TimeSpan.FromSeconds(1);

    private readonly HostContext _at;
    private readonly HostTable _table;

    /// <param name="table">Hosts of an earlier life of this actor; they are ending.</param>
    public HostsActor(HostContext at, HostTable table)
    {
        (_at, _table) = (at, table);
        Receive<Take>(m =>
        {
            _table.InHand = (m.Ticket, Sender);
            OnTake(m, Sender);
            _table.InHand = null;
        });
        Receive<TryNow>(m => _table.At(m.Hop.EndPoint)?.Actor.Forward(m));
        Receive<Took>(m => _table.Of(Sender)?.Has(m.Taken));
        Receive<Unused>(OnUnused);
        Receive<Ended>(OnEnded);
        Receive<Terminated>(m => OnGone(m.ActorRef));
        Receive<AskForRoom>(_ => OnAskForRoom());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A host that breaks tells its relays so in its end; the next one begins anew.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForHosts;

    protected override void PreStart()
    {
        foreach (var host in _table.All)
        {
            Context.Watch(host.Actor);
        }

        OnAskForRoom();
    }

    protected override void PreRestart(Exception reason, object message)
    {
        if (_table.InHand is var (ticket, relay))
        {
            _table.InHand = null;
            Refuse(ticket, relay);
        }

        base.PreRestart(reason, message);
    }

    private void OnTake(Take m, IActorRef relay)
    {
        if (!Pass(m, relay))
        {
            _table.Waiting.Enqueue((m, relay));
            if (_table.Waiting.Count == 1)
            {
                OnAskForRoom();
            }
        }
    }

    private bool Pass(Take m, IActorRef relay)
    {
        var host = _table.At(m.Hop.EndPoint);
        if (host is null && _table.Count < _at.MostHosts)
        {
            var actor = Context.ActorOf(Supervision.OfHost(_at, m.Hop.EndPoint), $"h-{_table.NextNumber()}");
            Context.Watch(actor);
            host = _table.Add(m.Hop.EndPoint, actor);
        }

        host?.Pass(m, relay);
        return host is not null;
    }

    /// <summary>It may go, unless something is on its way to it.</summary>
    private void OnUnused(Unused m)
    {
        if (_table.Of(Sender) is { } host && host.Passed == m.Taken)
        {
            _table.Remove(host);
            Context.Unwatch(Sender);
            Context.Stop(Sender);
            FillRoom();
        }
    }

    /// <summary>It has answered what it had; what it never saw is answered here.</summary>
    private void OnEnded(Ended m)
    {
        _table.Of(Sender)?.Has(m.Taken);
        OnGone(Sender);
    }

    private void OnGone(IActorRef actor)
    {
        if (_table.Of(actor) is not { } host)
        {
            return;
        }

        _table.Remove(host);
        foreach (var (ticket, relay) in host.OnTheWay)
        {
            Refuse(ticket, relay);
        }

        FillRoom();
    }

    private void Refuse(long ticket, IActorRef relay) =>
        relay.Tell(new Unreached(ticket, HostActor.Broke(ClientState.Connecting, mayBeSent: false), WasTried: false, null));

    private void FillRoom()
    {
        for (var left = _table.Waiting.Count; left > 0; left--)
        {
            var (take, relay) = _table.Waiting.Dequeue();
            if (!Pass(take, relay))
            {
                _table.Waiting.Enqueue((take, relay));
            }
        }
    }

    /// <summary>Who rests, or keeps connections for nobody, goes; asked again while somebody waits, since who is busy now is not for ever.</summary>
    private void OnAskForRoom()
    {
        if (_table.Waiting.Count == 0)
        {
            return;
        }

        foreach (var host in _table.All)
        {
            host.Actor.Tell(MakeRoom.Instance);
        }

        Timers.StartSingleTimer(AskForRoom.Instance, AskForRoom.Instance, s_roomAskedEvery);
    }

    private sealed class AskForRoom
    {
        public static readonly AskForRoom Instance = new();
    }
}

/// <summary>The hosts there are, and what is on its way to each. Belongs to one <see cref="HostsActor"/> at a time.</summary>
internal sealed class HostTable
{
    private readonly Dictionary<EndPoint, Host> _byPlace = [];
    private readonly Dictionary<IActorRef, Host> _byActor = [];
    private long _made;

    public int Count => _byPlace.Count;

    public IEnumerable<Host> All => _byPlace.Values;

    /// <summary>For hosts for which there is no room. As many as relays have under way, who bound it.</summary>
    public Queue<(Take Take, IActorRef Relay)> Waiting { get; } = new();

    /// <summary>What is being handled: it is answered also if that breaks.</summary>
    public (long Ticket, IActorRef Relay)? InHand { get; set; }

    public Host? At(EndPoint place) => _byPlace.GetValueOrDefault(place);

    public Host? Of(IActorRef actor) => _byActor.GetValueOrDefault(actor);

    public long NextNumber() => ++_made;

    public Host Add(EndPoint place, IActorRef actor) => _byPlace[place] = _byActor[actor] = new Host(place, actor);

    public void Remove(Host host)
    {
        _byPlace.Remove(host.Place);
        _byActor.Remove(host.Actor);
    }

    /// <summary>One of them.</summary>
    internal sealed class Host(EndPoint place, IActorRef actor)
    {
        private readonly Queue<(long Ticket, IActorRef Relay)> _onTheWay = new();

        public EndPoint Place => place;

        public IActorRef Actor => actor;

        /// <summary>How many <see cref="Take"/>s were passed on to it.</summary>
        public long Passed { get; private set; }

        /// <summary>Those that it may not have, in order.</summary>
        public IEnumerable<(long Ticket, IActorRef Relay)> OnTheWay => _onTheWay;

        public void Pass(Take take, IActorRef relay)
        {
            Passed++;
            _onTheWay.Enqueue((take.Ticket, relay));
            actor.Tell(take, relay);
        }

        /// <summary>It has so many, in all.</summary>
        public void Has(long taken)
        {
            while (Passed - _onTheWay.Count < taken && _onTheWay.Count > 0)
            {
                _onTheWay.Dequeue();
            }
        }
    }
}
