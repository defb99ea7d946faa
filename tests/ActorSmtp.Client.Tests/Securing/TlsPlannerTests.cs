using ActorSmtp.Client.Routing;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Securing;

/// <summary>What is asked of TLS, host by host.</summary>
public sealed class TlsPlannerTests
{
    private const string Hash = "0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly RoutingOptions _options = new()
    {
        MostHosts = 10,
        MostAddresses = 10,
        MxPort = 25,
        UsesIpv4 = true,
        UsesIpv6 = false,
        NeverTo = [],
        OwnName = DnsName.Parse("us.test"),
        OwnEndPoints = [],
    };

    private readonly ZoneResolver _names = ZoneResolver.Of("""
        far.test 300 MX 10 mx1.far.test
        far.test 300 MX 20 mx2.far.test
        mx1.far.test 300 A 192.0.2.1
        mx2.far.test 300 CNAME real.far.test
        real.far.test 300 A 192.0.2.2
        """);

    [Theory]
    [InlineData(TlsLevel.Auto, "mx", "Opportunistic opportunistic")]
    [InlineData(TlsLevel.May, "mx", "Opportunistic opportunistic")]
    [InlineData(TlsLevel.None, "mx", "None none")]
    [InlineData(TlsLevel.Encrypt, "mx", "Encrypted required")]
    [InlineData(TlsLevel.Verify, "mx", "Verified required")]
    [InlineData(TlsLevel.Secure, "mx", "Verified required DomainCheck { Domain = far.test }")]
    [InlineData(TlsLevel.DaneOnly, "mx", "barred 4.7.5")]
    [InlineData(TlsLevel.Auto, "smtps://192.0.2.9:465", "Encrypted required")]
    [InlineData(TlsLevel.None, "smtps://192.0.2.9:465", "Encrypted required")]
    [InlineData(TlsLevel.Verify, "smtps://192.0.2.9:465", "Verified required")]
    [InlineData(TlsLevel.Secure, "smtp://192.0.2.9:25", "Verified required")]
    [InlineData(TlsLevel.Auto, "lmtp+unix:/run/l.sock", "None none")]
    public async Task Levels_are_what_Postfix_means_by_them(TlsLevel level, string route, string expected) =>
        Assert.Equal(expected, Show((await Plan(level, route)).First()));

    [Fact]
    public async Task Signed_TLSA_records_mean_DANE_for_their_host()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 2 1 1 {Hash}");
        var plan = await Plan();
        Assert.StartsWith("Verified dane DaneCheck", Show(plan[0]));
        Assert.Equal(("mx1.far.test far.test", "mx1.far.test"), (((DaneCheck)plan[0].Check!).Names, plan[0].ServerName));
        Assert.Equal("Opportunistic opportunistic", Show(plan[1]));
    }

    [Fact]
    public async Task TLSA_records_stand_at_the_end_of_aliases_or_at_the_host_and_that_is_who_is_asked_for()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add($"_25._tcp.real.far.test 60 TLSA 2 1 1 {Hash}");
        var host = (await Plan())[1];
        Assert.Equal(("real.far.test far.test", "real.far.test"), (((DaneCheck)host.Check!).Names, host.ServerName));       // RFC 7672 §3.2.2, §8.1
        _names.Zone.Remove("_25._tcp.real.far.test");
        _names.Zone.Add($"_25._tcp.mx2.far.test 60 TLSA 2 1 1 {Hash}");
        host = (await Plan())[1];
        Assert.Equal(("mx2.far.test far.test", "mx2.far.test"), (((DaneCheck)host.Check!).Names, host.ServerName));
    }

    [Fact]
    public async Task A_certificate_by_an_authority_may_be_for_the_destination_or_what_that_is_an_alias_of()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add("alias.test 300 CNAME far.test");
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 2 1 1 {Hash}");
        Assert.Equal("mx1.far.test alias.test far.test", ((DaneCheck)(await Plan(domain: "alias.test"))[0].Check!).Names);
    }

    [Fact]
    public async Task Without_MX_records_TLSA_records_may_stand_at_the_domain_or_at_its_alias()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add("lone.test 300 CNAME real.far.test");
        _names.Zone.Add($"_25._tcp.lone.test 60 TLSA 2 1 1 {Hash}");
        var host = (await Plan(domain: "lone.test"))[0];
        Assert.Equal(("lone.test", "lone.test"), (((DaneCheck)host.Check!).Names, host.ServerName));
        _names.Zone.Add($"_25._tcp.real.far.test 60 TLSA 2 1 1 {Hash}");
        host = (await Plan(domain: "lone.test"))[0];
        Assert.Equal(("real.far.test lone.test", "real.far.test"), (((DaneCheck)host.Check!).Names, host.ServerName));
    }

    [Fact]
    public async Task Names_do_not_count_where_no_record_names_an_authority_so_destinations_share_connections()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add("near.test 300 MX 10 mx1.far.test");
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 3 1 1 {Hash}");
        var (far, near) = ((await Plan())[0], (await Plan(domain: "near.test"))[0]);
        Assert.Equal((far.Check, far.ServerName), (near.Check, near.ServerName));
    }

    [Fact]
    public async Task A_signed_alias_of_a_host_whose_zone_is_not_signed_has_DANE_by_its_own_records()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Unsigned.Add(DnsName.Parse("real.far.test"));
        Assert.Equal("Opportunistic opportunistic", Show((await Plan())[1]));
        _names.Zone.Add($"_25._tcp.mx2.far.test 60 TLSA 3 1 1 {Hash}");
        var host = (await Plan())[1];
        Assert.StartsWith("Verified dane DaneCheck", Show(host));
        Assert.Equal("mx2.far.test", host.ServerName);
        _names.Zone.Unsigned.Add(DnsName.Parse("mx2.far.test"));
        Assert.Equal("Opportunistic opportunistic", Show((await Plan())[1]));
        _names.Fail("mx2.far.test", DnsType.Cname);
        Assert.Equal("barred 4.7.5", Show((await Plan())[1]));          // whoever keeps the answer from us takes no DANE away
    }

    [Fact]
    public async Task Records_that_are_not_signed_do_not_count()
    {
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 3 1 1 {Hash}");
        Assert.Equal("Opportunistic opportunistic", Show((await Plan())[0]));
        Assert.DoesNotContain(_names.Asked, q => q.Type == DnsType.Tlsa);
    }

    [Fact]
    public async Task Records_of_which_none_is_usable_ask_for_TLS_as_such()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 1 1 1 {Hash}");
        Assert.Equal("Encrypted dane", Show((await Plan())[0]));
        Assert.Equal("barred 4.7.5", Show((await Plan(TlsLevel.DaneOnly))[0]));
    }

    [Fact]
    public async Task Records_that_cannot_be_looked_up_keep_mail_from_the_host()
    {
        _names.Zone.IsSigned = true;
        _names.Fail("_25._tcp.mx1.far.test", DnsType.Tlsa);
        var plan = await Plan();
        Assert.Equal("barred 4.7.5", Show(plan[0]));
        Assert.Equal("Opportunistic opportunistic", Show(plan[1]));
    }

    [Fact]
    public async Task DANE_can_be_switched_off()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 3 1 1 {Hash}");
        Assert.Equal("Opportunistic opportunistic", Show((await Plan(usesDane: false))[0]));
    }

    [Fact]
    public async Task The_nearest_level_counts()
    {
        var levels = new TlsLevels([new("*", TlsLevel.Encrypt), new(".far.test", TlsLevel.Verify), new("Sub.far.test", TlsLevel.None)]);
        Assert.Equal(
            [TlsLevel.None, TlsLevel.Verify, TlsLevel.Encrypt, TlsLevel.Encrypt],
            ((string[])["sub.far.test", "other.far.test", "far.test", "[192.0.2.1]"]).Select(levels.For));
        Assert.Equal(TlsLevel.Auto, new TlsLevels([]).For("far.test"));
        await Task.CompletedTask;
    }

    private static string Show(HostSecurity host) => host.Barred is { } barred ? $"barred {barred.Code}" : $"{host.Demand} {host.Policy} {host.Check}".TrimEnd();

    private async Task<IReadOnlyList<HostSecurity>> Plan(TlsLevel level = TlsLevel.Auto, string route = "mx", bool usesDane = true, string domain = "far.test")
    {
        var router = new MailRouter(new RoutePlanner(new RouteTable([Route.Parse("*", route)!]), _options), _options, _names, () => 7);
        var plan = await router.PlanAsync(MailDomain.TryParse(domain)!);
        return await new TlsPlanner(new TlsLevels([new("*", level)]), _names, null, usesDane).PlanAsync(plan);
    }
}
