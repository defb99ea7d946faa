using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Server.Settings;

/// <summary>Mail that leaves.</summary>
/// <param name="Routes">Without a route for it, a domain's mail is refused.</param>
/// <param name="Retry">When attempts are repeated, senders warned, messages given up.</param>
/// <param name="ReturnSize">The largest message that goes back whole where its sender did not say.</param>
/// <param name="MxHosts">Hosts of MX records that are looked up for one domain.</param>
/// <param name="Addresses">Addresses tried in one attempt.</param>
/// <param name="MxPort">The port of hosts that MX records name.</param>
/// <param name="UsesIpv4">IPv4 is used.</param>
/// <param name="UsesIpv6">IPv6 is used.</param>
/// <param name="NeverTo">Networks to which no MX record leads.</param>
public sealed record OutboundSettings(
    ImmutableArray<Route> Routes,
    RetrySchedule Retry,
    long ReturnSize,
    int MxHosts,
    int Addresses,
    int MxPort,
    bool UsesIpv4,
    bool UsesIpv6,
    TrustedNetworks NeverTo)
{
    /// <summary>How it is carried.</summary>
    public required RelaySettings Relaying { get; init; }

    /// <summary>Who we log in as at the servers of a route, by its key.</summary>
    public required FrozenDictionary<string, RouteLogin> Logins { get; init; }

    /// <summary>Reports to other domains of how TLS to them goes.</summary>
    public required ReportSettings TlsReports { get; init; }

    /// <summary>With so many messages in the queue no more are taken for other domains.</summary>
    public required int QueueSize { get; init; }

    /// <summary>Destinations that are served at the same time.</summary>
    public required int Destinations { get; init; }

    /// <summary>There is somewhere to send to: only then is there a queue.</summary>
    public bool IsOn => !Routes.IsEmpty;

    private enum IpVersions
    {
        Both,
        Four,
        Six,
    }

    /// <summary>What routing needs of these.</summary>
    /// <param name="hostname">What this server calls itself.</param>
    /// <param name="own">Where it listens, wildcards as the addresses they mean.</param>
    public RoutingOptions Routing(string hostname, ImmutableArray<IPEndPoint> own) => new()
    {
        MostHosts = MxHosts,
        MostAddresses = Addresses,
        MxPort = MxPort,
        UsesIpv4 = UsesIpv4,
        UsesIpv6 = UsesIpv6,
        NeverTo = NeverTo.Networks,
        OwnName = DnsName.TryParse(hostname) ?? DnsName.Root,
        OwnEndPoints = own,
    };

    /// <param name="readFile">The bytes of a file that the settings name, or null where there is none.</param>
    internal static OutboundSettings From(SettingsReader r, Func<string, byte[]?> readFile)
    {
        var routes = ImmutableArray.CreateBuilder<Route>();
        var map = r.Section("routes");
        foreach (var name in map.Keys)
        {
            var text = map.Text(name);
            if (name != RouteTable.Others && !DomainName.IsValid(name.StartsWith('.') ? name[1..] : name))
            {
                map.Refuse(name, $"the key of a route is none: {DomainName.Expected}, with a dot before it for every domain below, or \"*\"; write it in quotes");
            }
            else if (Route.Parse(name, text) is { } route)
            {
                routes.Add(route);
            }
            else
            {
                map.Refuse(name, Route.Expected);
            }
        }

        var ip = r.Choice("ip", ("both", IpVersions.Both), ("ipv4", IpVersions.Four), ("ipv6", IpVersions.Six));
        return new OutboundSettings(
            Routes: routes.ToImmutable(),
            Retry: new RetrySchedule(
                Waits: r.DurationList("retry", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),       // RFC 5321 §4.5.4.1
                Expire: r.Duration("expire", TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
                WarnAfter: r.Duration("warn-after", TimeSpan.Zero, TimeSpan.FromDays(30)),
                JitterPercent: r.Int("retry-jitter", min: 0, max: 100)),
            ReturnSize: r.Bytes("return-size", min: 0, max: 1 << 30),
            MxHosts: r.Int("mx-hosts", min: 2, max: 100),                                            // RFC 5321 §5.1: at least two addresses
            Addresses: r.Int("addresses", min: 2, max: 100),
            MxPort: r.Int("mx-port", min: 1, max: 65_535),
            UsesIpv4: ip != IpVersions.Six,
            UsesIpv6: ip != IpVersions.Four,
            NeverTo: TrustedNetworks.From(r, "never-to"))
        {
            Relaying = RelaySettings.From(r),
            Logins = RouteLogin.FromAll(r, routes, readFile),
            TlsReports = ReportSettings.From(r.Section("tls-reports")),
            QueueSize = r.Int("queue-size", min: 1, max: 100_000_000),
            Destinations = r.Int("destinations", min: 1, max: 10_000),
        };
    }
}
