using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// Which route a domain takes: its own; else that of the nearest domain above it that has one for all below (<c>.example.com</c>); else <c>*</c>; else none. U-labels
/// and A-labels are one. Address literals take <c>*</c> only.
/// </summary>
public sealed class RouteTable
{
    /// <summary>The key of the route for all others.</summary>
    public const string Others = NearestDomain.Others;

    private readonly FrozenDictionary<string, Route> _routes;

    /// <param name="routes">Of two for the same domain the last counts.</param>
    public RouteTable(ImmutableArray<Route> routes)
    {
        var table = new Dictionary<string, Route>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            table[NearestDomain.Canonical(route.Domain)] = route;
        }

        _routes = table.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>There is no route: nothing leaves.</summary>
    public bool IsEmpty => _routes.Count == 0;

    /// <summary>The route, or null where there is none.</summary>
    public Route? Find(MailDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return NearestDomain.Find(_routes, domain.Canonical);
    }
}
