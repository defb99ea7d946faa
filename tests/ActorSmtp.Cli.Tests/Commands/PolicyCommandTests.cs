using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>policy test</c> on the signed example of RFC 6376, with a DNS server of the test's own.</summary>
public sealed class PolicyCommandTests : IAsyncLifetime, IDisposable
{
    private const string Mail = """
        DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
              c=simple/simple; q=dns/txt; i=joe@football.example.com;
              h=Received : From : To : Subject : Date : Message-ID;
              bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
              b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
              4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
              KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
              4bmp/YzhwvcubU4=;
        Received: from client1.football.example.com  [192.0.2.1]
              by submitserver.example.com with SUBMISSION;
              Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game. Are you hungry yet?

        Joe.

        """;

    private readonly TemporaryFolder _folder = new();
    private DnsTestServer _dns = null!;

    public Task InitializeAsync()
    {
        _dns = DnsTestServer.Start("""
            brisbane._domainkey.example.com 300 TXT "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v" "/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
            example.com 300 TXT "v=spf1 ip4:192.0.2.0/24 -all"
            mx.example.com 300 TXT "v=spf1 a -all"
            mx.example.com 300 A 192.0.2.1
            1.2.0.192.in-addr.arpa 300 PTR mx.example.com
            _dmarc.example.com 300 TXT "v=DMARC1; p=reject; sp=quarantine"
            """);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _dns.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_that_is_known_is_told()
    {
        var typed = await Test(Mail, "ann@example.com", "192.0.2.1");
        Assert.Equal((0, ""), (typed.ExitCode, typed.Error));
        Assert.Contains("from ann@example.com by 192.0.2.1, which calls itself mx.example.com\n", typed.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^iprev +pass +192\.0\.2\.1 +its name is mx\.example\.com$", typed.Out);
        Assert.Matches(@"(?m)^spf +pass +mx\.example\.com +mx\.example\.com says a$", typed.Out);
        Assert.Matches(@"(?m)^spf +pass +example\.com +example\.com says ip4:192\.0\.2\.0/24$", typed.Out);
        Assert.Matches(@"(?m)^dkim +pass +example\.com \(brisbane\)$", typed.Out);
        Assert.Matches(@"(?m)^dmarc +pass +football\.example\.com +signed by example\.com \(p=quarantine at example\.com\)$", typed.Out);
        Assert.Contains("the author's domain asks for: none\n", typed.Out, StringComparison.Ordinal);
        Assert.Contains("Authentication-Results: us.test;\n    iprev=pass (mx.example.com) policy.iprev=192.0.2.1;\n    spf=pass smtp.helo=mx.example.com;\n", typed.Out, StringComparison.Ordinal);
        Assert.EndsWith("    dmarc=pass (p=quarantine dis=none) header.from=football.example.com\n", typed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forgery_is_told_from_it()
    {
        var told = (await Test(Mail.Replace("We lost", "We won", StringComparison.Ordinal), "<>", "198.51.100.7", "--json")).Json;
        Assert.Equal("quarantine", told.GetProperty("applies").GetString());
        Assert.Equal(
            ["iprev permerror", "spf fail", "dkim fail", "dmarc fail"],
            told.GetProperty("checks").EnumerateArray().Select(c => $"{c.GetProperty("check").GetString()} {c.GetProperty("result").GetString()}"));
        Assert.Contains("smtp.helo=mx.example.com", told.GetProperty("field").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_DNS_that_fails_ends_with_75()
    {
        _dns.Script.Always("_dmarc.example.com", DnsType.Txt, DnsFaults.ServerFailure);
        var typed = await Test(Mail, "ann@example.com", "192.0.2.1");
        Assert.Equal(75, typed.ExitCode);
        Assert.Matches(@"(?m)^dmarc +temperror ", typed.Out);
    }

    [Fact]
    public async Task Fields_that_claim_to_be_ours_are_counted_and_a_message_without_a_signature_is_one()
    {
        var mail = "Authentication-Results: us.test; dkim=pass header.d=bank.example\nAuthentication-Results: other.test; none\n" + Mail[Mail.IndexOf("From:", StringComparison.Ordinal)..];
        var typed = await Test(mail, "ann@example.com", "192.0.2.1");
        Assert.Contains("1 field of the message would be taken out: it claims to be this server's\n", typed.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^dkim +none +the message is not signed$", typed.Out);
        Assert.Matches(@"(?m)^dmarc +pass +football\.example\.com +sent by example\.com", typed.Out);
    }

    [Theory]
    [InlineData("nobody", "192.0.2.1", 64, "--from nobody: expected an address, for example ann@example.com, or <>")]
    [InlineData("ann@example.com", "192.0.2", 64, "--ip")]
    public async Task What_is_no_address_is_told(string from, string ip, int code, string complaint)
    {
        var typed = await Test(Mail, from, ip == "192.0.2" ? "x" : ip);
        Assert.Equal(code, typed.ExitCode);
        Assert.StartsWith(complaint, typed.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_message_is_told()
    {
        var typed = await Test("\nno header", "ann@example.com", "192.0.2.1");
        Assert.Equal(65, typed.ExitCode);
        Assert.Contains("is no message", typed.Complaint, StringComparison.Ordinal);
    }

    private Task<Typed> Test(string mail, string from, string ip, params string[] more) => Typed.Run(
    [
        "policy", "test", _folder.File("mail.eml", mail), "--from", from, "--ip", ip, "--helo", "mx.example.com",
        "--set", "hostname=us.test", "--set", $"dns.servers={_dns.EndPoint}", "--set", "dns.timeout=30s", .. more,
    ]);
}
