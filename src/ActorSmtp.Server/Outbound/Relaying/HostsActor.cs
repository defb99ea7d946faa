using System.Net;
using Akka.Actor;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>Knows who has the connections to which server: one <see cref="HostActor"/> for each address and port, made when it is needed and gone when it is not.</summary>
internal sealed class HostsActor : ReceiveActor
{
    private readonly HostContext _at;
    private readonly Dictionary<EndPoint, Host> _hosts = [];
    private readonly Dictionary<IActorRef, EndPoint> _places = [];
    private long _made;

    public HostsActor(HostContext at)
    {
        _at = at;
        Receive<Take>(OnTake);
        Receive<TryNow>(m => _hosts.GetValueOrDefault(m.Hop.EndPoint)?.Actor.Forward(m));
        Receive<Unused>(OnUnused);
        Receive<Terminated>(OnTerminated);
    }

    /// <summary>A host that breaks tells its relays so in its end; the next one begins anew.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForHosts;

    private void OnTake(Take m)
    {
        if (!_hosts.TryGetValue(m.Hop.EndPoint, out var host))
        {
            if (_hosts.Count >= _at.MostHosts)
            {
                foreach (var other in _hosts.Values)
                {
                    other.Actor.Tell(MakeRoom.Instance);
                }
            }

            host = new Host(Context.ActorOf(Supervision.OfHost(_at, m.Hop.EndPoint), $"h-{++_made}"));
            Context.Watch(host.Actor);
            _hosts[m.Hop.EndPoint] = host;
            _places[host.Actor] = m.Hop.EndPoint;
        }

        host.Given++;
        host.Actor.Forward(m);
    }

    /// <summary>It may go, unless something is on its way to it.</summary>
    private void OnUnused(Unused m)
    {
        if (_places.TryGetValue(Sender, out var place) && _hosts[place].Given == m.Taken)
        {
            Forget(Sender);
            Context.Stop(Sender);
        }
    }

    private void OnTerminated(Terminated m) => Forget(m.ActorRef);

    private void Forget(IActorRef actor)
    {
        if (_places.Remove(actor, out var place))
        {
            _hosts.Remove(place);
        }
    }

    private sealed class Host(IActorRef actor)
    {
        public IActorRef Actor { get; } = actor;

        public long Given { get; set; }
    }
}
