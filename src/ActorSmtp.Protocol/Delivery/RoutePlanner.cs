using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// Decides where mail for a domain goes: the configuration's route, then RFC 5321 §5.1: MX records by preference, in any order within one, the domain's own address
/// where it has none, no mail where they say so (RFC 7505), nothing that would come back to us. Looks nothing up: it says what has to be, step by step, and makes the
/// plan of the answers.
/// </summary>
public sealed partial class RoutePlanner(RouteTable routes, RoutingOptions options)
{
    /// <summary>The first step.</summary>
    public RouteStep Begin(MailDomain to)
    {
        ArgumentNullException.ThrowIfNull(to);
        var domain = to.Canonical;
        if (routes.Find(to) is not { } rule)
        {
            return Settled(new RoutePlan(domain, null, [], Never(7, 1, $"no route leads to {domain} (outbound.routes)")));
        }

        if (rule.Kind == RouteKind.LmtpUnix)
        {
            return Settled(new RoutePlan(domain, rule, [new RouteHost(rule.Host, null, [])], null));
        }

        if (rule.Kind != RouteKind.Mx)
        {
            return rule.Address is { } fixedAddress
                ? Settled(Judged(new RoutePlan(domain, rule, [HostAt(fixedAddress, rule.Port, isConfigured: true)], null)))
                : new RouteNeedsAddresses(new RoutePlan(domain, rule, [new RouteHost(rule.Host, null, [])], null), rule.Port);
        }

        if (to is AddressLiteral literal)
        {
            return Settled(literal.Address is { } address
                ? Judged(new RoutePlan(domain, rule, [HostAt(address.Unmapped(), options.MxPort, isConfigured: false)], null))
                : new RoutePlan(domain, rule, [], Never(1, 2, $"{domain} is no kind of address we know")));
        }

        return DnsName.TryParse(domain) is { IsRoot: false } name
            ? new RouteNeedsMx(rule, name)
            : Settled(new RoutePlan(domain, rule, [], Never(1, 2, $"{domain} cannot be a name in the DNS")));
    }

    /// <summary>The second step, for a route by MX: what the look-up of MX records said.</summary>
    /// <param name="luck">Any number: which order hosts of one preference come in.</param>
    public RouteStep WithMx(RouteNeedsMx step, DnsOutcome mx, ulong luck)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(mx);
        var domain = step.Domain.ToString();
        var plan = new RoutePlan(domain, step.Rule, [], null) { Ttl = mx.Ttl, IsAuthentic = mx.IsAuthentic, Alias = mx.Name == step.Domain ? null : mx.Name };
        switch (mx)
        {
            case DnsNoName:
                return Settled(plan with { Failure = Never(1, 2, $"the domain {domain} does not exist") });
            case DnsNoData:                                             // RFC 5321 §5.1: the implicit MX, of preference 0
                return new RouteNeedsAddresses(plan with { HasMx = false, Hosts = Placed([(0, mx.Name)], luck) }, options.MxPort);
            case DnsFailed failed:                                      // §5.1: a temporary error is not "no MX"
                return Settled(plan with { Failure = Later(4, 3, $"the mail servers of {domain} cannot be looked up now: {failed.Words}", failed.Detail) });
        }

        var records = ((DnsFound)mx).Records.OfType<MxRecord>().ToArray();
        if (records.All(r => r.Exchange.IsRoot))
        {
            return Settled(plan with { HasMx = true, Failure = Never(1, 10, $"the domain {domain} takes no mail") });      // RFC 7505 §4
        }

        var hosts = Placed(records.Where(r => !r.Exchange.IsRoot).Select(r => (r.Preference, r.Exchange)), luck);
        var draft = plan with { HasMx = true, Hosts = WithoutBehindUs(hosts) };
        return draft.Hosts.Any(h => h.Dropped is null) ? new RouteNeedsAddresses(draft, options.MxPort) : Settled(Judged(draft));
    }

    /// <summary>The last step: what the look-ups of addresses said.</summary>
    /// <param name="found">One for each of <see cref="RouteNeedsAddresses.Wanted"/>.</param>
    /// <param name="luck">Any number: which order the addresses of a host come in.</param>
    public RoutePlan WithAddresses(RouteNeedsAddresses step, ImmutableArray<HostLookup> found, ulong luck)
    {
        ArgumentNullException.ThrowIfNull(step);
        var hosts = step.Draft.Hosts.ToBuilder();
        var dice = new Luck(luck);
        foreach (var lookup in found)
        {
            hosts[lookup.Place] = Found(hosts[lookup.Place], lookup, step, ref dice);
        }

        var judged = step.Draft.Rule!.Kind == RouteKind.Mx ? WithoutBehindUs(hosts.ToImmutable()) : hosts.ToImmutable();
        return Judged(step.Draft with { Hosts = Bounded(judged) });
    }

    /// <summary>In the order of trying: by preference, by chance within one (§5.1), each host once, so many at most.</summary>
    private ImmutableArray<RouteHost> Placed(IEnumerable<(int Preference, DnsName Name)> exchanges, ulong luck)
    {
        var dice = new Luck(luck);
        var ordered = exchanges.GroupBy(x => x.Name).Select(same => same.MinBy(x => x.Preference))
            .GroupBy(x => x.Preference).OrderBy(g => g.Key).SelectMany(g => dice.Shuffled(g)).ToArray();
        var hosts = ImmutableArray.CreateBuilder<RouteHost>(ordered.Length);
        var usable = 0;
        foreach (var (preference, name) in ordered)
        {
            var drop = name == options.OwnName ? new RouteDrop(DropReason.Ourselves, "it is this server's own name")
                : !name.IsHost ? new RouteDrop(DropReason.NoHostName, "it is no name of a host")
                : name.LooksLikeAddress ? new RouteDrop(DropReason.NoHostName, "an address stands where a name belongs (RFC 5321 §5.1)")
                : ++usable > options.MostHosts ? new RouteDrop(DropReason.TooMany, $"there are {options.MostHosts} nearer ones (outbound.mx-hosts)")
                : null;
            hosts.Add(new RouteHost(name.ToLower().ToString(), preference, [], drop));
        }

        return hosts.ToImmutable();
    }

    /// <summary>Where we are among the hosts, only nearer ones may be tried: all others would send it to us, or we to ourselves (§5.1).</summary>
    private static ImmutableArray<RouteHost> WithoutBehindUs(ImmutableArray<RouteHost> hosts)
    {
        var us = hosts.Where(h => h.Dropped?.Reason == DropReason.Ourselves).Select(h => h.Preference).Min();
        return us is null ? hosts : [.. hosts.Select(h => h.Dropped?.Reason == DropReason.Ourselves || h.Preference < us ? h
            : h with { Dropped = new RouteDrop(DropReason.BehindOurselves, string.Create(CultureInfo.InvariantCulture, $"this server has preference {us} for the domain")) })];
    }

    private static RouteSettled Settled(RoutePlan plan) => new(plan);

    private static RouteFailure Never(int subject, int detail, string text) => new(new EnhancedCode(5, subject, detail), text);

    private static RouteFailure Later(int subject, int detail, string text, string? more = null) => new(new EnhancedCode(4, subject, detail), text, more);
}
