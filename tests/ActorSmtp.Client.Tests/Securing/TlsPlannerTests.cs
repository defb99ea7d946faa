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
        _names.Zone.Add($"_25._tcp.mx1.far.test 60 TLSA 3 1 1 {Hash}");
        var plan = await Plan();
        Assert.StartsWith("Verified dane DaneCheck", Show(plan[0]));
        Assert.Equal("mx1.far.test far.test", ((DaneCheck)plan[0].Check!).Names);
        Assert.Equal("Opportunistic opportunistic", Show(plan[1]));
    }

    [Fact]
    public async Task TLSA_records_stand_at_the_end_of_aliases_or_at_the_host()
    {
        _names.Zone.IsSigned = true;
        _names.Zone.Add($"_25._tcp.real.far.test 60 TLSA 3 1 1 {Hash}");
        Assert.Equal("real.far.test mx2.far.test far.test", ((DaneCheck)(await Plan())[1].Check!).Names);
        _names.Zone.Remove("_25._tcp.real.far.test");
        _names.Zone.Add($"_25._tcp.mx2.far.test 60 TLSA 3 1 1 {Hash}");
        Assert.Equal("mx2.far.test far.test", ((DaneCheck)(await Plan())[1].Check!).Names);
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

    private async Task<IReadOnlyList<HostSecurity>> Plan(TlsLevel level = TlsLevel.Auto, string route = "mx", bool usesDane = true)
    {
        var router = new MailRouter(new RoutePlanner(new RouteTable([Route.Parse("*", route)!]), _options), _options, _names, () => 7);
        var plan = await router.PlanAsync(MailDomain.TryParse("far.test")!);
        return await new TlsPlanner(new TlsLevels([new("*", level)]), _names, null, usesDane).PlanAsync(plan);
    }
}
