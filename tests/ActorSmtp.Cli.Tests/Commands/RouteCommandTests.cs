using System.Text.Json;
using System.Text.RegularExpressions;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>route</c> with a DNS server of the test's own.</summary>
public sealed class RouteCommandTests : IAsyncLifetime
{
    private DnsTestServer _dns = null!;

    public Task InitializeAsync()
    {
        _dns = DnsTestServer.Start("""
            far.test 300 MX 20 mx2.far.test
            far.test 300 MX 10 mx1.far.test
            far.test 300 MX 5 gone.far.test
            mx1.far.test 120 A 192.0.2.1
            mx1.far.test 120 AAAA 2001:db8::1
            mx2.far.test 60 A 127.0.0.1
            null.test 300 MX 0 .
            """);
        _dns.Script.Always("broken.test", DnsType.Mx, DnsFaults.ServerFailure);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _dns.DisposeAsync().AsTask();

    [Fact]
    public async Task It_tells_the_hosts_in_order_and_why_each_is_tried_or_not()
    {
        var typed = await Route("ann@here.test", "bob@far.test");
        Assert.Equal(0, typed.ExitCode);
        Assert.Contains("from ann@here.test to bob@far.test", typed.Out, StringComparison.Ordinal);
        Assert.Contains("route: \"*\" = \"mx\"", typed.Out, StringComparison.Ordinal);
        Assert.Contains("MX records of far.test: 300 s", typed.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^5 +gone\.far\.test +- +no: the name does not exist", typed.Out);
        Assert.Matches(@"(?m)^10 +mx1\.far\.test +\[2001:db8::1\]:25 +120 s +as it comes +yes", typed.Out);
        Assert.Matches(@"(?m)^ +192\.0\.2\.1:25 +yes", typed.Out);
        Assert.Matches(@"(?m)^20 +mx2\.far\.test +127\.0\.0\.1:25 +60 s +no: no mail goes to 127\.0\.0\.0/8 \(outbound\.never-to\)", typed.Out);
        Assert.EndsWith("2 places to try\n", typed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_document_tells_the_same_to_programs()
    {
        var told = (await Route("<>", "bob@far.test", "--json")).Json;
        Assert.Equal(("<>", "bob@far.test", "far.test", "mx", true), (Text(told, "from"), Text(told, "to"), Text(told, "domain"), Text(told.GetProperty("rule"), "target"), told.GetProperty("hasMx").GetBoolean()));
        Assert.Equal(["gone.far.test", "mx1.far.test", "mx2.far.test"], told.GetProperty("hosts").EnumerateArray().Select(h => Text(h, "name")));
        Assert.Equal([false, true, false], told.GetProperty("hosts").EnumerateArray().Select(h => h.GetProperty("used").GetBoolean()));
        Assert.Equal(["[2001:db8::1]:25", "192.0.2.1:25"], told.GetProperty("hosts")[1].GetProperty("addresses").EnumerateArray().Select(a => Text(a, "address")));
        Assert.False(told.TryGetProperty("failure", out _));
    }

    [Theory]
    [InlineData("bob@null.test", 69, "goes nowhere: 5.1.10 the domain null.test takes no mail")]
    [InlineData("bob@x.test", 69, "goes nowhere: 5.1.2 the domain x.test does not exist")]
    [InlineData("bob@broken.test", 75, "goes nowhere now: 4.4.3 the mail servers of broken.test cannot be looked up now: the DNS servers cannot find out (broken.test MX: 127.0.0.1:")]
    [InlineData("bob@sub.partner.test", 0, "route: \".partner.test\" = \"smtp://10.0.0.7:25\"")]
    [InlineData("bob@HERE.test", 0, "stays here: here.test is ours (domains)")]
    [InlineData("bob@[192.0.2.9]", 0, "192.0.2.9:25")]
    public async Task It_ends_with_what_became_of_it(string to, int code, string said)
    {
        var typed = await Route("ann@here.test", to);
        Assert.Equal((code, ""), (typed.ExitCode, typed.Error));
        Assert.Contains(said, typed.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encrypt", "any certificate (required)", "required any", "")]
    [InlineData("verify", "verified (required)", "required verified", "")]
    [InlineData("none", "none", "none none", "")]
    [InlineData("dane-only", "verified (dane)", "dane verified", "DANE is required (outbound.tls-policy), and mx1.far.test has no signed TLSA records")]
    public async Task It_tells_how_each_host_is_protected(string level, string words, string document, string barred)
    {
        var typed = await Route("ann@here.test", "bob@far.test", "--set", $"outbound.tls-policy.\"far.test\"={level}");
        Assert.Matches($@"(?m)^10 +mx1\.far\.test +\S+ +120 s +{Regex.Escape(words)} +{(barred.Length > 0 ? $"no: {Regex.Escape(barred)}" : "yes")}", typed.Out);
        var tls = (await Route("ann@here.test", "bob@far.test", "--set", $"outbound.tls-policy.\"far.test\"={level}", "--json")).Json.GetProperty("hosts")[1].GetProperty("tls");
        Assert.Equal(document, $"{Text(tls, "policy")} {Text(tls, "demand")}");
        Assert.Equal(barred.Length > 0, tls.TryGetProperty("barred", out _));
    }

    [Fact]
    public async Task It_tells_who_we_log_in_as_and_no_password()
    {
        var typed = await Route(
            "ann@here.test", "bob@sub.partner.test", "--set", "outbound.logins.\".partner.test\".user=us", "--set", "outbound.logins.\".partner.test\".password=hunter2");
        Assert.Matches(@"(?m)^- +10\.0\.0\.7 +10\.0\.0\.7:25 +- +verified \(required\), as us +yes", typed.Out);
        Assert.DoesNotContain("hunter2", typed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_route_nothing_leaves()
    {
        var typed = await Typed.Run("route", "ann@here.test", "bob@far.test", "--set", "domains=here.test", "--json");
        Assert.Equal(69, typed.ExitCode);
        Assert.Equal("5.7.1", Text(typed.Json.GetProperty("failure"), "code"));
    }

    [Theory]
    [InlineData("nobody", "bob@far.test", "FROM nobody: expected an address, for example ann@example.com")]
    [InlineData("ann@here.test", "bob", "TO bob: expected an address, for example ann@example.com")]
    public async Task What_is_no_address_is_told(string from, string to, string complaint)
    {
        var typed = await Route(from, to);
        Assert.Equal((64, complaint), (typed.ExitCode, typed.Complaint));
    }

    private Task<Typed> Route(string from, string to, params string[] more) => Typed.Run(
    [
        "route", from, to, "--set", "domains=here.test", "--set", $"dns.servers={_dns.EndPoint}", "--set", "dns.timeout=30s", "--set", "outbound.routes.\"*\"=mx",
        "--set", "outbound.routes.\".partner.test\"=smtp://10.0.0.7:25", .. more,
    ]);

    private static string Text(JsonElement at, string key) => at.GetProperty(key).GetString()!;
}
