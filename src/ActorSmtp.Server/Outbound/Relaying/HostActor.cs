using System.Diagnostics.CodeAnalysis;
using System.Net;
using Akka.Actor;
using ActorSmtp.Client;
using static ActorSmtp.Server.Outbound.Relaying.HopMessages;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// The connections to one server, used again for one transaction after the other and shared fairly by the relays that lead there, also where they want it in different ways. How many there are at once grows while
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

    /// <summary>The time that nobody sets, for what lasts.</summary>
    private long Stamp => _at.Time.GetTimestamp();

    /// <summary>A dialogue that throws is a bug: it is not restarted, its job is answered.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForHosts;

    protected override void PostStop()
    {
        foreach (var lane in _lanes.Values)
        {
            while (lane.Jobs > 0)
            {
                var job = lane.Next();
                job.Relay.Tell(new Unreached(job.Take.Ticket, Broke(ClientState.Connecting, mayBeSent: false), WasTried: false, null));
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

        var lane = Add(new Job(Sender, m), first: false);
        Took();                                                         // from here on our end answers it
        Serve(lane);
    }

    private void Took()
    {
        if (++_taken % ToldEvery == 0)
        {
            Context.Parent.Tell(new Took(_taken));
        }
    }

    /// <summary>Nothing goes to a server that failed a short while ago, unless a connection stands.</summary>
    private bool IsResting(NextHop hop) => _restsUntil > Now && _lanes.GetValueOrDefault(hop) is not { Lines.Count: > 0 };

    /// <summary>Gives idle connections to who waits for them, a relay after the other, and opens more where there may be more.</summary>
    private void Serve(Lane? lane = null)
    {
        while (lane is { Jobs: > 0 } && lane.Idle() is { } line)
        {
            Begin(line, Next(lane));
        }

        OpenMore();
        LookAtIdleLater();
        TellIfUnused();
    }

    private void Begin(Line line, Job job)
    {
        line.State = LineState.Busy;
        line.Job = job;
        line.Number = _pace.Begin();
        line.Actor.Tell(new ClientMessages.Send(job.Take.Mail));
    }

    private void Open(Lane lane)
    {
        var actor = Context.ActorOf(ClientActor.Of(lane.Hop.ToTarget(_at.HelloName, _at.TrustedRoots), _at.Client, Self), $"c-{++_linesMade}");
        Context.Watch(actor);
        var line = new Line(actor, lane) { OpenedAt = Stamp, Number = _pace.Begin() };
        _lines[actor] = line;
        lane.Lines.Add(line);
        lane.Turn = ++_turns;
    }

    /// <summary>It carries nothing more, and counts until it has ended.</summary>
    private void Leave(Line line)
    {
        line.State = LineState.Leaving;
        line.Lane.Lines.Remove(line);
        line.Lane.Turn = ++_turns;                                      // it has had one
        Forget(line.Lane);
        line.Actor.Tell(ClientMessages.Finish.Instance);
    }

    /// <summary>A connection has ended.</summary>
    private bool TakeOut(IActorRef actor, [NotNullWhen(true)] out Line? line)
    {
        if (!_lines.Remove(actor, out line))
        {
            return false;
        }

        line.Lane.Lines.Remove(line);
        Forget(line.Lane);
        return true;
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
        if (_jobs > 0)
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

    /// <summary>What waited meanwhile for a connection that ended goes on. It is over by the timer, also if somebody has set the clock back since.</summary>
    private void OnRestIsOver()
    {
        _restsUntil = null;
        Serve();
    }

    private void TellIfUnused()
    {
        if (!_hasTold && _lines.Count == 0 && _jobs == 0 && !(_restsUntil > Now))
        {
            _hasTold = true;
            Context.Parent.Tell(new Unused(_taken));
        }
    }

    private void OnSweep()
    {
        _sweeping = false;
        foreach (var line in _lines.Values)
        {
            if (line.State == LineState.Idle && _at.Time.GetElapsedTime(line.IdleSince) >= _at.Settings.Idle)
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

        long? oldest = null;
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
            var left = _at.Settings.Idle - _at.Time.GetElapsedTime(since);
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
    private sealed class Line(IActorRef actor, Lane lane)
    {
        public IActorRef Actor { get; } = actor;

        public Lane Lane { get; } = lane;

        public NextHop Hop => Lane.Hop;

        public LineState State { get; set; }

        /// <summary>By the clock that nobody sets, as <see cref="IdleSince"/>.</summary>
        public long OpenedAt { get; init; }

        public long IdleSince { get; set; }

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
