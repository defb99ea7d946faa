using System.Collections.Immutable;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>Where the planning of a route stands: what has to be looked up next, or the plan.</summary>
public abstract record RouteStep
{
    private protected RouteStep()
    {
    }
}

/// <summary>There is nothing more to ask.</summary>
public sealed record RouteSettled(RoutePlan Plan) : RouteStep;

/// <summary>The MX records of a domain are to be looked up.</summary>
public sealed record RouteNeedsMx(Route Rule, DnsName Domain) : RouteStep
{
    /// <summary>What to ask.</summary>
    public DnsQuestion Question => new(Domain, DnsType.Mx);
}

/// <summary>The addresses of hosts are to be looked up.</summary>
/// <param name="Draft">The plan so far; its hosts have no addresses yet, and some are dropped already.</param>
/// <param name="Port">Of all of them.</param>
public sealed record RouteNeedsAddresses(RoutePlan Draft, int Port) : RouteStep
{
    /// <summary>Whose addresses are to be found, by their place in <see cref="RoutePlan.Hosts"/>.</summary>
    public IEnumerable<(int Place, DnsName Name)> Wanted => Draft.Hosts.Select((h, place) => (h, place))
        .Where(x => x.h.Dropped is null).Select(x => (x.place, DnsName.Parse(x.h.Name)));
}

/// <summary>What was found of a host's addresses.</summary>
/// <param name="Place">The host's place in the draft.</param>
/// <param name="Outcomes">One or two: for A, for AAAA.</param>
public sealed record HostLookup(int Place, ImmutableArray<DnsOutcome> Outcomes);
