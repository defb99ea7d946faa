using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Akka.Actor;
using ActorSmtp.Client;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Routing;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What the relays are put together from.</summary>
/// <param name="Own">Where this server listens for SMTP, wildcards as the addresses they mean.</param>
/// <param name="Chance">For the order of hosts; from any thread.</param>
internal sealed record RelayPorts(
    ITransport Transport, IResolver Resolver, IBackground Background, TimeProvider Time, Metrics Metrics, Census Census, Log Log, ImmutableArray<IPEndPoint> Own, Func<ulong> Chance)
{
    /// <summary>Reads policies of other domains (MTA-STS); null: over HTTPS, and where no mail goes (<c>outbound.never-to</c>) they are not read from either.</summary>
    public IWebDocuments? Web { get; init; }

    /// <summary>What the sender of mail becomes that aliases pass on; any thread.</summary>
    public Func<ReversePath, ReversePath> PassedOn { get; init; } = static from => from;

    /// <summary>Roots to trust in place of the system's.</summary>
    public System.Security.Cryptography.X509Certificates.X509Certificate2Collection? TrustedRoots { get; init; }
}

/// <summary>All that carries mail to other servers: the actor with the connections, and how a relay is made. One for a server.</summary>
internal sealed class Relays
{
    private const int MostRemembered = 100_000;
    private const int MostPolicies = 10_000;
    private const int MostRates = 100_000;

    private readonly RelayContext _context;

    private Relays(MtaStsPolicies? policies, RelayContext context) => (Policies, _context) = (policies, context);

    /// <summary>Policies of other domains; null: they do not count.</summary>
    public MtaStsPolicies? Policies { get; }

    /// <summary>Who has offered TLS before.</summary>
    public TlsMemory Memory => _context.TlsMemory;

    /// <summary>How TLS to others goes.</summary>
    public TlsReports Reports => _context.Reports;

    /// <summary>Makes <c>/user/hosts</c> and what relays need.</summary>
    public static Relays Start(ActorSystem system, ServerSettings settings, RelayPorts ports)
    {
        var relaying = settings.Outbound.Relaying;
        var memory = new TlsMemory(relaying.TlsRemembered, relaying.TlsDoubted, MostRemembered);
        var client = new ClientContext(
            ports.Transport, relaying.Timeouts, ports.Time, null, static () => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)), ports.Background.Run);
        var hosts = system.ActorOf(
            Supervision.OfHosts(
                new HostContext(relaying, client, settings.Hostname, ports.Log) { TlsMemory = memory, TrustedRoots = ports.TrustedRoots, Census = ports.Census }, new HostTable()),
            Supervision.Hosts);
        var routing = settings.Outbound.Routing(settings.Hostname, ports.Own);
        var router = new MailRouter(new RoutePlanner(new RouteTable(settings.Outbound.Routes), routing), routing, ports.Resolver, ports.Chance);
        var reports = new TlsReports(ports.Time, MostPolicies);
        var policies = relaying.UsesMtaSts
            ? new MtaStsPolicies(ports.Resolver, ports.Web ?? OutboundSecurity.Web(settings.Outbound, ports.Resolver), ports.Time, MostPolicies)
            {
                OnTrouble = (domain, type, why) =>
                {
                    ports.Log.NoMtaStsPolicy(domain, why);
                    reports.NoPolicy(domain, type);
                },
            }
            : null;
        ports.Metrics.Observe("actorsmtp.outbound.tls.succeeded", "{connection}", "Connections to other servers with TLS as it was asked.", () => reports.Succeeded, grows: true);
        ports.Metrics.Observe("actorsmtp.outbound.tls.failed", "{connection}", "Connections to other servers given up for want of TLS.", () => reports.Failed, grows: true);
        ports.Metrics.Observe("actorsmtp.outbound.tls.none", "{connection}", "Connections to other servers in clear text, where that was allowed.", () => reports.InClear, grows: true);
        ports.Metrics.Observe("actorsmtp.outbound.tls.reports", "{report}", "Reports on TLS that were mailed to other domains.", () => reports.Sent, grows: true);
        return new Relays(policies, new RelayContext(relaying, router, hosts, ports.Background, ports.Time, ports.Log)
        {
            Tls = OutboundSecurity.Planner(settings.Outbound, ports.Resolver, policies),
            Logins = settings.Outbound.Logins,
            TlsMemory = memory,
            Reports = reports,
            Rates = new RateBook(ports.Time, MostRates),
            PassedOn = ports.PassedOn,
            Census = ports.Census,
        });
    }

    /// <summary>A relay; a child of outbound, which names it.</summary>
    /// <param name="destination">In its canonical form.</param>
    /// <param name="restsInARow">How often in a row nothing could be reached there.</param>
    public Props Of(string destination, int restsInARow) => Supervision.OfRelay(_context, destination, restsInARow);
}
