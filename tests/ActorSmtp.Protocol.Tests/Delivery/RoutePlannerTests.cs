using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Tests.Delivery;

/// <summary>RFC 5321 §5.1, look-ups given.</summary>
public sealed class RoutePlannerTests
{
    private static readonly RoutingOptions _options = new()
    {
        MostHosts = 4,
        MostAddresses = 6,
        MxPort = 25,
        UsesIpv4 = true,
        UsesIpv6 = true,
        NeverTo = [IPNetwork.Parse("127.0.0.0/8")],
        OwnName = DnsName.Parse("us.test"),
        OwnEndPoints = [IPEndPoint.Parse("198.51.100.1:25"), IPEndPoint.Parse("[2001:db8::1]:2525")],
    };

    private readonly Dictionary<DnsQuestion, DnsOutcome> _known = [];

    [Fact]
    public void Hosts_are_tried_by_preference()
    {
        Mx("a.test", (20, "mx2.test"), (10, "mx1.test"), (30, "mx3.test"));
        Address("mx1.test", "192.0.2.1");
        Address("mx2.test", "192.0.2.2");
        Address("mx3.test", "192.0.2.3");
        for (ulong luck = 0; luck < 20; luck++)
        {
            Assert.Equal(["192.0.2.1:25", "192.0.2.2:25", "192.0.2.3:25"], Tried(Plan("a.test", luck)));
        }
    }

    [Fact]
    public void Hosts_of_one_preference_and_their_addresses_come_in_every_order_and_the_same_luck_gives_the_same()
    {
        Mx("a.test", (10, "mx1.test"), (10, "mx2.test"), (10, "mx3.test"));
        Address("mx1.test", "192.0.2.1");
        Address("mx2.test", "192.0.2.2");
        Address("mx3.test", "192.0.2.3", "192.0.2.4");
        var orders = new HashSet<string>();
        for (ulong luck = 0; luck < 300; luck++)
        {
            orders.Add(string.Join(' ', Tried(Plan("a.test", luck))));
            Assert.Equal(Tried(Plan("a.test", luck)), Tried(Plan("a.test", luck)));
        }

        Assert.Equal(12, orders.Count);                                             // 3! orders of hosts, two of the last one's addresses
    }

    [Fact]
    public void IPv6_and_IPv4_take_turns()
    {
        Mx("a.test", (10, "mx.test"));
        Address("mx.test", "192.0.2.1", "192.0.2.2", "2001:db8:1::1", "2001:db8:1::2");
        for (ulong luck = 0; luck < 20; luck++)
        {
            Assert.Equal([6, 4, 6, 4], Plan("a.test", luck).Hosts[0].Addresses.Select(a => a.EndPoint.Address.GetAddressBytes().Length == 16 ? 6 : 4));
        }
    }

    [Fact]
    public void A_domain_without_MX_is_its_own_host()
    {
        Address("a.test", "192.0.2.1");
        var plan = Plan("a.test");
        Assert.Equal(["192.0.2.1:25"], Tried(plan));
        Assert.Equal(false, plan.HasMx);
    }

    [Fact]
    public void With_MX_the_domains_own_address_is_never_tried()
    {
        Mx("a.test", (10, "mx.test"));
        Address("a.test", "192.0.2.1");
        Fails(Plan("a.test"), "5.4.4", "mx.test: it has no address");
    }

    [Fact]
    public void A_null_MX_takes_no_mail()
    {
        Mx("a.test", (0, "."));
        Address("a.test", "192.0.2.1");
        Fails(Plan("a.test"), "5.1.10", "takes no mail");
    }

    [Fact]
    public void A_null_MX_beside_others_does_not_count()
    {
        Mx("a.test", (0, "."), (10, "mx.test"));
        Address("mx.test", "192.0.2.1");
        Assert.Equal(["192.0.2.1:25"], Tried(Plan("a.test")));
    }

    [Theory]
    [InlineData("gone.test", "5.1.2", "does not exist")]
    [InlineData("broken.test", "4.4.3", "cannot be looked up now")]
    [InlineData("empty.test", "5.4.4", "neither a mail server nor an address")]
    [InlineData("nohost.test", "4.4.3", "cannot be looked up now")]
    [InlineData("[tag:x]", "5.1.2", "no kind of address")]
    [InlineData("[127.0.0.9]", "5.4.4", "never-to")]
    [InlineData("[198.51.100.1]", "5.4.6", "leads back")]
    public void What_fails_says_whether_for_ever_and_why(string domain, string code, string why)
    {
        Know("gone.test", DnsType.Mx, new DnsNoName(TimeSpan.FromSeconds(9)) { Name = DnsName.Parse("gone.test") });
        Know("broken.test", DnsType.Mx, Failure("broken.test"));
        Know("nohost.test", DnsType.A, Failure("nohost.test"));
        Fails(Plan(domain), code, why);
    }

    [Fact]
    public void Senders_are_not_told_of_our_servers()
    {
        Know("a.test", DnsType.Mx, Failure("a.test"));
        var failure = Plan("a.test").Failure!;
        Assert.DoesNotContain("10.9.9.9", failure.Text, StringComparison.Ordinal);
        Assert.Equal("10.9.9.9: SERVFAIL", failure.Detail);
        Mx("b.test", (10, "mx.test"));
        Know("mx.test", DnsType.A, Failure("mx.test"));
        failure = Plan("b.test").Failure!;
        Assert.DoesNotContain("10.9.9.9", failure.Text, StringComparison.Ordinal);
        Assert.Equal("10.9.9.9: SERVFAIL", failure.Detail);
    }

    [Fact]
    public void An_alias_of_a_domain_is_the_domain_it_stands_for()
    {
        Know("alias.test", DnsType.Mx, new DnsFound([new MxRecord(DnsName.Parse("a.test"), 60, 10, DnsName.Parse("mx.test"))], TimeSpan.FromSeconds(60)) { Name = DnsName.Parse("a.test") });
        Know("alias2.test", DnsType.Mx, new DnsNoData(TimeSpan.FromSeconds(60), DnsType.Mx) { Name = DnsName.Parse("a.test") });
        Address("mx.test", "192.0.2.1");
        Address("a.test", "192.0.2.2");
        Assert.Equal(["192.0.2.1:25"], Tried(Plan("alias.test")));
        Assert.Equal("a.test", Plan("alias.test").Alias!.ToString());
        Assert.Equal(["192.0.2.2:25"], Tried(Plan("alias2.test")));
    }

    [Fact]
    public void Where_we_are_among_the_hosts_only_nearer_ones_are_tried()
    {
        Mx("a.test", (10, "mx1.test"), (20, "US.test"), (20, "mx2.test"), (30, "mx3.test"));
        Address("mx1.test", "192.0.2.1");
        Address("mx2.test", "192.0.2.2");
        Address("mx3.test", "192.0.2.3");
        var plan = Plan("a.test");
        Assert.Equal(["192.0.2.1:25"], Tried(plan));
        Assert.Equal(DropReason.Ourselves, plan.Hosts.Single(h => h.Name == "us.test").Dropped!.Reason);
        Assert.Equal([DropReason.BehindOurselves, DropReason.BehindOurselves], plan.Hosts.Where(h => h.Name is "mx2.test" or "mx3.test").Select(h => h.Dropped!.Reason));
    }

    [Fact]
    public void Another_name_of_ours_is_known_by_its_address()
    {
        Mx("a.test", (10, "mx1.test"), (20, "other-name.test"), (20, "mx2.test"));
        Address("mx1.test", "192.0.2.1");
        Address("other-name.test", "198.51.100.1", "192.0.2.9");
        Address("mx2.test", "192.0.2.2");
        Assert.Equal(["192.0.2.1:25"], Tried(Plan("a.test")));
    }

    [Fact]
    public void Where_we_are_the_nearest_mail_would_go_in_a_circle()
    {
        Mx("a.test", (10, "us.test"), (20, "mx2.test"));
        Address("mx2.test", "192.0.2.2");
        Fails(Plan("a.test"), "5.4.6", "leads back to this server");
        Address("b.test", "198.51.100.1");
        Fails(Plan("b.test"), "5.4.6", "leads back to this server");
    }

    [Fact]
    public void A_nearer_host_that_cannot_be_looked_up_now_may_be_there_later()
    {
        Mx("a.test", (10, "mx1.test"), (20, "us.test"), (30, "mx3.test"));
        Know("mx1.test", DnsType.A, Failure("mx1.test"));
        Fails(Plan("a.test"), "4.4.3", "cannot be looked up now");
        Know("mx1.test", DnsType.A, new DnsNoName(TimeSpan.Zero) { Name = DnsName.Parse("mx1.test") });
        Know("mx3.test", DnsType.A, Failure("mx3.test"));
        Fails(Plan("a.test"), "5.4.6", "leads back");
    }

    [Fact]
    public void One_address_is_enough_when_the_other_look_up_fails()
    {
        Mx("a.test", (10, "mx.test"));
        Address("mx.test", "192.0.2.1");
        Know("mx.test", DnsType.Aaaa, Failure("mx.test"));
        Assert.Equal(["192.0.2.1:25"], Tried(Plan("a.test")));
    }

    [Fact]
    public void What_is_no_host_is_not_looked_up()
    {
        Mx("a.test", (10, "192.0.2.1"), (20, "*.test"), (30, "mx.test"));
        Address("mx.test", "192.0.2.3");
        var plan = Plan("a.test");
        Assert.Equal(["192.0.2.3:25"], Tried(plan));
        Assert.Equal([DropReason.NoHostName, DropReason.NoHostName, null], plan.Hosts.Select(h => h.Dropped?.Reason));
    }

    [Fact]
    public void Hosts_and_addresses_are_bounded_and_the_nearest_are_kept()
    {
        Mx("a.test", [.. Enumerable.Range(1, 500).Select(i => (i, $"mx{i}.test"))]);
        foreach (var i in Enumerable.Range(1, 500))
        {
            Address($"mx{i}.test", [.. Enumerable.Range(1, 4).Select(n => $"10.0.{i % 250}.{n}")]);
        }

        var plan = Plan("a.test");
        Assert.Equal(6, plan.Hops.Count());
        Assert.Equal(["mx1.test", "mx2.test"], plan.Hops.Select(h => h.Host.Name).Distinct());
        Assert.Equal(DropReason.TooMany, plan.Hosts[2].Dropped!.Reason);
        Assert.Equal(DropReason.TooMany, plan.Hosts[499].Dropped!.Reason);
        Assert.Empty(plan.Hosts[4].Addresses);                                      // was not looked up at all
    }

    [Fact]
    public void A_host_named_twice_counts_once_at_its_best()
    {
        Mx("a.test", (30, "mx.test"), (10, "MX.test"), (20, "mx2.test"));
        Address("mx.test", "192.0.2.1");
        Address("mx2.test", "192.0.2.2");
        Assert.Equal(["192.0.2.1:25", "192.0.2.2:25"], Tried(Plan("a.test")));
    }

    [Fact]
    public void No_MX_leads_where_no_mail_goes_and_a_route_does()
    {
        Mx("a.test", (10, "mx.test"));
        Address("mx.test", "127.0.0.1", "::ffff:127.0.0.1");
        Fails(Plan("a.test"), "5.4.4", "127.0.0.0/8");
        Assert.Equal(["127.0.0.1:2500"], Tried(Plan("b.test", routes: "smtp://127.0.0.1:2500")));
    }

    [Fact]
    public void The_other_IP_version_can_be_left_out()
    {
        Mx("a.test", (10, "mx.test"));
        Address("mx.test", "192.0.2.1", "2001:db8:1::1");
        var only4 = _options with { UsesIpv6 = false };
        Assert.Equal(["192.0.2.1:25"], Tried(Plan("a.test", options: only4)));
        Fails(Plan("[IPv6:2001:db8:1::1]", options: only4), "5.4.4", "outbound.ip");
    }

    [Theory]
    [InlineData("[192.0.2.77]", "192.0.2.77:25")]
    [InlineData("[IPv6:2001:db8:1::7]", "[2001:db8:1::7]:25")]
    [InlineData("[IPv6:::ffff:192.0.2.77]", "192.0.2.77:25")]
    public void An_address_literal_is_where_it_says(string domain, string endPoint) => Assert.Equal([endPoint], Tried(Plan(domain)));

    [Fact]
    public void A_route_to_a_host_is_looked_up_and_to_an_address_is_not()
    {
        Address("relay.test", "192.0.2.50");
        Assert.Equal(["192.0.2.50:587"], Tried(Plan("a.test", routes: "smtp://relay.test:587")));
        Assert.Equal(["[2001:db8:9::9]:465"], Tried(Plan("a.test", routes: "smtps://[2001:db8:9::9]:465")));
        Fails(Plan("a.test", routes: "smtp://no-relay.test:587"), "4.4.4", "the route of a.test leads nowhere");
        Know("relay.test", DnsType.A, Failure("relay.test"));
        Fails(Plan("a.test", routes: "smtp://relay.test:587"), "4.4.3", "cannot be looked up now");
    }

    [Fact]
    public void A_route_to_our_own_listener_is_a_circle_and_to_another_port_is_not()
    {
        Fails(Plan("a.test", routes: "smtp://198.51.100.1:25"), "5.4.6", "leads back");
        Assert.Equal(["198.51.100.1:10025"], Tried(Plan("a.test", routes: "smtp://198.51.100.1:10025")));
        Address("us.test", "198.51.100.1");
        Assert.Equal(["198.51.100.1:10025"], Tried(Plan("a.test", routes: "smtp://us.test:10025")));
        Fails(Plan("a.test", routes: "smtp://us.test:25"), "5.4.6", "leads back");
    }

    [Fact]
    public void A_Unix_socket_is_one_hop_without_an_address()
    {
        var hop = Assert.Single(Plan("a.test", routes: "lmtp+unix:/run/x").Hops);
        Assert.Equal(("/run/x", null), (hop.Host.Name, hop.Address));
    }

    [Fact]
    public void Without_a_route_nothing_leaves()
    {
        var planner = new RoutePlanner(new RouteTable([]), _options);
        Fails(Assert.IsType<RouteSettled>(planner.Begin(MailDomain.TryParse("a.test")!)).Plan, "5.7.1", "no route leads to a.test");
    }

    [Fact]
    public void What_was_verified_and_how_long_it_holds_is_kept()
    {
        Know("a.test", DnsType.Mx, new DnsFound([new MxRecord(DnsName.Parse("a.test"), 60, 10, DnsName.Parse("mx.test"))], TimeSpan.FromSeconds(60)) { Name = DnsName.Parse("a.test"), IsAuthentic = true });
        Address("mx.test", "192.0.2.1");
        var plan = Plan("a.test");
        Assert.True(plan.IsAuthentic);
        Assert.False(plan.Hosts[0].IsAuthentic);
        Assert.Equal(TimeSpan.FromSeconds(20), plan.HoldsFor);
    }

    private RoutePlan Plan(string domain, ulong luck = 0, string routes = "mx", RoutingOptions? options = null)
    {
        var planner = new RoutePlanner(new RouteTable([Route.Parse("*", routes)!]), options ?? _options);
        var step = planner.Begin(MailDomain.TryParse(domain)!);
        if (step is RouteNeedsMx mx)
        {
            step = planner.WithMx(mx, Outcome(mx.Question), luck);
        }

        return step is RouteNeedsAddresses needs
            ? planner.WithAddresses(needs, [.. needs.Wanted.Select(w => new HostLookup(w.Place, [Outcome(new(w.Name, DnsType.Aaaa)), Outcome(new(w.Name, DnsType.A))]))], luck * 31)
            : Assert.IsType<RouteSettled>(step).Plan;
    }

    private DnsOutcome Outcome(DnsQuestion question) =>
        _known.GetValueOrDefault(question) ?? new DnsNoData(TimeSpan.FromSeconds(30), question.Type) { Name = question.Name };

    private void Know(string name, DnsType type, DnsOutcome outcome) => _known[new DnsQuestion(DnsName.Parse(name), type)] = outcome;

    private void Mx(string domain, params (int Preference, string Host)[] hosts) => Know(domain, DnsType.Mx, new DnsFound(
        [.. hosts.Select(h => new MxRecord(DnsName.Parse(domain), 60, h.Preference, DnsName.Parse(h.Host)))], TimeSpan.FromSeconds(60))
    { Name = DnsName.Parse(domain) });

    private void Address(string host, params string[] addresses)
    {
        foreach (var family in addresses.Select(IPAddress.Parse).GroupBy(a => a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? DnsType.A : DnsType.Aaaa))
        {
            Know(host, family.Key, new DnsFound([.. family.Select(a => new AddressRecord(DnsName.Parse(host), 20, a))], TimeSpan.FromSeconds(20)) { Name = DnsName.Parse(host) });
        }
    }

    private static DnsFailed Failure(string name) => new(DnsFailure.ServerFailure, "10.9.9.9: SERVFAIL", TimeSpan.Zero) { Name = DnsName.Parse(name) };

    private static string[] Tried(RoutePlan plan)
    {
        Assert.Null(plan.Failure);
        return [.. plan.Hops.Select(h => h.Address!.EndPoint.ToString())];
    }

    private static void Fails(RoutePlan plan, string code, string why)
    {
        Assert.Equal(code, plan.Failure!.Code.ToString());
        Assert.Contains(why, plan.Failure.Text, StringComparison.Ordinal);
        Assert.Empty(plan.Hops);
        Assert.Equal(code[0] == '5', plan.Failure.IsPermanent);
    }
}
