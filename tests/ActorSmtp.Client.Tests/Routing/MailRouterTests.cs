using ActorSmtp.Client.Resolving;
using ActorSmtp.Client.Routing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Routing;

/// <summary>The planner's questions, taken to a resolver.</summary>
public sealed class MailRouterTests
{
    private static readonly RoutingOptions _options = new()
    {
        MostHosts = 10,
        MostAddresses = 10,
        MxPort = 25,
        UsesIpv4 = true,
        UsesIpv6 = true,
        NeverTo = [],
        OwnName = DnsName.Parse("us.test"),
        OwnEndPoints = [],
    };

    private readonly ZoneResolver _resolver = ZoneResolver.Of("""
        a.test 300 MX 20 mx2.a.test
        a.test 300 MX 10 mx1.a.test
        mx1.a.test 300 A 192.0.2.1
        mx1.a.test 60 AAAA 2001:db8::1
        mx2.a.test 300 CNAME host.b.test
        host.b.test 300 A 192.0.2.2
        alias.test 300 CNAME a.test
        relay.test 300 A 192.0.2.25
        null.test 300 MX 0 .
        """);

    [Fact]
    public async Task Hosts_are_found_with_their_addresses()
    {
        var plan = await Plan("a.test");
        Assert.Equal(["[2001:db8::1]:25", "192.0.2.1:25", "192.0.2.2:25"], plan.Hops.Select(h => h.Address!.EndPoint.ToString()));
        Assert.Equal("host.b.test", plan.Hosts[1].Alias!.ToString());
        Assert.Null(plan.Hosts[0].Alias);
        Assert.Equal(TimeSpan.FromSeconds(60), plan.HoldsFor);
        Assert.Equal(5, _resolver.Asked.Count);
    }

    [Fact]
    public async Task An_alias_of_a_domain_is_followed()
    {
        var plan = await Plan("alias.test");
        Assert.Equal("a.test", plan.Alias!.ToString());
        Assert.Equal(3, plan.Hops.Count());
    }

    [Fact]
    public async Task Only_what_is_used_is_asked_for()
    {
        Assert.Single((await Plan("a.test", _options with { UsesIpv6 = false, MostHosts = 1 })).Hops);
        Assert.Equal([DnsType.Mx, DnsType.A], _resolver.Asked.Select(q => q.Type));
        _resolver.Asked.Clear();
        Assert.Equal("5.1.10", (await Plan("null.test")).Failure!.Code.ToString());
        Assert.Single(_resolver.Asked);
    }

    [Theory]
    [InlineData("smtp://relay.test:587", "192.0.2.25:587", 2)]
    [InlineData("smtp://192.0.2.77:25", "192.0.2.77:25", 0)]
    public async Task A_fixed_route_asks_for_no_MX(string route, string endPoint, int questions)
    {
        Assert.Equal([endPoint], (await Plan("a.test", routes: route)).Hops.Select(h => h.Address!.EndPoint.ToString()));
        Assert.Equal(questions, _resolver.Asked.Count);
        Assert.DoesNotContain(_resolver.Asked, q => q.Type == DnsType.Mx);
    }

    [Fact]
    public async Task A_look_up_that_fails_is_for_later()
    {
        _resolver.Fail("mx1.a.test", DnsType.A).Fail("mx1.a.test", DnsType.Aaaa);
        Assert.Equal(["192.0.2.2:25"], (await Plan("a.test")).Hops.Select(h => h.Address!.EndPoint.ToString()));
        _resolver.Fail("mx2.a.test", DnsType.A);
        Assert.Equal("4.4.3", (await Plan("a.test")).Failure!.Code.ToString());
        _resolver.Fail("a.test", DnsType.Mx, DnsFailure.NoAnswer);
        Assert.Equal("4.4.3", (await Plan("a.test")).Failure!.Code.ToString());
    }

    [Fact]
    public async Task Who_gives_up_hears_so() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Router(_options, "mx", _resolver).PlanAsync(MailDomain.TryParse("a.test")!, new CancellationToken(canceled: true)));

    private Task<RoutePlan> Plan(string domain, RoutingOptions? options = null, string routes = "mx") =>
        Router(options ?? _options, routes, _resolver).PlanAsync(MailDomain.TryParse(domain)!);

    private static MailRouter Router(RoutingOptions options, string routes, IResolver resolver) =>
        new(new RoutePlanner(new RouteTable([Route.Parse("*", routes)!]), options), options, resolver, () => 7);
}
