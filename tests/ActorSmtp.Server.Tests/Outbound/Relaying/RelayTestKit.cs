using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using ActorSmtp.Client;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Routing;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Outbound.Relaying;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;
using Envelope = ActorSmtp.Protocol.Delivery.Envelope;
using static ActorSmtp.Server.Outbound.RelayMessages;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>
/// A relay whose parent is the test, other servers in memory, a zone of names, and a clock that moves only when the test says so.
/// </summary>
public abstract class RelayTestKit : PatientTestKit
{
    private readonly MailIdGenerator _ids = new(1);
    private readonly MemoryNetwork _network = new();
    private readonly MemoryTransport _peers;
    private readonly MemoryTransport _us;

    protected RelayTestKit()
        : base(ConfigurationFactory.ParseString($"akka.scheduler.implementation = \"{typeof(TestScheduler).AssemblyQualifiedName}\""))
    {
        _peers = new MemoryTransport(_network);
        _us = new MemoryTransport(_network);
        Time = new SchedulerTime((TestScheduler)Sys.Scheduler);
    }

    internal TestZone Zone { get; } = TestZone.Parse("""
        far.test 300 MX 10 mx1.far.test
        far.test 300 MX 20 mx2.far.test
        mx1.far.test 300 A 192.0.2.1
        mx2.far.test 300 A 192.0.2.2
        near.test 300 MX 10 mx1.far.test
        """);

    internal ZoneResolver Names => field ??= new ZoneResolver(Zone);

    /// <summary>Who looks names up; null: <see cref="Names"/>.</summary>
    internal IResolver? Resolver { get; set; }

    internal LogLines Lines { get; } = new();

    internal SchedulerTime Time { get; }

    internal TlsMemory Memory { get; set; } = new(TimeSpan.FromDays(30), TimeSpan.FromDays(1), 100);

    internal TlsReports Reports => field ??= new(Time, 100);

    internal RateBook Rates => field ??= new(Time, 100);

    /// <summary>Policies over HTTPS, by address.</summary>
    internal WrittenDocuments Web { get; } = new();

    internal MtaStsPolicies Policies => field ??= new(Resolver ?? Names, Web, Time, 100);

    /// <summary>The relay's settings; a test changes them before it starts the relay.</summary>
    internal string[] Sets { get; set; } = [];

    internal string Routes { get; set; } = "mx";

    /// <summary>The clock of hosts and dialogues; null: the relay's.</summary>
    internal TimeProvider? HostTime { get; set; }

    internal int MostHosts { get; set; } = 4096;

    /// <summary>Changes on another thread; its count is asked for again and again.</summary>
    internal HostTable HostTable { get; } = new();

    internal X509Certificate2Collection? TrustedRoots { get; set; }

    /// <summary>What was said in dialogues, as a transcript shows it.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<string> Transcript { get; } = [];

    internal IActorRef Hosts => field ??= Sys.ActorOf(Supervision.OfHosts(new HostContext(
        Settings.Relaying,
        new ClientContext(_us, Settings.Relaying.Timeouts, HostTime ?? Time, line => Transcript.Enqueue(line.Text), () => "nonce", compute => Task.Run(compute)),
        "us.test",
        new Log(Lines))
    { TlsMemory = Memory, MostHosts = MostHosts, TrustedRoots = TrustedRoots }, HostTable), "hosts");

    internal FrozenDictionary<string, RouteLogin> Logins { get; set; } = FrozenDictionary<string, RouteLogin>.Empty;

    private OutboundSettings Settings => field ??= TestMailServer.Settings([.. Sets]).Outbound;

    internal NextHopPeer Peer(string address) => new(_peers, IPEndPoint.Parse(address));

    internal NextHopPeer Peer(EndPoint address) => new(_peers, address);

    internal NextHopPeer PeerWithTlsFirst(string address, X509Certificate2 certificate) =>
        new(_peers, IPEndPoint.Parse(address)) { TlsFirst = true, Tls = TlsServerOptions.For(certificate) };

    /// <summary>A relay to a destination; what it tells its parent the probe hears.</summary>
    internal (IActorRef Relay, TestProbe Parent) Start(string destination = "far.test", int rests = 0)
    {
        var options = Settings.Routing("us.test", []);
        var router = new MailRouter(new RoutePlanner(new RouteTable([Route.Parse("*", Routes)!]), options), options, Resolver ?? Names, () => 7);
        var context = new RelayContext(Settings.Relaying, router, Hosts, new PoolBackground(), Time, new Log(Lines))
        {
            Tls = new TlsPlanner(new TlsLevels(Settings.Relaying.TlsPolicy), Resolver ?? Names, Policies, usesDane: true) { LogsIn = rule => Logins.ContainsKey(rule.Domain) },
            Logins = Logins,
            TlsMemory = Memory,
            Reports = Reports,
            Rates = Rates,
            PassedOn = static from => new ReversePath(Mailbox.Parse($"passed.on.for.{from.Mailbox!.LocalPart}@us.test")),
        };
        var parent = CreateTestProbe();
        return (parent.ChildActorOf(Supervision.OfRelay(context, destination, rests), "relay"), parent);
    }

    internal Errand Errand(string[] to, string content = "Subject: hi\r\n\r\nHello\r\n", Func<Envelope, Envelope>? with = null)
    {
        var envelope = new Envelope
        {
            Id = _ids.Next(DateTimeOffset.UnixEpoch),
            ReceivedAt = Time.GetUtcNow(),
            From = new ReversePath(Mailbox.Parse("bob@us.test")),
            Recipients = [.. to.Select(t => new Recipient(Mailbox.Parse(t)))],
        };
        envelope = with?.Invoke(envelope) ?? envelope;
        var octets = Encoding.UTF8.GetBytes(content);
        return new Errand(envelope.Id, envelope.Recipients[0].Address.Domain.Canonical, [.. Enumerable.Range(0, to.Length)], envelope, octets.Length, new Octets(octets), 0);
    }

    internal Errand Errand(params string[] to) => Errand(to.Length == 0 ? ["ann@far.test"] : to, with: null);

    /// <summary>The next report of the relay, past what it says of its room.</summary>
    internal static Attempted NextReport(TestProbe parent) => Next<Attempted>(parent);

    internal static T Next<T>(TestProbe parent) => (T)parent.FishForMessage(m => m is T, TimeSpan.FromSeconds(60));

    /// <summary>Carries one errand to its end: all of its reports.</summary>
    internal static IReadOnlyList<AttemptReport> Carry(IActorRef relay, TestProbe parent, Errand errand)
    {
        relay.Tell(new Carry(errand), parent);
        return ReportsOf(parent, errand.Id);
    }

    internal static IReadOnlyList<AttemptReport> ReportsOf(TestProbe parent, MailId id)
    {
        var reports = new List<AttemptReport>();
        while (true)
        {
            var next = NextReport(parent);
            Assert.Equal(id, next.Id);
            reports.Add(next.Report);
            if (next.IsLast)
            {
                return reports;
            }
        }
    }

    /// <summary>One errand through one peer: what became of its recipients.</summary>
    internal ImmutableArray<RecipientOutcome> Try(Errand errand, out IReadOnlyList<AttemptReport> reports)
    {
        var (relay, parent) = Start(errand.Destination);
        reports = Carry(relay, parent, errand);
        return [.. reports.SelectMany(r => r.Outcomes)];
    }

    internal static string Show(RecipientOutcome outcome) => $"{outcome.Kind} {outcome.Status}";

    protected override void AfterAll()
    {
        base.AfterAll();
        _ = _us.DisposeAsync();
        _ = _peers.DisposeAsync();
    }

    private sealed class Octets(byte[] octets) : IQueuedContent
    {
        public int Read(long offset, Span<byte> into)
        {
            var n = Math.Min(into.Length, octets.Length - (int)offset);
            octets.AsSpan((int)offset, n).CopyTo(into);
            return n;
        }
    }
}

/// <summary>The clock of a test's scheduler.</summary>
internal sealed class SchedulerTime(TestScheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;

    public override DateTimeOffset GetUtcNow() => scheduler.Now;

    public void Advance(TimeSpan by) => scheduler.Advance(by);
}

/// <summary>A web of what a test wrote; everything else is an error.</summary>
internal sealed class WrittenDocuments : IWebDocuments
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, string> _documents = new();
    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    public string? this[string url]
    {
        set
        {
            if (value is null)
            {
                _documents.TryRemove(url, out _);
            }
            else
            {
                _documents[url] = value;
            }
        }
    }

    public Task<ReadOnlyMemory<byte>> ReadAsync(Uri url, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reads);
        return _documents.TryGetValue(url.ToString(), out var text)
            ? Task.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(text))
            : Task.FromException<ReadOnlyMemory<byte>>(new IOException("the answer is 404, expected 200"));
    }
}
