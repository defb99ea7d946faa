using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Spf;

namespace ActorSmtp.Protocol.Tests.Spf;

/// <summary>What macros become (RFC 7208 §7): seen by what is asked for.</summary>
public sealed class SpfMacroTests
{
    [Theory]
    [InlineData("%{s}", "strong-bad@email.example.com")]
    [InlineData("%{o}", "email.example.com")]
    [InlineData("%{d}", "email.example.com")]
    [InlineData("%{d4}", "email.example.com")]
    [InlineData("%{d3}", "email.example.com")]
    [InlineData("%{d2}", "example.com")]
    [InlineData("%{d1}", "com")]
    [InlineData("%{dr}", "com.example.email")]
    [InlineData("%{d2r}", "example.email")]
    [InlineData("%{l}", "strong-bad")]
    [InlineData("%{l-}", "strong.bad")]
    [InlineData("%{lr}", "strong-bad")]
    [InlineData("%{lr-}", "bad.strong")]
    [InlineData("%{l1r-}", "strong")]
    [InlineData("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com")]
    [InlineData("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com")]
    [InlineData("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com")]
    [InlineData("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net")]
    [InlineData("%{h}.x.test", "mx.client.test.x.test")]
    [InlineData("%{d99999999999999999999}", "email.example.com")]
    [InlineData("a%%b%_c%-d.x.test", "a%b c%20d.x.test")]
    [InlineData("%{S}.x.test", "strong-bad%40email.example.com.x.test")]
    public void The_examples_of_section_7_4_and_their_like(string text, string name) =>
        Assert.Equal(Name(name), Asked($"v=spf1 exists:{text} -all", "192.0.2.3"));

    [Fact]
    public void The_example_of_an_IPv6_client() => Assert.Equal(
        Name("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"),
        Asked("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", "2001:db8::cb01"));

    [Fact]
    public void An_IPv4_client_in_an_IPv6_address_is_an_IPv4_client() =>
        Assert.Equal(Name("192.0.2.3.in-addr.x.test"), Asked("v=spf1 exists:%{i}.%{v}.x.test -all", "::ffff:192.0.2.3"));

    [Fact]
    public void What_gets_too_long_loses_labels_from_the_left()
    {
        var name = Asked($"v=spf1 exists:{string.Concat(Enumerable.Repeat("%{o}.", 40))}end.test -all", "192.0.2.3")!.ToString();
        Assert.InRange(name.Length, 230, 253);
        Assert.EndsWith("email.example.com.end.test", name, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_a_hundred_thousand_macros_is_made_in_bounds()
    {
        var name = Asked($"v=spf1 exists:{string.Concat(Enumerable.Repeat("%{s}.", 100_000))}end.test -all", "192.0.2.3")!.ToString();
        Assert.InRange(name.Length, 200, 260);
    }

    /// <summary>RFC 8616 §4: there is no ASCII for such a local part, so nothing that names it matches.</summary>
    [Theory]
    [InlineData("exists:%{l}.x.test", SpfVerdict.Fail)]
    [InlineData("include:%{l}.x.test", SpfVerdict.Fail)]
    [InlineData("ip4:192.0.2.3", SpfVerdict.Pass)]
    public void A_local_part_beyond_ASCII_matches_no_macro(string term, SpfVerdict verdict)
    {
        var check = new SpfCheck(SpfSubject.OfSender(IPAddress.Parse("192.0.2.3"), "mx.client.test", Mailbox.TryParse("grüße@example.com"), "us.test", default));
        check.Begin();
        Assert.Null(check.Continue(Found($"v=spf1 {term} -all")));
        Assert.Equal(verdict, check.Result.Verdict);
    }

    [Fact]
    public void A_domain_beyond_ASCII_is_asked_for_in_ASCII()
    {
        var check = new SpfCheck(SpfSubject.OfSender(IPAddress.Parse("192.0.2.3"), "mx.client.test", Mailbox.TryParse("ann@münchen.example"), "us.test", default));
        Assert.Equal(Name("xn--mnchen-3ya.example"), check.Begin()!.Name);
        Assert.Equal(Name("xn--mnchen-3ya.example.x.test"), check.Continue(Found("v=spf1 a:%{d}.x.test -all"))!.Name);
    }

    [Theory]
    [InlineData("a:%{c}.x.test")]
    [InlineData("a:%{r}.x.test")]
    [InlineData("a:%{t}.x.test")]
    [InlineData("a:%{d0}.x.test")]
    [InlineData("a:%{dx}.x.test")]
    [InlineData("a:%{d.x.test")]
    [InlineData("a:%d.x.test")]
    [InlineData("a:%{}.x.test")]
    [InlineData("a:x.test%")]
    [InlineData("x-unknown=%{z}")]
    [InlineData("redirect=a.test redirect=b.test")]
    [InlineData("exp=a.test exp=b.test")]
    [InlineData("ip4:192.0.2.03")]
    [InlineData("ip4:192.0.2.0/033")]
    [InlineData("ip6:fe80::1%1")]
    [InlineData("ip6:[::1]")]
    [InlineData("a/24/64")]
    [InlineData("+x-m=1")]
    public void What_is_not_in_the_grammar_is_an_error(string term)
    {
        var check = new SpfCheck(Subject("192.0.2.3"));
        check.Begin();
        Assert.Null(check.Continue(Found($"v=spf1 +all {term}")));
        Assert.Equal(SpfVerdict.PermError, check.Result.Verdict);
    }

    private static DnsName? Asked(string record, string client)
    {
        var check = new SpfCheck(Subject(client));
        check.Begin();
        return check.Continue(Found(record))?.Name;
    }

    private static SpfSubject Subject(string client) => new(IPAddress.Parse(client), "mx.client.test", "strong-bad", "email.example.com", false, "us.test", default);

    private static DnsFound Found(string text) => new(
        ImmutableArray.Create<DnsRecord>(new TxtRecord(DnsName.Parse("email.example.com"), 60, [text])), TimeSpan.FromSeconds(60))
    { Name = DnsName.Parse("email.example.com") };

    private static DnsName Name(string text) => DnsName.Parse(text);
}
