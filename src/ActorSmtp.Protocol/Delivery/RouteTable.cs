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
    public const string Others = "*";

    private readonly FrozenDictionary<string, Route> _routes;

    /// <param name="routes">Of two for the same domain the last counts.</param>
    public RouteTable(ImmutableArray<Route> routes)
    {
        var table = new Dictionary<string, Route>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            table[Canonical(route.Domain)] = route;
        }

        _routes = table.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>There is no route: nothing leaves.</summary>
    public bool IsEmpty => _routes.Count == 0;

    /// <summary>The route, or null where there is none.</summary>
    public Route? Find(MailDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (domain is not DomainName)
        {
            return _routes.GetValueOrDefault(Others);
        }

        var name = domain.Canonical;
        if (_routes.TryGetValue(name, out var own))
        {
            return own;
        }

        for (var dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', dot + 1))
        {
            if (_routes.TryGetValue(name[dot..], out var above))
            {
                return above;
            }
        }

        return _routes.GetValueOrDefault(Others);
    }

    private static string Canonical(string key) => key.StartsWith('.') ? "." + DomainName.ToCanonical(key[1..]) : DomainName.ToCanonical(key);
}
