using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.TransportSecurity;

namespace ActorSmtp.Client.Securing;

/// <summary>
/// Says of each host of a plan how it is to be talked to: what the configuration asks for; else DANE where signed records name a certificate (RFC 7672), else the destination's MTA-STS
/// policy (RFC 8461), else TLS as it comes.
/// </summary>
/// <param name="policies">Null: MTA-STS is not used.</param>
/// <param name="usesDane">Whether TLSA records are asked for.</param>
public sealed class TlsPlanner(TlsLevels levels, IResolver resolver, MtaStsPolicies? policies, bool usesDane)
{
    private static readonly EnhancedCode s_notTrusted = new(4, 7, 5);
    private static readonly EnhancedCode s_notWithoutTls = new(4, 7, 11);

    /// <summary>Whether we log in at the servers of a route: a password goes over TLS to a server that is verified, or to this machine.</summary>
    public Func<Route, bool> LogsIn { get; init; } = static _ => false;

    /// <summary>One answer for each host of the plan, in its order; of hosts that are dropped, anything.</summary>
    public async Task<ImmutableArray<HostSecurity>> PlanAsync(RoutePlan plan, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.Rule is not { } rule)
        {
            return [.. plan.Hosts.Select(_ => new HostSecurity(TlsDemand.None, null, "none"))];
        }

        var level = levels.For(plan.Domain);
        var sts = level == TlsLevel.Auto && rule.Kind == RouteKind.Mx && policies is not null && !plan.Domain.StartsWith('[')
            ? await policies.FindAsync(plan.Domain, cancellation)
            : null;
        return [.. await Task.WhenAll(plan.Hosts.Select(h => ForAsync(plan, rule, h, level, sts, cancellation)))];
    }

    private async Task<HostSecurity> ForAsync(RoutePlan plan, Route rule, RouteHost host, TlsLevel level, MtaStsPolicy? sts, CancellationToken cancellation)
    {
        var certain = plan.IsAuthentic || rule.Kind != RouteKind.Mx;
        if (rule.Kind is RouteKind.LmtpUnix || host.Dropped is not null)
        {
            return new HostSecurity(TlsDemand.None, null, "none") { IsCertain = certain };
        }

        var hasSecret = !IsHere(host) && LogsIn(rule);
        switch (level)
        {
            case TlsLevel.None or TlsLevel.May when hasSecret && rule.Kind != RouteKind.Smtps:
                return new HostSecurity(TlsDemand.Encrypted, null, "required")
                {
                    IsOurs = true,
                    Barred = new RouteFailure(s_notWithoutTls, $"outbound.tls-policy lets mail for {plan.Domain} go without TLS, and the login of its route (outbound.logins) must not"),
                };
            case TlsLevel.None when rule.Kind != RouteKind.Smtps:
                return new HostSecurity(TlsDemand.None, null, "none");
            case TlsLevel.May when rule.Kind != RouteKind.Smtps:
                return new HostSecurity(TlsDemand.Opportunistic, null, "opportunistic") { IsCertain = certain };
            case TlsLevel.None or TlsLevel.May or TlsLevel.Encrypt:
                return new HostSecurity(TlsDemand.Encrypted, null, "required") { IsCertain = certain };
            case TlsLevel.Verify:
                return new HostSecurity(TlsDemand.Verified, null, "required") { IsCertain = certain };
            case TlsLevel.Secure:
                return new HostSecurity(TlsDemand.Verified, rule.Kind == RouteKind.Mx ? new DomainCheck(plan.Domain) : null, "required") { IsCertain = true };
        }

        if (usesDane || level == TlsLevel.DaneOnly)
        {
            var dane = await DaneAsync(plan, rule, host, cancellation);
            if (level == TlsLevel.DaneOnly && dane is null or { Barred: null, Check: null })
            {
                return new HostSecurity(TlsDemand.Verified, null, "dane")
                {
                    IsOurs = true,
                    Barred = new RouteFailure(s_notTrusted, $"DANE is required (outbound.tls-policy), and {host.Name} has no signed TLSA records{(dane is null ? "" : " that could be used")}"),
                    WouldFail = "dane-required",
                };
            }

            // RFC 8461 §2: DANE that fails stays failed. Records of which none can be used are no DANE to fail, and ask for less than a policy that is enforced.
            if (dane is not null && !(dane is { Barred: null, Check: null } && sts is { Mode: MtaStsMode.Enforce }))
            {
                return dane with { Demand = hasSecret ? TlsDemand.Verified : dane.Demand, IsOurs = level == TlsLevel.DaneOnly };
            }
        }

        if (hasSecret)
        {
            return new HostSecurity(TlsDemand.Verified, null, "required") { IsCertain = true };
        }

        if (rule.Kind == RouteKind.Smtps)
        {
            return new HostSecurity(TlsDemand.Encrypted, null, "required") { IsCertain = certain };
        }

        return sts?.Mode switch
        {
            MtaStsMode.Enforce => new HostSecurity(TlsDemand.Verified, null, "mta-sts")
            {
                IsCertain = true,
                Published = sts.Lines,
                Barred = sts.Names(host.Name) ? null : new RouteFailure(s_notTrusted, $"{host.Name} is none of the servers that the MTA-STS policy of {plan.Domain} names"),
                WouldFail = sts.Names(host.Name) ? null : "validation-failure",
            },
            MtaStsMode.Testing => new HostSecurity(TlsDemand.Opportunistic, null, "mta-sts")
            {
                IsCertain = sts.Names(host.Name) || certain,
                Published = sts.Lines,
                WouldFail = sts.Names(host.Name) ? null : "validation-failure",
            },
            _ => new HostSecurity(TlsDemand.Opportunistic, null, "opportunistic") { IsCertain = certain },
        };
    }

    private static bool IsHere(RouteHost host) => host.Addresses.All(a => IPAddress.IsLoopback(a.EndPoint.Address));

    /// <summary>
    /// RFC 7672 §2.2: where the way to the host was verified, its TLSA records are asked for. That they cannot be found out keeps mail from it; that there are none, or they are not
    /// verified, means that there is no DANE. Where none of them is usable nothing is checked.
    /// </summary>
    private async Task<HostSecurity?> DaneAsync(RoutePlan plan, Route rule, RouteHost host, CancellationToken cancellation)
    {
        if (!(plan.IsAuthentic || rule.Kind != RouteKind.Mx) || IPAddress.TryParse(host.Name, out _))
        {
            return null;
        }

        var bases = host.IsAuthentic ? [host.Alias, DnsName.TryParse(host.Name), plan is { HasMx: false, Alias: not null } ? DnsName.TryParse(plan.Domain) : null] : (ImmutableArray<DnsName?>)[];
        if (!host.IsAuthentic && host.Alias is not null && DnsName.TryParse(host.Name) is { } alias)
        {
            // §2.2.2: a verified alias that leads into a zone that is not signed has its own TLSA records nevertheless; only the alias itself says whether it is one.
            switch (await resolver.ResolveAsync(new DnsQuestion(alias, DnsType.Cname), cancellation))
            {
                case DnsFailed failed:
                    return NotNow($"whether {host.Name} is a signed alias cannot be looked up now: {failed.Words}", failed);
                case DnsFound { IsAuthentic: true }:
                    bases = [alias];
                    break;
            }
        }

        var port = host.Addresses.IsEmpty ? 25 : host.Addresses[0].EndPoint.Port;
        foreach (var at in bases)
        {
            if (at?.Prepend("_tcp")?.Prepend($"_{port}") is not { } name)
            {
                continue;
            }

            switch (await resolver.ResolveAsync(new DnsQuestion(name, DnsType.Tlsa), cancellation))
            {
                case DnsFailed failed:
                    return NotNow($"the TLSA records of {host.Name} cannot be looked up now: {failed.Words}", failed);

                case DnsFound { IsAuthentic: true } found:
                    var records = TlsaSet.Of(found.Records.OfType<TlsaRecord>());
                    return (records.Usable.IsEmpty
                        ? new HostSecurity(TlsDemand.Encrypted, null, "dane")               // §2.2: TLS, unauthenticated
                        : new HostSecurity(TlsDemand.Verified, new DaneCheck(records, NamesOf(records, plan, host, at)), "dane") { ServerName = at.ToLower().ToString() }) with
                    {
                        IsCertain = true,
                        Ttl = found.Ttl,
                        Published = [.. records.Usable.Select(r => $"{r.Usage} {r.Selector} {r.Matching} {Convert.ToHexString(r.Data.AsSpan())}")],
                    };
            }
        }

        return null;
    }

    private static HostSecurity NotNow(string why, DnsFailed failed) => new(TlsDemand.Verified, null, "dane")
    {
        Barred = new RouteFailure(s_notTrusted, why, failed.Detail),
        WouldFail = "dnssec-invalid",
        Ttl = failed.Ttl,
    };

    /// <summary>
    /// RFC 7672 §3.2.2: the base of the TLSA records; where it comes from an MX record the destination and what that is an alias of, else the name that led to it. Where no record names an
    /// authority names do not count, and destinations with one server use each other's connections.
    /// </summary>
    private static string NamesOf(TlsaSet records, RoutePlan plan, RouteHost host, DnsName at) => !records.NamesAuthorities ? "" : string.Join(' ', ((IEnumerable<string?>)
    [
        at.ToLower().ToString(),
        plan.HasMx is null ? host.Name : plan.Domain,
        plan.HasMx == true ? plan.Alias?.ToLower().ToString() : null,
    ]).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase));
}
