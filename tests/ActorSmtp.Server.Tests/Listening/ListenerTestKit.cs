using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Certificates;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Listening;

/// <summary>One listener in a network in memory, its parent the test.</summary>
public abstract class ListenerTestKit : PatientTestKit
{
    private readonly Metrics _metrics = new();
    private readonly StandingTime _transportTime = new();       // its own: a closing connection lingers until this is moved

    protected ListenerTestKit(string config)
        : base(config)
    {
        Net = new MemoryNetwork();
        Transport = new WatchedTransport(new MemoryTransport(Net, new TransportOptions { Time = _transportTime }));
    }

    protected MemoryNetwork Net { get; }

    internal WatchedTransport Transport { get; }

    /// <summary>The listener's clock; it stands until it is moved.</summary>
    internal StandingTime Time { get; } = new();

    internal LogLines Lines { get; } = new();

    internal ScriptedMailStore Store { get; } = new();

    internal ConnectionGate Gate { get; private set; } = null!;

    /// <summary>The sessions that are open.</summary>
    internal SessionRegister Open { get; private set; } = null!;

    internal ListenerContext ContextFor(params string[] sets)
    {
        var settings = TestMailServer.Settings(sets);
        Gate = new ConnectionGate(GateLimits.Of(settings));
        var bob = new UserAccount("bob", "", [], Disabled: false, Admin: false);
        var ports = new SessionPorts(
            Store, ActorRefs.Nobody, new DirectoryBoard(new AccountDirectory(["mx.test"], acceptUnknown: false, UserTable.Empty.With(bob))),
            new MailIdGenerator(1), new SessionClock(Time), Time, _metrics, new Log(Lines), new AnnouncementBoard(_ => { }));
        var shared = new ListenersContext(settings, Transport, Gate, new SessionIds(1), ports, Certificates: new CertificateBoard(settings), SweepEvery: TimeSpan.FromSeconds(1));
        Open = shared.Sessions;
        var listener = settings.Listeners[0];
        var gate = new ListenerGate(Gate, listener.Peers.Connections, mayUseReserve: listener.Role == ListenerRole.Submission);
        return new ListenerContext(listener, shared, new SessionContext(settings, listener, ports, tls: null, gate));
    }

    /// <summary>Starts it and answers it with its address.</summary>
    internal (IActorRef Listener, EndPoint Address) Listen(Props props)
    {
        Sys.ActorOf(Props.Create(() => new Parent(props, TestActor)));
        var bound = ExpectMsg<ListenerMessages.Bound>();
        return (LastSender, bound.Address);
    }

    protected Task<DialoguePeer> ConnectAsync(EndPoint server, string from = "127.0.0.1") =>
        DialoguePeer.ConnectAsync(new WatchedTransport(new MemoryTransport(Net)) { From = IPAddress.Parse(from) }, server, TimeSpan.FromSeconds(60));

    /// <summary>Waits until so many are counted; closing connections are not waited for at their leisure.</summary>
    protected Task Counted(int connections) => SessionHarness.Until(
        () =>
        {
            _transportTime.Advance(TimeSpan.FromSeconds(1));
            return Gate.Total == connections && (connections > 0 || Gate.Addresses == 0);
        },
        $"not {connections} are counted");

    protected override void AfterAll() => _metrics.Dispose();

    /// <summary>Passes on what its child tells it.</summary>
    internal sealed class Parent : UntypedActor
    {
        private readonly Props _child;
        private readonly IActorRef _ear;

        public Parent(Props child, IActorRef ear)
        {
            _child = child;
            _ear = ear;
        }

        protected override void PreStart() => Context.ActorOf(_child, "mx");

        protected override SupervisorStrategy SupervisorStrategy() => Supervision.ForListeners;

        protected override void OnReceive(object message) => _ear.Forward(message);
    }
}

/// <summary>A transport that shows who listens, and connects from the address it is told.</summary>
internal sealed class WatchedTransport(MemoryTransport inner) : ITransport
{
    private int _port = 40_000;

    public IAcceptor? Acceptor { get; private set; }

    public IPAddress From { get; init; } = IPAddress.Loopback;

    public TransportCounters Counters => inner.Counters;

    public IListener Listen(ListenOptions options, IAcceptor acceptor)
    {
        Acceptor = acceptor;
        return inner.Listen(options, acceptor);
    }

    public void Connect(ConnectOptions options, IConnectionObserver observer) =>
        inner.Connect(options with { From = new IPEndPoint(From, Interlocked.Increment(ref _port)) }, observer);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
