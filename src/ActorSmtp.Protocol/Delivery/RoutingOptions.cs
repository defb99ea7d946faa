using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>What routing knows of this server, and its bounds.</summary>
public sealed record RoutingOptions
{
    /// <summary>Hosts of MX records whose addresses are looked up.</summary>
    public required int MostHosts { get; init; }

    /// <summary>Addresses that are tried in one attempt, all hosts together.</summary>
    public required int MostAddresses { get; init; }

    /// <summary>The port of hosts that MX records name.</summary>
    public required int MxPort { get; init; }

    /// <summary>Whether IPv4 addresses are used.</summary>
    public required bool UsesIpv4 { get; init; }

    /// <summary>Whether IPv6 addresses are used.</summary>
    public required bool UsesIpv6 { get; init; }

    /// <summary>Networks to which neither MX records nor address literals may lead; routes of the configuration may.</summary>
    public required ImmutableArray<IPNetwork> NeverTo { get; init; }

    /// <summary>What this server calls itself.</summary>
    public required DnsName OwnName { get; init; }

    /// <summary>Where this server listens for SMTP; wildcards stand as the addresses they mean.</summary>
    public required ImmutableArray<IPEndPoint> OwnEndPoints { get; init; }

    internal bool IsOurs(IPEndPoint endPoint) => OwnEndPoints.Any(o => o.Port == endPoint.Port && o.Address.Unmapped().Equals(endPoint.Address));

    internal RouteDrop? Judge(IPAddress address)
    {
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (isV4 ? !UsesIpv4 : !UsesIpv6)
        {
            return new RouteDrop(DropReason.Forbidden, $"{(isV4 ? "IPv4" : "IPv6")} is not used (outbound.ip)");
        }

        foreach (var network in NeverTo)
        {
            if (network.Contains(address))
            {
                return new RouteDrop(DropReason.Forbidden, $"no mail goes to {network} (outbound.never-to)");
            }
        }

        return null;
    }
}
