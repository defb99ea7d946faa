using System.Text;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Protocol.Tests.Dkim;

namespace ActorSmtp.Protocol.Tests.Dmarc;

/// <summary>RFC 7489 §6.6, and the alignment of its appendix B.1.</summary>
public sealed class DmarcCheckTests
{
    private readonly List<string> _asked = [];

    // B.1.1, B.1.2 (SPF), B.1.3 (DKIM): who sent or signed, for From joe@example.com.
    [Theory]
    [InlineData("example.com", null, "", DmarcVerdict.Pass)]
    [InlineData("child.example.com", null, "", DmarcVerdict.Pass)]
    [InlineData("child.example.com", null, "aspf=s", DmarcVerdict.Fail)]
    [InlineData("example.net", null, "", DmarcVerdict.Fail)]
    [InlineData(null, "example.com", "", DmarcVerdict.Pass)]
    [InlineData(null, "child.example.com", "", DmarcVerdict.Pass)]
    [InlineData(null, "child.example.com", "adkim=s", DmarcVerdict.Fail)]
    [InlineData(null, "child.example.com", "adkim=S; aspf=r", DmarcVerdict.Fail)]
    [InlineData(null, "example.com", "adkim=s", DmarcVerdict.Pass)]
    [InlineData(null, "sample.net", "", DmarcVerdict.Fail)]
    [InlineData(null, "com", "", DmarcVerdict.Fail)]
    [InlineData("sample.net", "example.com", "", DmarcVerdict.Pass)]
    [InlineData(null, null, "", DmarcVerdict.Fail)]
    public void The_author_is_who_sent_or_signed(string? sender, string? signer, string tags, DmarcVerdict verdict)
    {
        var result = Check("joe@example.com", ["example.com"], $"v=DMARC1; p=reject; {tags}", Spf(SpfVerdict.Pass, sender), Signed(DkimVerdict.Pass, signer));
        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(verdict == DmarcVerdict.Pass ? DmarcPolicy.None : DmarcPolicy.Reject, result.Applies);
    }

    [Theory]
    [InlineData(SpfVerdict.SoftFail)]
    [InlineData(SpfVerdict.Neutral)]
    [InlineData(SpfVerdict.Fail)]
    [InlineData(SpfVerdict.None)]
    [InlineData(SpfVerdict.PermError)]
    public void Nothing_but_a_pass_speaks_for_the_author(SpfVerdict spf) => Assert.Equal(
        DmarcVerdict.Fail, Check("joe@example.com", ["example.com"], "v=DMARC1; p=none", Spf(spf, "example.com"), Signed(DkimVerdict.Policy, "example.com")).Verdict);

    [Fact]
    public void What_cannot_be_known_now_is_no_failure()
    {
        Assert.Equal(DmarcVerdict.TempError, Check("joe@example.com", ["example.com"], "v=DMARC1; p=reject", Spf(SpfVerdict.TempError, "a.example.com")).Verdict);
        Assert.Equal(DmarcVerdict.TempError, Check("joe@example.com", ["example.com"], "v=DMARC1; p=reject", null, Signed(DkimVerdict.TempError, "example.com")).Verdict);
        Assert.Equal(DmarcVerdict.Fail, Check("joe@example.com", ["example.com"], "v=DMARC1; p=reject", Spf(SpfVerdict.TempError, "other.test")).Verdict);
    }

    [Theory]
    [InlineData("joe@example.com", "_dmarc.example.com", "p=reject; sp=none", DmarcPolicy.Reject)]
    [InlineData("joe@a.b.example.com", "_dmarc.a.b.example.com _dmarc.example.com", "p=reject; sp=quarantine", DmarcPolicy.Quarantine)]
    [InlineData("joe@a.b.example.com", "_dmarc.a.b.example.com _dmarc.example.com", "p=reject", DmarcPolicy.Reject)]
    [InlineData("joe@example.co.uk", "_dmarc.example.co.uk", "p=none; sp=reject", DmarcPolicy.None)]
    public void The_record_is_the_domains_or_its_organizations(string from, string asked, string tags, DmarcPolicy policy)
    {
        var result = Check(from, ["example.com", "example.co.uk"], $"v=DMARC1; {tags}");
        Assert.Equal(asked, string.Join(' ', _asked));
        Assert.Equal((DmarcVerdict.Fail, policy, policy), (result.Verdict, result.Requested, result.Applies));
    }

    [Theory]
    [InlineData(0, 40, DmarcPolicy.Reject)]
    [InlineData(39, 40, DmarcPolicy.Reject)]
    [InlineData(40, 40, DmarcPolicy.Quarantine)]
    [InlineData(0, 0, DmarcPolicy.Quarantine)]
    [InlineData(99, 100, DmarcPolicy.Reject)]
    public void What_falls_out_of_the_percentage_gets_the_next_lower_policy(int luck, int percent, DmarcPolicy applies) =>
        Assert.Equal(applies, Check("joe@example.com", ["example.com"], $"v=DMARC1; p=reject; pct={percent}", luck: luck).Applies);

    [Theory]
    [InlineData("v=DMARC1", DmarcVerdict.PermError)]
    [InlineData("v=DMARC1; p=maybe", DmarcVerdict.PermError)]
    [InlineData("v=DMARC1; p=none; sp=maybe", DmarcVerdict.PermError)]
    [InlineData("v=DMARC1; p=none; p=reject", DmarcVerdict.PermError)]
    [InlineData("v=DMARC1; p=maybe; rua=mailto:a@b.test", DmarcVerdict.Fail)]
    [InlineData("v=DMARC1; p=maybe; rua=nonsense", DmarcVerdict.PermError)]
    [InlineData("v = DMARC1 ; p = REJECT ; pct=x; adkim=?; unknown=1;", DmarcVerdict.Fail)]
    [InlineData("V=DMARC1; p=reject", DmarcVerdict.None)]
    [InlineData("p=reject; v=DMARC1", DmarcVerdict.None)]
    [InlineData("v=DMARC10; p=reject", DmarcVerdict.None)]
    [InlineData("v=spf1 -all", DmarcVerdict.None)]
    public void Records_that_are_hardly_any(string record, DmarcVerdict verdict) => Assert.Equal(verdict, Check("joe@example.com", ["example.com"], record).Verdict);

    [Fact]
    public void Two_records_are_none()
    {
        var result = Decide("From: joe@example.com", name => DkimMessages.Found(name, "v=DMARC1; p=reject", "v=DMARC1; p=none"));
        Assert.Equal((DmarcVerdict.PermError, DmarcPolicy.None), (result.Verdict, result.Applies));
    }

    [Theory]
    [InlineData("To: ann@example.com")]
    [InlineData("From: joe@example.com\r\nFrom: joe@example.com")]
    [InlineData("From: a@a.test, b@b.test, c@c.test, d@d.test, e@e.test")]
    [InlineData("From: joe")]
    [InlineData("From: joe@[192.0.2.1]")]
    [InlineData("From: joe@192.0.2.1")]
    [InlineData("From: <>")]
    public void Without_one_author_nobody_is_asked(string header)
    {
        Assert.Equal(DmarcVerdict.PermError, Decide(header, _ => throw new InvalidOperationException("asked")).Verdict);
    }

    [Theory]
    [InlineData("From: joe@example.com, eve@example.net", DmarcVerdict.Fail, DmarcPolicy.Reject, "example.net")]
    [InlineData("From: team: eve@example.net, joe@example.com;", DmarcVerdict.Fail, DmarcPolicy.Reject, "example.net")]
    [InlineData("From: joe@example.com, eve@nowhere.test", DmarcVerdict.Fail, DmarcPolicy.Quarantine, "example.com")]
    [InlineData("From: joe, eve@example.net", DmarcVerdict.Fail, DmarcPolicy.Reject, "example.net")]
    public void Of_several_domains_each_is_asked_and_the_strictest_counts(string header, DmarcVerdict verdict, DmarcPolicy applies, string author)
    {
        var result = Decide(header, name => name.ToString() switch
        {
            "_dmarc.example.com" => DkimMessages.Found(name, "v=DMARC1; p=quarantine"),
            "_dmarc.example.net" => DkimMessages.Found(name, "v=DMARC1; p=reject"),
            _ => new DnsNoName(default) { Name = name },
        });
        Assert.Equal((verdict, applies, author, DmarcObstacle.SeveralDomains), (result.Verdict, result.Applies, result.Author, result.Obstacle));
    }

    [Theory]
    [InlineData("From: joe@example.com, ann@EXAMPLE.com")]
    [InlineData("From: \"eve@example.net\" <joe@example.com>")]
    [InlineData("From: =?utf-8?q?eve=40example.net?= <joe@example.com>")]
    [InlineData("FROM : joe@example.com")]
    public void The_author_is_read_as_a_reader_sees_it(string header)
    {
        Decide(header, name => new DnsNoName(default) { Name = name });
        Assert.Equal(["_dmarc.example.com"], _asked);
    }

    [Fact]
    public void A_failure_of_the_DNS_is_a_temporary_error()
    {
        var result = Decide("From: joe@a.example.com", name => name.ToString() == "_dmarc.example.com" ? new DnsFailed(DnsFailure.NoAnswer, "", default) { Name = name } : new DnsNoData(default, DnsType.Txt) { Name = name });
        Assert.Equal(DmarcVerdict.TempError, result.Verdict);
        Assert.Equal(2, _asked.Count);
    }

    private DmarcResult Check(string from, string[] domains, string record, SpfResult? spf = null, DkimResult? signature = null, int luck = 0) => Decide(
        $"From: {from}",
        name => domains.Any(d => name.ToString() == "_dmarc." + d) ? DkimMessages.Found(name, record) : new DnsNoName(default) { Name = name },
        spf, signature, luck);

    private DmarcResult Decide(string header, Func<DnsName, DnsOutcome> dns, SpfResult? spf = null, DkimResult? signature = null, int luck = 0)
    {
        var list = HeaderList.Read(Encoding.ASCII.GetBytes(header + "\r\n\r\n"), MimeLimits.Ample);
        var check = new DmarcCheck(list, spf, signature is null ? [] : [signature], PublicSuffixes.Own, luck);
        for (var question = check.Begin(); question is not null;)
        {
            _asked.Add(question.Name.ToString());
            question = check.Continue(dns(question.Name));
        }

        return check.Result;
    }

    private static SpfResult? Spf(SpfVerdict verdict, string? domain) => domain is null ? null : new SpfResult(verdict, domain, false, null, "", null, 0, 0);

    private static DkimResult? Signed(DkimVerdict verdict, string? domain)
    {
        if (domain is null)
        {
            return null;
        }

        var signed = DkimMessages.VerifyOne(DkimMessages.Rfc6376, DkimMessages.FootballKey);
        return signed with { Verdict = verdict, Signature = signed.Signature! with { Domain = domain } };
    }
}
