using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>Why a host or an address of a plan is not tried.</summary>
public enum DropReason
{
    /// <summary>It is this very server.</summary>
    Ourselves,

    /// <summary>This server is among the domain's, and at least as near as this one: mail would come back (RFC 5321 §5.1).</summary>
    BehindOurselves,

    /// <summary>The name does not exist, or has no address.</summary>
    NoAddress,

    /// <summary>Its address could not be looked up now.</summary>
    LookupFailed,

    /// <summary>What the MX record names is no name of a host.</summary>
    NoHostName,

    /// <summary>The address is one that mail never goes to (<c>outbound.never-to</c>, or an address of another IP version than <c>outbound.ip</c> allows).</summary>
    Forbidden,

    /// <summary>There are nearer ones enough (<c>outbound.mx-hosts</c>, <c>outbound.addresses</c>).</summary>
    TooMany,
}

/// <summary>What is not tried, and why in words.</summary>
/// <param name="Detail">More of it, for the log and the administrator only; null: there is no more.</param>
public sealed record RouteDrop(DropReason Reason, string Why, string? Detail = null);

/// <summary>An address of a host; tried where nothing is said against it.</summary>
public sealed record RouteAddress(IPEndPoint EndPoint, RouteDrop? Dropped = null);

/// <summary>A server that could be tried.</summary>
/// <param name="Name">Its name as the record or the route has it, for TLS and for people; of a literal the address; of a Unix socket its path.</param>
/// <param name="Preference">Of its MX record; null where there is none.</param>
/// <param name="Addresses">In the order in which they are tried; none for a Unix socket.</param>
/// <param name="Dropped">Why none of them is tried; null: some are.</param>
public sealed record RouteHost(string Name, int? Preference, ImmutableArray<RouteAddress> Addresses, RouteDrop? Dropped = null)
{
    /// <summary>How long the addresses hold.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.MaxValue;

    /// <summary>The resolver verified its addresses; with the plan's own word the ground for DANE (RFC 7672 §2.2).</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>The name its addresses stand at, where <see cref="Name"/> is an alias; null otherwise.</summary>
    public DnsName? Alias { get; init; }
}

/// <summary>Mail cannot go that way.</summary>
/// <param name="Code">Class 4: later, maybe; class 5: never (RFC 3463).</param>
/// <param name="Text">Why, fit for a bounce.</param>
/// <param name="Detail">Which of our servers said what, for the log and the administrator only; null: there is no more.</param>
public sealed record RouteFailure(EnhancedCode Code, string Text, string? Detail = null)
{
    public bool IsPermanent => Code.Class == 5;

    public override string ToString() => $"{Code} {Text}";
}

/// <summary>Where mail for a domain is tried, in which order; or why nowhere. Also what was dropped on the way, for people.</summary>
/// <param name="Domain">In its canonical form.</param>
/// <param name="Rule">The route it takes; null: none leads there.</param>
/// <param name="Hosts">In order, the dropped ones where they would have stood.</param>
/// <param name="Failure">Null exactly if some host is to be tried.</param>
public sealed record RoutePlan(string Domain, Route? Rule, ImmutableArray<RouteHost> Hosts, RouteFailure? Failure)
{
    /// <summary>The hosts come from MX records, or are the domain itself for want of them (false); null: neither was found out, or asked.</summary>
    public bool? HasMx { get; init; }

    /// <summary>The name whose MX records or addresses these are, where the domain is an alias; null otherwise.</summary>
    public DnsName? Alias { get; init; }

    /// <summary>How long the MX records hold, or that there are none.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.MaxValue;

    /// <summary>The resolver verified the MX records, or that there are none.</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>How long all of it holds.</summary>
    public TimeSpan HoldsFor => Hosts.Select(h => h.Ttl).Append(Ttl).Min();

    /// <summary>What is tried, one address after the other.</summary>
    public IEnumerable<(RouteHost Host, RouteAddress? Address)> Hops => Hosts.Where(h => h.Dropped is null)
        .SelectMany(h => h.Addresses.IsEmpty ? [(h, (RouteAddress?)null)] : h.Addresses.Where(a => a.Dropped is null).Select(a => (h, (RouteAddress?)a)));
}
