using System.Text;
using ActorSmtp.Protocol.TransportSecurity;

namespace ActorSmtp.Protocol.Tests.TransportSecurity;

/// <summary>The texts of MTA-STS (RFC 8461 §3) and of TLS reporting (RFC 8460 §3).</summary>
public sealed class MtaStsTests
{
    [Theory]
    [InlineData("v=STSv1; id=20160831085700Z;", "20160831085700Z")]
    [InlineData("v=STSv1;id=1", "1")]
    [InlineData("v=STSv1 ; id = 1 ; more=x", "1")]
    [InlineData("v=STSv1; id=", null)]
    [InlineData("v=STSv1; id=has-hyphen", null)]
    [InlineData("v=STSv1; id=123456789012345678901234567890123", null)]
    [InlineData("v=STSv1;", null)]
    [InlineData("v=STSv2; id=1", null)]
    [InlineData("id=1; v=STSv1", null)]
    [InlineData("v=STSv1; id=1; id=2", null)]
    [InlineData("v=STSv1; nonsense; id=1", null)]
    [InlineData("", null)]
    public void A_record_names_the_policy(string text, string? id) => Assert.Equal(id, MtaStsRecord.IdOf([text]));

    [Fact]
    public void Other_records_do_not_count_and_two_of_them_are_none()
    {
        Assert.Equal("1", MtaStsRecord.IdOf(["v=spf1 -all", "v=STSv1; id=1"]));
        Assert.Null(MtaStsRecord.IdOf(["v=STSv1; id=1", "v=STSv1; id=2"]));
        Assert.Null(MtaStsRecord.IdOf([]));
    }

    [Fact]
    public void A_policy_is_read()
    {
        var policy = Read("version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n", out var problem);
        Assert.Null(problem);
        Assert.Equal(new MtaStsPolicy(MtaStsMode.Enforce, ["mail.example.com", "*.example.net"], TimeSpan.FromDays(7)), policy);
    }

    [Theory]
    [InlineData("mail.example.com", true)]
    [InlineData("MAIL.Example.Com", true)]
    [InlineData("mail.example.com.", true)]
    [InlineData("a.example.net", true)]
    [InlineData("a.b.example.net", false)]
    [InlineData("example.net", false)]
    [InlineData("other.example.com", false)]
    [InlineData("xmail.example.com", false)]
    [InlineData("aexample.net", false)]
    public void It_names_servers(string server, bool isNamed) =>
        Assert.Equal(isNamed, Read("version: STSv1\nmode: testing\nmx: mail.example.com\nmx:*.example.net\nmax_age: 1", out _)!.Names(server));

    [Theory]
    [InlineData("version: STSv1\nmode: none\nmax_age: 0", null)]
    [InlineData("version: STSv1\nmode: testing\nmode: enforce\nmx: a.test\nmax_age: 9\nunknown: 1\n\n", null)]
    [InlineData("mode: enforce\nmx: a.test\nmax_age: 9", "version")]
    [InlineData("version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 9", "version")]
    [InlineData("version: STSv1\nmode: force\nmx: a.test\nmax_age: 9", "mode")]
    [InlineData("version: STSv1\nmode: enforce\nmax_age: 9", "mx")]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.test", "max_age")]
    [InlineData("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -1", "max_age")]
    [InlineData("version: STSv1\nmode: enforce\nmx: 192.0.2.1 or so\nmax_age: 1", "mx")]
    [InlineData("version: STSv1\nmode: enforce\nmx: *.*.test\nmax_age: 1", "mx")]
    [InlineData("<html>not here</html>", "key: value")]
    public void What_is_no_policy_says_why(string text, string? wrong)
    {
        var policy = Read(text, out var problem);
        Assert.Equal(wrong is null, policy is not null);
        Assert.Contains(wrong ?? "", problem ?? "");
    }

    [Fact]
    public void It_is_bounded_in_size_and_time()
    {
        Assert.Null(Read("version: STSv1\nmode: none\nmax_age: 1\n" + new string('\n', MtaStsPolicy.MostOctets), out var problem));
        Assert.Contains("octets", problem);
        Assert.Equal(TimeSpan.FromSeconds(31_557_600), Read("version: STSv1\nmode: none\nmax_age: 99999999999", out _)!.MaxAge);
        Assert.Equal(MtaStsMode.Testing, Read("version: STSv1\nmode: testing\nmode: enforce\nmx: a.test\nmax_age: 9", out _)!.Mode);
    }

    [Fact]
    public void Reports_go_where_the_record_says()
    {
        Assert.Equal(
            ["mailto:tls@example.com", "https://report.example.com/v1"],
            TlsReportingRecord.PlacesOf(["v=TLSRPTv1; rua=mailto:tls@example.com, https://report.example.com/v1,ftp://no"]).Select(u => u.OriginalString));
        Assert.Empty(TlsReportingRecord.PlacesOf(["v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:c@d.test"]));
        Assert.Empty(TlsReportingRecord.PlacesOf(["v=TLSRPTv2; rua=mailto:a@b.test"]));
    }

    private static MtaStsPolicy? Read(string text, out string? problem) => MtaStsPolicy.TryParse(Encoding.UTF8.GetBytes(text), out problem);
}
