using System.Net;
using Akka.Actor;
using ActorSmtp.Client;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// The connections to one server, used again for one transaction after the other and shared fairly by the relays that lead there. How many there are at once grows while
/// it goes well and is halved when the server refuses. A server that cannot be reached rests; whoever comes meanwhile hears so at once and can try another.
/// </summary>
/// <remarks>
/// Every <see cref="Take"/> is answered exactly once, also if this actor breaks. A transaction is begun a second time only where a connection that had been used before broke
/// before any recipient's fate was known and before content was sent: the server had hung up on it meanwhile.
/// </remarks>
internal sealed partial class HostActor : ReceiveActor, IWithTimers
{
    private const int ToldEvery = 32;                                   // Takes

    private readonly HostContext _at;
    private readonly EndPoint _endPoint;
    private readonly string _path = Context.Self.Path.ToStringWithoutAddress();
    private readonly Dictionary<IActorRef, Line> _lines = [];
    private readonly Dictionary<IActorRef, LinkedList<Job>> _waiting = [];
    private readonly Queue<IActorRef> _turns = new();                   // each relay that waits, once
    private readonly Dictionary<NextHop, int> _wanted = [];             // jobs that wait, by what they need
    private readonly Pace _pace;
    private DateTimeOffset? _restsUntil;
    private ClientMessages.Failed? _whyItRests;
    private int _rests;
    private long _taken;
    private long _linesMade;
    private bool _sweeping;
    private bool _hasTold;

    public HostActor(HostContext at, EndPoint endPoint)
    {
        _at = at;
        _endPoint = endPoint;
        _pace = new Pace(at.Settings.FirstConnections, at.Settings.HostConnections);
        Receive<Take>(OnTake);
        Receive<ClientMessages.Ready>(OnReady);
        Receive<ClientMessages.Sent>(OnSent);
        Receive<ClientMessages.Failed>(OnFailed);
        Receive<Terminated>(OnTerminated);
        Receive<TryNow>(_ => OnTryNow());
        Receive<MakeRoom>(_ => OnMakeRoom());
        Receive<Sweep>(_ => OnSweep());
        Receive<RestIsOver>(_ => OnRestIsOver());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _at.Time.GetUtcNow();

    /// <summary>A dialogue that throws is a bug: it is not restarted, its job is answered.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForHosts;

    protected override void PostStop()
    {
        foreach (var (relay, jobs) in _waiting)
        {
            foreach (var job in jobs)
            {
                relay.Tell(new Unreached(job.Take.Ticket, Broke(ClientState.Connecting, mayBeSent: false), WasTried: false, null));
            }
        }

        foreach (var line in _lines.Values)
        {
            if (line.Job is { } job)
            {
                job.Relay.Tell(new Settled(job.Take.Ticket, line.Session, [], Broke(ClientState.Deciding, mayBeSent: true)));
            }
        }

        Context.Parent.Tell(new Ended(_taken));
        base.PostStop();
    }

    private void OnTake(Take m)
    {
        _hasTold = false;
        if (IsResting(m.Hop))
        {
            Sender.Tell(new Unreached(m.Ticket, _whyItRests!, WasTried: false, _restsUntil));
            Took();
            TellIfUnused();
            return;
        }

        Add(new Job(Sender, m), first: false);
        Took();                                                         // from here on our end answers it
        Serve();
    }

    private void Took()
    {
        if (++_taken % ToldEvery == 0)
        {
            Context.Parent.Tell(new Took(_taken));
        }
    }

    /// <summary>Nothing goes to a server that failed a short while ago, unless a connection stands.</summary>
    private bool IsResting(NextHop hop) => _restsUntil > Now && !_lines.Values.Any(l => l.Hop == hop && l.State != LineState.Leaving);

    private void Add(Job job, bool first)
    {
        if (!_waiting.TryGetValue(job.Relay, out var jobs))
        {
            _waiting[job.Relay] = jobs = new LinkedList<Job>();
            _turns.Enqueue(job.Relay);
        }

        _wanted[job.Take.Hop] = _wanted.GetValueOrDefault(job.Take.Hop) + 1;
        if (first)
        {
            jobs.AddFirst(job);
        }
        else
        {
            jobs.AddLast(job);
        }
    }

    private void NoLongerWaits(Job job)
    {
        if (--_wanted[job.Take.Hop] == 0)
        {
            _wanted.Remove(job.Take.Hop);
        }
    }

    /// <summary>Gives idle connections to who waits, a relay after the other, and opens more where there may be more.</summary>
    private void Serve()
    {
        var without = 0;                                                // relays in a row for which there was nothing
        while (without < _turns.Count)
        {
            var relay = _turns.Dequeue();
            var jobs = _waiting[relay];
            var job = jobs.First!.Value;
            if (IdleFor(job.Take.Hop) is { } line)
            {
                jobs.RemoveFirst();
                NoLongerWaits(job);
                Begin(line, job);
                without = 0;
            }
            else
            {
                without++;
            }

            if (jobs.Count == 0)
            {
                _waiting.Remove(relay);
            }
            else
            {
                _turns.Enqueue(relay);
            }
        }

        OpenMore();
        LookAtIdleLater();
        TellIfUnused();
    }

    private Line? IdleFor(NextHop hop)
    {
        Line? latest = null;
        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle && line.Hop == hop && (latest is null || line.IdleSince > latest.IdleSince))
            {
                latest = line;
            }
        }

        return latest;
    }

    private void Begin(Line line, Job job)
    {
        line.State = LineState.Busy;
        line.Job = job;
        line.Number = _pace.Begin();
        line.Actor.Tell(new ClientMessages.Send(job.Take.Mail));
    }

    private void OpenMore()
    {
        if (_wanted.Count == 0 || _restsUntil > Now)
        {
            return;
        }

        var open = _lines.Values.Count(l => l.State != LineState.Leaving);
        foreach (var (hop, wanted) in _wanted)
        {
            var opening = _lines.Values.Count(l => l.State == LineState.Opening && l.Hop == hop);
            for (var more = wanted - opening; more > 0; more--)
            {
                if (open >= _pace.Limit)
                {
                    // Somebody's idle connection makes room for who has none at all.
                    if (_lines.Values.Any(l => l.Hop == hop && l.State != LineState.Leaving) || _lines.Values.FirstOrDefault(l => l.State == LineState.Idle) is not { } other)
                    {
                        break;
                    }

                    Leave(other);
                    open--;
                }

                Open(hop);
                open++;
            }
        }
    }

    private void Open(NextHop hop)
    {
        var actor = Context.ActorOf(ClientActor.Of(hop.ToTarget(_at.HelloName, _at.TrustedRoots), _at.Client, Self), $"c-{++_linesMade}");
        Context.Watch(actor);
        _lines[actor] = new Line(actor, hop) { OpenedAt = Now, Number = _pace.Begin() };
    }

    private static void Leave(Line line)
    {
        line.State = LineState.Leaving;
        line.Actor.Tell(ClientMessages.Finish.Instance);
    }

    private void OnTryNow()
    {
        _restsUntil = null;
        _rests = 0;
        _pace.Forgive();
        Timers.Cancel(RestIsOver.Instance);
        Serve();
    }

    private void OnMakeRoom()
    {
        if (_waiting.Count > 0)
        {
            return;
        }

        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle)
            {
                Leave(line);
            }
        }

        if (_lines.Count == 0)
        {
            Context.Parent.Tell(new Unused(_taken));
        }
    }

    /// <summary>What waited meanwhile for a connection that ended goes on.</summary>
    private void OnRestIsOver()
    {
        if (!(_restsUntil > Now))
        {
            Serve();
        }

        TellIfUnused();
    }

    private void TellIfUnused()
    {
        if (!_hasTold && _lines.Count == 0 && _waiting.Count == 0 && !(_restsUntil > Now))
        {
            _hasTold = true;
            Context.Parent.Tell(new Unused(_taken));
        }
    }

    private void OnSweep()
    {
        _sweeping = false;
        var now = Now;
        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle && now - line.IdleSince >= _at.Settings.Idle)
            {
                Leave(line);
            }
        }

        LookAtIdleLater();
    }

    private void LookAtIdleLater()
    {
        if (_sweeping)
        {
            return;
        }

        DateTimeOffset? oldest = null;
        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle && !(oldest < line.IdleSince))
            {
                oldest = line.IdleSince;
            }
        }

        if (oldest is { } since)
        {
            _sweeping = true;
            var left = since + _at.Settings.Idle - Now;
            Timers.StartSingleTimer(Sweep.Instance, Sweep.Instance, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    internal static ClientMessages.Failed Broke(ClientState phase, bool mayBeSent) =>
        new(phase, "the dialogue broke on a fault of ours", null, MayRetry: true, mayBeSent);

    private enum LineState
    {
        Opening,
        Idle,
        Busy,
        Leaving,
    }

    /// <summary>One connection.</summary>
    private sealed class Line(IActorRef actor, NextHop hop)
    {
        public IActorRef Actor { get; } = actor;

        public NextHop Hop { get; } = hop;

        public LineState State { get; set; }

        public DateTimeOffset OpenedAt { get; init; }

        public DateTimeOffset IdleSince { get; set; }

        public long Number { get; set; }

        public int Sent { get; set; }

        public int Most { get; set; }

        public Job? Job { get; set; }

        public HopSession Session { get; set; } = new(null, Protocol.Smtp.Extensions.None, IsNew: true);
    }

    /// <summary>A transaction that somebody wants.</summary>
    /// <param name="IsAgain">It was begun over a connection that turned out to be dead.</param>
    private sealed record Job(IActorRef Relay, Take Take, bool IsAgain = false);

    /// <summary>Idle connections are looked at.</summary>
    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();
    }

    private sealed class RestIsOver
    {
        public static readonly RestIsOver Instance = new();
    }
}
