using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.TransportSecurity;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Outbound;

/// <summary>Puts together what says how other servers are to be talked to: for relays, and for <c>actorsmtp route</c>.</summary>
public static class OutboundSecurity
{
    /// <summary>Says how each host is to be talked to.</summary>
    /// <param name="policies">Null: MTA-STS is not used.</param>
    public static TlsPlanner Planner(OutboundSettings settings, IResolver resolver, MtaStsPolicies? policies)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new TlsPlanner(new TlsLevels(settings.Relaying.TlsPolicy), resolver, policies, settings.Relaying.UsesDane) { LogsIn = route => settings.Logins.ContainsKey(route.Domain) };
    }

    /// <summary>Reads policies: a minute, 64 KiB, text/plain (RFC 8461 §3.3). Names come from others, so they lead where mail may lead.</summary>
    public static WebDocuments Web(OutboundSettings settings, IResolver resolver) => new(new WebOptions
    {
        MostOctets = MtaStsPolicy.MostOctets,
        Within = TimeSpan.FromMinutes(1),
        MediaType = "text/plain",
        RequiresMediaType = true,
        Resolve = async (name, cancellation) =>
        {
            if (DnsName.TryParse(name) is not { } host)
            {
                return [];
            }

            DnsType[] types = [.. settings.UsesIpv6 ? (IEnumerable<DnsType>)[DnsType.Aaaa] : [], .. settings.UsesIpv4 ? (IEnumerable<DnsType>)[DnsType.A] : []];
            var outcomes = await Task.WhenAll(types.Select(t => resolver.ResolveAsync(new DnsQuestion(host, t), cancellation)));
            return [.. outcomes.SelectMany(o => o.Addresses).Where(a => !settings.NeverTo.Networks.Any(n => n.Contains(a)))];
        },
    });
}
