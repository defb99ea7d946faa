using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>Where mail goes: the plan, how long it holds, and what happens where there is none.</summary>
internal sealed partial class RelayActor
{
    private static readonly TimeSpan s_shortestPlan = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPlan = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _planning = new();
    private RoutePlan? _plan;
    private ImmutableArray<Hop> _hops = [];
    private long _plannedAt;                                            // by the clock that nobody sets
    private TimeSpan _planHolds;
    private bool _isPlanning;
    private int _turn;

    /// <summary>There is a plan that holds; else it is being made, and it goes on from there.</summary>
    private bool HasPlan()
    {
        if (_plan is not null && _at.Time.GetElapsedTime(_plannedAt) < _planHolds)
        {
            return true;
        }

        if (!_isPlanning)
        {
            _isPlanning = true;
            var first = _waiting.First!.Value;
            PlanAsync(first.Envelope.Recipients[first.Recipients[0]].Address.Domain).PipeTo(
                Self, success: p => p, failure: e => new Planned(null, [], s_shortestPlan, e.Message));
        }

        return false;
    }

    private async Task<Planned> PlanAsync(MailDomain domain)
    {
        var plan = await _at.Router.PlanAsync(domain, _planning.Token);
        if (plan.Failure is not null)
        {
            return new Planned(plan, [], plan.HoldsFor, null);
        }

        var security = await _at.Tls.PlanAsync(plan, _planning.Token);
        return new Planned(plan, [.. plan.Hops.Select(h => ToHop(plan.Rule!, h.Host, h.Address, security[plan.Hosts.IndexOf(h.Host)]))],
            security.Select(s => s.Ttl).Append(plan.HoldsFor).Min(), null);
    }

    private Hop ToHop(Route rule, RouteHost host, RouteAddress? address, HostSecurity security) => new(
        host,
        new NextHop(address is null ? new System.Net.Sockets.UnixDomainSocketEndPoint(host.Name) : address.EndPoint, security.ServerName ?? host.Name, security.Demand)
        {
            Implicit = rule.Kind == RouteKind.Smtps,
            Lmtp = rule.Kind is RouteKind.Lmtp or RouteKind.LmtpUnix,
            Check = security.Check,
            Login = _at.Logins.GetValueOrDefault(rule.Domain),
            Messages = _limits.Messages,
        },
        security.Policy)
    {
        Barred = security.Barred,
        IsCertain = security.IsCertain,
        IsOurs = security.IsOurs,
        WouldFail = security.WouldFail,
        Published = security.Published,
    };

    private void OnPlanned(Planned m)
    {
        _isPlanning = false;
        _plan = m.Plan ?? new RoutePlan(_destination, null, [], new RouteFailure(new EnhancedCode(4, 3, 0), "the route could not be planned", m.Fault));
        _hops = m.Hops;
        var holds = m.Holds;
        (_plannedAt, _planHolds) = (_at.Time.GetTimestamp(), holds < s_shortestPlan ? s_shortestPlan : holds > s_longestPlan ? s_longestPlan : holds);
        Begin();
    }

    /// <summary>The hosts in their order, those of one preference in turn (RFC 5321 §5.1), so that none of them carries all of it.</summary>
    private ImmutableArray<Hop> HopsFor(Envelope envelope)
    {
        var turn = _turn++;
        var hops = envelope.RequireTls ? [.. _hops.Select(h => h.ForVerifiedTls())] : envelope.TlsNotRequired ? [.. _hops.Select(h => h.ForAnyTls())] : _hops;
        var hosts = hops.GroupBy(h => h.Host.Name).Select(g => g.ToArray()).ToArray();
        return hosts.Length < 2 || hosts[0][0].Host.Preference != hosts[1][0].Host.Preference
            ? hops
            : [.. hosts.GroupBy(h => h[0].Host.Preference).SelectMany(same => Rotated([.. same], turn)).SelectMany(h => h)];
    }

    private static IEnumerable<T> Rotated<T>(T[] items, int by) => items.Select((_, i) => items[(i + by) % items.Length]);

    /// <summary>Nothing leads there: for good, then it is told of each errand; or for now, then once for all of them.</summary>
    private void OnNoWay(Errand errand, RouteFailure failure)
    {
        var kind = failure.IsPermanent ? OutcomeKind.Never : OutcomeKind.Later;
        var report = Empty(Now, failure.Text) with
        {
            Outcomes = [.. errand.Recipients.Select(r => new RecipientOutcome(r, kind, failure.Code, null, failure.Text))],
        };
        Report(errand, report, isLast: true);
        _room--;
        if (failure.IsPermanent)
        {
            AskForMore();
        }
        else
        {
            _plan = null;
            RestFor(failure.Text, report, null);
        }
    }

    private sealed record Planned(RoutePlan? Plan, ImmutableArray<Hop> Hops, TimeSpan Holds, string? Fault) : INoSerializationVerificationNeeded;
}
