using Akka.Actor;
using ActorSmtp.Client.Securing;
using ActorSmtp.Server.Settings;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// Carries mail to one destination: plans the route, has each errand tried at the plan's hosts in their order until every recipient's fate is known (RFC 5321 §5.1), and reports. Takes
/// only as much at once as the destination likes, and where nothing of it can be reached says so once for all that waits.
/// </summary>
/// <remarks>
/// It keeps nothing: an errand it has not reported is still its parent's. Connections are the hosts', shared with other destinations. Hosts that cannot be reached, that greet or
/// introduce themselves badly, or refuse for now before content was sent, are followed by the next; what they say for good stands.
/// </remarks>
internal sealed partial class RelayActor : ReceiveActor, IWithTimers
{
    private readonly RelayContext _at;
    private readonly string _destination;
    private readonly int _rests;
    private readonly DestinationLimits _limits;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly LinkedList<Errand> _waiting = new();
    private readonly Dictionary<long, Carriage> _underWay = [];
    private readonly Pace _pace;
    private long _tickets;
    private int _room;
    private bool _isAlive;
    private bool _finishing;

    public RelayActor(RelayContext at, string destination, int rests)
    {
        _at = at;
        _destination = destination;
        _rests = rests;
        _limits = at.Settings.LimitsFor(destination);
        _pace = new Pace(rests > 0 ? 1 : at.Settings.FirstConnections, _limits.Connections);
        Receive<Carry>(OnCarry);
        Receive<Forget>(OnForget);
        Receive<Hurry>(_ => OnHurry());
        Receive<Finish>(_ => OnFinish());
        Receive<Planned>(OnPlanned);
        Receive<Settled>(OnSettled);
        Receive<Unreached>(OnUnreached);
        Receive<GoOn>(_ => Begin());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    protected override void PreStart() => AskForMore();

    protected override void PostStop()
    {
        _planning.Cancel();
        _planning.Dispose();
        base.PostStop();
    }

    private void OnCarry(Carry m)
    {
        _waiting.AddLast(m.Errand);
        Begin();
    }

    private void OnForget(Forget m)
    {
        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            if (node.Value.Id == m.Id)
            {
                _waiting.Remove(node);
                GiveBack(node.Value);
                break;
            }
        }
    }

    private void GiveBack(Errand errand)
    {
        Report(errand, Empty(Now, null), isLast: true);
        Left();
    }

    private void OnHurry()
    {
        _rest = null;
        _at.Rates.Forget(_destination);
        _pace.Forgive();
        foreach (var hop in _hops)
        {
            _at.Hosts.Tell(new TryNow(hop.Next));
        }

        Begin();
    }

    private void OnFinish()
    {
        _finishing = true;
        while (_waiting.First is { } node)
        {
            _waiting.RemoveFirst();
            GiveBack(node.Value);
        }

        StopIfDone();
    }

    private void StopIfDone()
    {
        if (_finishing && _underWay.Count == 0)
        {
            Context.Stop(Self);
        }
    }

    /// <summary>Begins what may be begun now.</summary>
    private void Begin()
    {
        while (_waiting.First is { } node && !_finishing && _rest is null && _underWay.Count < _pace.Limit && HasPlan() && IsTime())
        {
            _waiting.RemoveFirst();
            if (_plan!.Failure is { } failure)
            {
                OnNoWay(node.Value, failure);
                continue;
            }

            var carriage = new Carriage(node.Value, HopsFor(node.Value.Envelope))
            {
                Number = _pace.Begin(),
            };
            Arrive(carriage);
        }

        RestIfNothingIsUnderWay();
    }

    /// <summary>Not more often than <c>outbound.limits.rate</c> says; else it is looked again when the time has come.</summary>
    private bool IsTime()
    {
        if (_limits.Every == TimeSpan.Zero)
        {
            return true;
        }

        if (_at.Rates.Begin(_destination, _limits.Every) is var wait && wait > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(GoOn.Instance, GoOn.Instance, wait);
            return false;
        }

        return true;
    }

    /// <summary>At a host, or at the same in another way.</summary>
    private void Arrive(Carriage carriage)
    {
        carriage.HereSince = (Now, _at.Time.GetTimestamp());
        if (carriage.Current!.Barred is { } barred)
        {
            OnBarred(carriage, barred);
        }
        else
        {
            TakeUp(carriage);
        }
    }

    /// <summary>One transaction of it.</summary>
    private void TakeUp(Carriage carriage)
    {
        var ticket = ++_tickets;
        _underWay[ticket] = carriage;
        _ = carriage.NextBatch(_at.Settings.Recipients);
        var errand = carriage.Errand;
        var content = new QueuedMail(errand.Envelope, errand.Content, errand.Length, _at.Background);
        var next = carriage.Current!.Next;
        carriage.FailedBefore = next.IsOpportunistic ? _at.TlsMemory.WasBroken(next, Now) : null;
        if (carriage.FailedBefore is not null)
        {
            next = next with { Tls = TlsDemand.None };
        }

        _at.Hosts.Tell(new Take(ticket, next, carriage.ToMail(content, _at.PassedOn)));
    }

    /// <summary>As many as can be begun soon, and as many again, so that no connection waits for the queue.</summary>
    private void AskForMore()
    {
        var wanted = _rests > 0 && !_isAlive ? 1 : _limits.Every > TimeSpan.Zero ? Math.Min(2, _pace.Limit) : 2 * _pace.Limit;
        if (!_finishing && _rest is null && _room <= wanted / 2)
        {
            var more = wanted - _room;
            _room = wanted;
            Context.Parent.Tell(new Room(_destination, more));
        }
    }

    /// <summary>An errand has left us.</summary>
    private void Left()
    {
        _room--;
        AskForMore();                                                   // not while the destination rests
        StopIfDone();
    }

    private void Report(Errand errand, AttemptReport report, bool isLast) => Context.Parent.Tell(new Attempted(errand.Id, report, isLast) { Of = errand.Content });

    private AttemptReport Empty(DateTimeOffset at, string? why) => new() { At = at, Took = TimeSpan.Zero, Destination = _destination, Why = why };

    private sealed class GoOn
    {
        public static readonly GoOn Instance = new();
    }
}
