using System.Collections.Immutable;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Client.Routing;

/// <summary>Plans routes: takes the planner's questions to the resolver. Nothing is kept here; the resolver has its cache.</summary>
/// <param name="planner">Decides.</param>
/// <param name="options">The same that the planner has.</param>
/// <param name="resolver">Knows.</param>
/// <param name="entropy">Chance for the order of hosts and addresses; from any thread.</param>
public sealed class MailRouter(RoutePlanner planner, RoutingOptions options, IResolver resolver, Func<ulong> entropy)
{
    /// <summary>Where mail for a domain goes now. A plan or a failure, whatever DNS does; ends when the resolver's look-ups have.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<RoutePlan> PlanAsync(MailDomain to, CancellationToken cancellation = default)
    {
        var step = planner.Begin(to);
        if (step is RouteNeedsMx mx)
        {
            step = planner.WithMx(mx, await resolver.ResolveAsync(mx.Question, cancellation), entropy());
        }

        return step is RouteNeedsAddresses needs
            ? planner.WithAddresses(needs, await FindAsync(needs, cancellation), entropy())
            : ((RouteSettled)step).Plan;
    }

    /// <summary>All hosts at once: they are few (<c>outbound.mx-hosts</c>).</summary>
    private async Task<ImmutableArray<HostLookup>> FindAsync(RouteNeedsAddresses needs, CancellationToken cancellation) =>
        [.. await Task.WhenAll(needs.Wanted.Select(async host => new HostLookup(
            host.Place,
            [.. await Task.WhenAll(Types.Select(type => resolver.ResolveAsync(new DnsQuestion(host.Name, type), cancellation)))])))];

    private IEnumerable<DnsType> Types => options switch
    {
        { UsesIpv6: true, UsesIpv4: true } => [DnsType.Aaaa, DnsType.A],
        { UsesIpv6: true } => [DnsType.Aaaa],
        _ => [DnsType.A],
    };
}
