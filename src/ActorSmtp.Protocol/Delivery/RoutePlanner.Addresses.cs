using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Delivery;

/// <content>From hosts to addresses, and the verdict on the whole.</content>
public sealed partial class RoutePlanner
{
    private RouteHost Found(RouteHost host, HostLookup lookup, RouteNeedsAddresses step, ref Luck dice)
    {
        var isConfigured = step.Draft.Rule!.Kind != RouteKind.Mx;
        var addresses = InTurn(lookup.Outcomes.SelectMany(o => o.Addresses).Select(a => a.Unmapped()).Distinct(), ref dice)
            .Select(a => Judged(new IPEndPoint(a, step.Port), isConfigured)).ToImmutableArray();
        var first = lookup.Outcomes.FirstOrDefault(o => o is DnsFound) ?? lookup.Outcomes[0];
        var known = host with
        {
            Addresses = addresses,
            Ttl = lookup.Outcomes.Where(o => first is not DnsFound || o is DnsFound).Min(o => o.Ttl),
            IsAuthentic = lookup.Outcomes.All(o => o is DnsFailed || o.IsAuthentic),     // else whoever drops one answer takes DANE away (RFC 7672 §2.1.1)
            Alias = string.Equals(first.Name.ToString(), host.Name, StringComparison.OrdinalIgnoreCase) ? null : first.Name,
        };
        return known with
        {
            Dropped = addresses.FirstOrDefault(a => a.Dropped?.Reason == DropReason.Ourselves) is { } us ? us.Dropped
                : addresses.Any(a => a.Dropped is null) ? null
                : lookup.Outcomes.OfType<DnsFailed>().FirstOrDefault() is { } failed ? new RouteDrop(DropReason.LookupFailed, $"its address cannot be looked up now: {failed.Words}", failed.Detail)
                : addresses.IsEmpty ? new RouteDrop(DropReason.NoAddress, lookup.Outcomes.Any(o => o is DnsNoName) ? "the name does not exist" : "it has no address")
                : addresses[0].Dropped,
        };
    }

    /// <summary>In any order, IPv6 and IPv4 in turn: when one of them does not work here, the other is not far (RFC 8305 §4).</summary>
    private static IEnumerable<IPAddress> InTurn(IEnumerable<IPAddress> addresses, ref Luck dice)
    {
        var mixed = dice.Shuffled(addresses);
        return mixed.GroupBy(a => a.AddressFamily)
            .SelectMany(family => family.Select((address, rank) => (address, rank)))
            .OrderBy(x => x.rank).ThenBy(x => x.address.AddressFamily == AddressFamily.InterNetworkV6 ? 0 : 1)
            .Select(x => x.address);
    }

    private RouteHost HostAt(IPAddress address, int port, bool isConfigured)
    {
        var judged = Judged(new IPEndPoint(address, port), isConfigured);
        return new RouteHost(address.ToString(), null, [judged], judged.Dropped);
    }

    private RouteAddress Judged(IPEndPoint endPoint, bool isConfigured) => new(
        endPoint,
        options.IsOurs(endPoint) ? new RouteDrop(DropReason.Ourselves, "this server listens there")
            : isConfigured ? null
            : options.Judge(endPoint.Address));

    /// <summary>So many addresses in all, the nearest hosts' first.</summary>
    private ImmutableArray<RouteHost> Bounded(ImmutableArray<RouteHost> hosts)
    {
        var left = options.MostAddresses;
        var tooMany = new RouteDrop(DropReason.TooMany, $"there are {options.MostAddresses} nearer ones (outbound.addresses)");
        return
        [
            .. hosts.Select(h => h.Dropped is not null ? h : left <= 0 ? h with { Dropped = tooMany } : h with
            {
                Addresses = [.. h.Addresses.Select(a => a.Dropped is not null || left-- > 0 ? a : a with { Dropped = tooMany })],
            }),
        ];
    }

    /// <summary>The plan with its failure, where nothing is left to try.</summary>
    private static RoutePlan Judged(RoutePlan plan)
    {
        if (plan.Hosts.Any(h => h.Dropped is null))
        {
            return plan;
        }

        var drops = plan.Hosts.Select(h => h.Dropped!).ToArray();
        if (drops.FirstOrDefault(d => d.Reason == DropReason.LookupFailed) is { } unknown)
        {
            return plan with { Failure = Later(4, 3, $"no server for {plan.Domain} can be found now: {unknown.Why}", unknown.Detail) };
        }

        if (drops.Any(d => d.Reason is DropReason.Ourselves))
        {
            return plan with { Failure = Never(4, 6, $"mail for {plan.Domain} leads back to this server, which does not keep it (domains)") };
        }

        if (plan.HasMx == false && drops is [{ Reason: DropReason.NoAddress }])
        {
            return plan with { Failure = Never(4, 4, $"the domain {plan.Domain} has neither a mail server nor an address") };
        }

        var why = string.Join("; ", plan.Hosts.Take(3).Select(h => $"{h.Name}: {h.Dropped!.Why}"));
        return plan with { Failure = plan.Rule!.Kind == RouteKind.Mx ? Never(4, 4, $"no server for {plan.Domain} can be reached: {why}") : Later(4, 4, $"the route of {plan.Domain} leads nowhere: {why}") };
    }
}
