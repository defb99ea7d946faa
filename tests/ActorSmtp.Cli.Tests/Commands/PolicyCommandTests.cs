using ActorSmtp.Cli.Composition;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Postgres.Tests;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Cli.Tests.Commands;

/// <summary><c>policy test</c> on the signed example of RFC 6376, with a DNS server of the test's own.</summary>
public sealed class PolicyCommandTests : IAsyncLifetime, IDisposable
{
    private static string Mail { get; } = SignedExample.Message.ReplaceLineEndings("\n");

    private readonly TemporaryFolder _folder = new();
    private DnsTestServer _dns = null!;

    public Task InitializeAsync()
    {
        _dns = DnsTestServer.Start($"""
            brisbane._domainkey.example.com 300 TXT "{SignedExample.Key[..200]}" "{SignedExample.Key[200..]}"
            example.com 300 TXT "v=spf1 ip4:192.0.2.0/24 -all"
            mx.example.com 300 TXT "v=spf1 a -all"
            mx.example.com 300 A 192.0.2.1
            1.2.0.192.in-addr.arpa 300 PTR mx.example.com
            1.2.0.192.zen.test 300 A 127.0.0.2
            2.0.0.127.zen.test 300 A 127.0.0.2
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
        Assert.Contains("    dmarc=pass (p=quarantine dis=none) header.from=football.example.com\n", typed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_checks_of_a_listener_say_what_they_would_do_and_learn_nothing()
    {
        string[] site =
        [
            "--set", $"data-dir={_folder.Path}/data", "--set", "listeners.mx.bind=\"127.0.0.1:0\"", "--set", "listeners.mx.role=mx", "--set", "listeners.mx.checks=[reverse-dns, helo, dns-lists, greylisting]",
            "--set", "gatekeeping.dns-lists.zen.zone=zen.test", "--set", "gatekeeping.dns-lists.zen.score=3", "--set", "gatekeeping.scores.tag=3", "--to", "bob@us.test",
            "--set", "gatekeeping.timeout=2m", "--set", "gatekeeping.reverse-dns.wait=1m", "--set", "gatekeeping.helo.wait=1m", "--set", "gatekeeping.dns-list-wait=1m",
        ];

        for (var twice = 0; twice < 2; twice++)
        {
            var told = (await Test(Mail, "ann@example.com", "192.0.2.1", [.. site, "--json"])).Json.GetProperty("listener");

            Assert.Equal("mx", told.GetProperty("listener").GetString());
            Assert.Equal(
                ["mail reverse-dns pass 0", "mail helo pass 0", "mail dns-lists listed 3", "rcpt greylisting new 0"],
                told.GetProperty("steps").EnumerateArray().SelectMany(s => s.GetProperty("findings").EnumerateArray().Select(f =>
                    $"{s.GetProperty("step")} {f.GetProperty("check")} {f.GetProperty("result")} {f.GetProperty("score")}")));
            Assert.Equal("451 4.7.1 Greylisted, try again in 60 seconds (at rcpt)", told.GetProperty("verdict").GetString());
            Assert.StartsWith("X-Policy: score=3", told.GetProperty("fields").GetString(), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data", "greylist")));
        var typed = await Test(Mail, "ann@example.com", "192.0.2.1", site);
        Assert.Contains("\nlistener mx asks reverse-dns, helo, dns-lists, greylisting\n", typed.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^mail +dns-lists +listed +\+3 +zen: 192\.0\.2\.1 is 127\.0\.0\.2$", typed.Out);
        Assert.EndsWith("it would be: 451 4.7.1 Greylisted, try again in 60 seconds (at rcpt), with a score of 3\nX-Policy: score=3\n", typed.Out, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Where_nodes_share_a_database_greylisting_answers_by_what_is_there_and_learns_nothing()
    {
        var database = Cluster.Shared.NewDatabase();
        string[] sets =
        [
            $"data-dir={_folder.Path}/data", "storage.kind=postgres", $"storage.connection=\"{Cluster.Shared.ConnectionTo(database)}\"",
            "listeners.mx.bind=\"127.0.0.1:0\"", "listeners.mx.role=mx", "listeners.mx.checks=[greylisting]", "gatekeeping.timeout=2m",
        ];
        string[] site = [.. sets.SelectMany(s => (string[])["--set", s]), "--json"];
        var nobodyCanSay = (await Test(Mail, "ann@example.com", "192.0.2.1", [.. site, "--to", "bob@us.test"])).Json.GetProperty("listener").GetProperty("steps")[0].GetProperty("findings")[0];
        Assert.Equal("failed", nobodyCanSay.GetProperty("result").GetString());                       // no node ever ran there
        Assert.StartsWith("The greylist cannot be asked: ", nobodyCanSay.GetProperty("reason").GetString(), StringComparison.Ordinal);

        var settings = SettingsLoader.Load(new SettingsSources { Sets = sets, ReadFile = _ => null, MachineName = "us.test" }).Server;
        await using (var parts = StoreParts.Of(settings))
        {
            await using var node = parts.Greylist();
            await node.OpenAsync(settings.Gatekeeping.Greylisting.Rules with { Delay = TimeSpan.Zero }, new Unheard(), default);
            await node.AskAsync(new GreylistTriplet(System.Net.IPNetwork.Parse("192.0.2.0/24"), "ann@example.com", "bob@us.test"), default);
            await node.AskAsync(new GreylistTriplet(System.Net.IPNetwork.Parse("192.0.2.0/24"), "ann@example.com", "bob@us.test"), default);
        }

        for (var twice = 0; twice < 2; twice++)
        {
            Assert.Equal("accepted", Verdict(await Test(Mail, "ann@example.com", "192.0.2.1", [.. site, "--to", "bob@us.test"])));
            Assert.Equal("451 4.7.1 Greylisted, try again in 60 seconds (at rcpt)", Verdict(await Test(Mail, "ann@example.com", "192.0.2.1", [.. site, "--to", "other@us.test"])));
        }

        Assert.Equal(1L, Cluster.Shared.Ask<long>(database, "SELECT count(*) FROM greylist WHERE kind = 0"));

        static string Verdict(Typed typed) => typed.Json.GetProperty("listener").GetProperty("verdict").GetString()!;
    }

    private sealed class Unheard : IGreylistObserver
    {
        public void OnGreylistTrouble(string reason) => Assert.Fail(reason);

        public void OnGreylistKept()
        {
        }
    }

    [Theory]
    [InlineData("", "accepted")]
    [InlineData("--milter", "451 4.7.1 A filter of ours is not available, try again later (at mail)")]
    [InlineData("--hook", "451 4.3.0 Local fault in processing, try again later (at mail)")]
    public async Task Milters_and_hooks_are_asked_where_that_is_wanted(string option, string verdict)
    {
        var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        nobody.Start();
        var address = nobody.LocalEndpoint.ToString();
        nobody.Stop();                                                      // nobody listens there

        var told = (await Test(Mail, "ann@example.com", "192.0.2.1",
        [
            "--set", "listeners.mx.bind=\"127.0.0.1:0\"", "--set", "listeners.mx.role=submission", "--set", "listeners.mx.auth=required", "--set", "listeners.mx.checks=[http-hook]", "--set", "listeners.mx.milters=[one]",
            "--set", $"gatekeeping.milters.one.address=\"inet:{address}\"", "--set", $"gatekeeping.http-hooks.a.url=\"http://{address}/\"", "--set", "gatekeeping.http-hooks.a.on-failure=defer",
            "--set", "gatekeeping.http-hooks.a.sessions=users", "--listener", "mx", "--user", "ann", "--json", .. (string[])(option.Length == 0 ? [] : [option]),
        ])).Json.GetProperty("listener");

        Assert.Equal(verdict, told.GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_user_s_message_is_told_who_would_sign_it()
    {
        string[] site = ["--set", $"data-dir={_folder.Path}/data", "--set", "dkim.sign=on", "--set", "listeners.sub.bind=\"127.0.0.1:0\"", "--set", "listeners.sub.role=submission", "--set", "listeners.sub.auth=required"];
        Assert.Equal(0, (await Typed.Run(["dkim", "create", "example.com", "--selector", "s1", .. site])).ExitCode);

        var told = await Test("From: ann@example.com\n\nHi.\n", "ann@example.com", "192.0.2.1", [.. site, "--listener", "sub", "--user", "ann"]);

        Assert.Matches(@"(?m)^content +dkim-signature +signed +example\.com \(s1\)$", told.Out);
        Assert.Contains("it would be: accepted\nDKIM-Signature: v=1; a=rsa-sha256;", told.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_there_is_not_is_told()
    {
        var typed = await Test(Mail, "ann@example.com", "192.0.2.1", "--listener", "nix");

        Assert.Equal(64, typed.ExitCode);
        Assert.StartsWith("--listener nix: expected one that takes mail: ", typed.Complaint, StringComparison.Ordinal);
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
