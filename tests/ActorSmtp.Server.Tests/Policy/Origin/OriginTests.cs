using System.Text.RegularExpressions;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Arc;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Results;
using ActorSmtp.Server.Policy.Origin;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>Who sent this? What a server with these checks answers, and what it writes in front of the message.</summary>
public sealed class OriginTests
{
    private const string All = "iprev,spf,dkim,arc,dmarc";
    private const string Before = "220, 250, 220, 250, ";
    private const string Taken = Before + "250 2.1.0, 250 2.1.5, 354, 250 2.0.0, 221 2.0.0";
    private const string Mail = "From: Ann <ann@example.com>\nTo: bob@mx.test\nSubject: one\n\nHello\n";

    [Fact]
    public async Task Mail_that_is_its_senders_own_gets_one_field_that_says_so_above_all_others()
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(All);
        var message = world.Signed(Mail);

        Assert.Equal(Taken, await server.TalkAsync(OriginWorld.Dialogue(message)));

        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.StartsWith("Return-Path: <ann@example.com>\r\nAuthentication-Results: mx.test;\r\n\tiprev=pass (mx.example.com) policy.iprev=192.0.2.1;\r\n", stored, StringComparison.Ordinal);
        Assert.EndsWith(message, stored, StringComparison.Ordinal);
        Assert.Equal(
            ["iprev=pass policy.iprev=192.0.2.1", "spf=none smtp.helo=mx.example.com", "spf=pass smtp.mailfrom=ann@example.com",
                $"dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b={StartOf(message)}", "dmarc=pass header.from=example.com"],
            Results(stored));
    }

    [Theory]
    [InlineData("dmarc", "550 5.7.1", null)]
    [InlineData("\"dmarc=defer\"", "451 4.7.1", null)]
    [InlineData("\"dmarc=tag\"", "250 2.0.0", "X-Policy: dmarc=fail (neither SPF nor a signature speaks for example.com \\(p=reject at example.com\\))\r\nX-Spam-Flag: YES\r\nAuthentication-Results: mx.test;")]
    [InlineData("\"dmarc=log\"", "250 2.0.0", "Received:")]
    public async Task Mail_in_anothers_name_gets_what_its_owner_asks_for_as_far_as_the_listener_lets_it(string checks, string reply, string? begins)
    {
        await using var server = await new OriginWorld().StartAsync(checks);

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), await server.TalkAsync(OriginWorld.Dialogue(Mail, "eve@evil.test", "203.0.113.9", "evil.test")));

        if (begins is not null)
        {
            Assert.StartsWith("Return-Path: <eve@evil.test>\r\n" + begins, await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
        }

        Assert.Contains(server.Server.Log.All, l => l.Contains("dmarc: fail (neither SPF nor a signature speaks for example.com (p=reject at example.com))", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v=DMARC1; p=none", "250 2.0.0", false)]
    [InlineData("v=DMARC1; p=quarantine", "250 2.0.0", true)]
    [InlineData("v=DMARC1; p=reject; pct=0", "250 2.0.0", true)]                              // RFC 7489 §6.6.4: the next lower policy
    [InlineData("v=DMARC1; p=quarantine; pct=0", "250 2.0.0", false)]
    [InlineData("v=DMARC1; p=reject; t=y", "250 2.0.0", true)]                                // RFC 9989: the same, as it is written now
    [InlineData("v=DMARC1; p=none; sp=reject", "250 2.0.0", false)]
    [InlineData("", "250 2.0.0", false)]
    [InlineData("v=DMARC1; p=reject", "550 5.7.1", false)]
    public async Task The_policy_decides(string dmarc, string reply, bool isMarked)
    {
        await using var server = await new OriginWorld(dmarc).StartAsync("dmarc");

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), await server.TalkAsync(OriginWorld.Dialogue(Mail, "eve@evil.test", "203.0.113.9", "evil.test")));

        if (reply[0] == '2')
        {
            var stored = await server.Server.ReadOnlyMessageAsync("bob");
            Assert.Equal(isMarked, stored.Contains("X-Policy: dmarc=fail", StringComparison.Ordinal));
            Assert.Equal(isMarked, stored.Contains("\r\nX-Spam-Flag: YES\r\n", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("v=DMARC1; p=quarantine", "dmarc", "postmaster")]
    [InlineData("v=DMARC1; p=reject", "\"dmarc=tag\"", "postmaster")]
    [InlineData("v=DMARC1; p=quarantine", "\"dmarc=log\"", "bob")]
    [InlineData("v=DMARC1; p=none", "dmarc", "bob")]
    public async Task What_its_author_s_domain_wants_set_apart_goes_into_quarantine_where_the_setting_says_so(string dmarc, string checks, string account)
    {
        await using var server = await new OriginWorld(dmarc).StartAsync(checks, "gatekeeping.set-apart=quarantine");

        await server.TalkAsync(OriginWorld.Dialogue(Mail, "eve@evil.test", "203.0.113.9", "evil.test"));

        Assert.Equal(account != "bob", (await server.Server.ReadOnlyMessageAsync(account)).Contains("X-Quarantine: dmarc=fail (neither SPF nor a signature speaks for example.com", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_marked_by_several_says_what_DMARC_says()
    {
        var world = new OriginWorld("v=DMARC1; p=quarantine");
        await using var server = await world.StartAsync("\"spf=tag\",\"dkim=tag\",dmarc");

        await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail).Replace("Hello", "Hullo", StringComparison.Ordinal), "ann@example.com", "203.0.113.9"));

        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        Assert.StartsWith("Return-Path: <ann@example.com>\r\nX-Policy: dmarc=fail (neither SPF", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("dkim=fail (example", stored, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v=DMARC1; p=none; sp=reject", "550 5.7.1")]
    [InlineData("v=DMARC1; p=reject; sp=none", "250 2.0.0")]
    public async Task Below_the_organization_its_policy_for_subdomains_counts(string dmarc, string reply)
    {
        await using var server = await new OriginWorld(dmarc).StartAsync("dmarc");

        var heard = await server.TalkAsync(OriginWorld.Dialogue(Mail.Replace("@example.com", "@news.example.com", StringComparison.Ordinal), "eve@evil.test", "203.0.113.9", "evil.test"));

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), heard);
    }

    [Theory]
    [InlineData("spf", "v=spf1 -all", "550 5.7.23")]
    [InlineData("spf", "v=spf1 ~all", "250 2.1.0")]
    [InlineData("spf", "v=spf1 ?all", "250 2.1.0")]
    [InlineData("spf", "v=spf1 nonsense", "250 2.1.0")]
    [InlineData("\"spf=defer\"", "v=spf1 -all", "451 4.7.23")]
    [InlineData("\"spf=tag\"", "v=spf1 -all", "250 2.1.0")]
    [InlineData("\"spf=log\"", "v=spf1 -all", "250 2.1.0")]
    [InlineData("dmarc", "v=spf1 -all", "250 2.1.0")]
    public async Task SPF_is_answered_at_MAIL(string checks, string spf, string reply)
    {
        await using var server = await new OriginWorld("", spf).StartAsync(checks);

        var heard = await server.TalkAsync(OriginWorld.Dialogue(Mail));

        Assert.StartsWith(Before + reply, heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_may_explain_to_the_sender_why_and_it_is_said_whose_words_these_are()
    {
        var world = new OriginWorld(spf: "v=spf1 exp=why.example.com -all");
        world.Resolver.Zone.Add("why.example.com 60 TXT \"See http://example.com/%{i}\"");
        await using var server = await world.StartAsync("spf");
        var peer = await server.ConnectAsync();
        peer.Send("EHLO a\r\nXCLIENT ADDR=203.0.113.9\r\nHELO a\r\nMAIL FROM:<ann@example.com>\r\nQUIT\r\n"u8);
        var said = new List<string>();
        while (await peer.ReadLineAsync() is { } line)
        {
            said.Add(line);
        }

        Assert.Equal(["550-5.7.23 example.com does not let you send for it (SPF)", "550 5.7.23 example.com explains: See http://example.com/203.0.113.9"], said.TakeLast(3).Take(2));
    }

    public static TheoryData<DnsFailure, string, string, string> Troubles
    {
        get
        {
            var data = new TheoryData<DnsFailure, string, string, string>();
            foreach (var failure in Enum.GetValues<DnsFailure>())
            {
                data.Add(failure, "example.com", "spf", Before + "451 4.7.24");                                           // RFC 7208 §8.6, RFC 7372 §3.2
                data.Add(failure, "1.2.0.192.in-addr.arpa", "iprev", Before + "451 4.4.3");
                data.Add(failure, "s1._domainkey.example.com", "dkim", Before + "250 2.1.0, 250 2.1.5, 354, 451 4.7.5");  // RFC 6376 §6.3
                data.Add(failure, "_dmarc.example.com", "dmarc", Before + "250 2.1.0, 250 2.1.5, 354, 451 4.4.3");
                data.Add(failure, "example.com", "\"spf=tag\"", Taken);
                data.Add(failure, "s1._domainkey.example.com", "\"dkim=tag\"", Taken);
                data.Add(failure, "s1._domainkey.example.com", "arc", Taken);
                data.Add(failure, "s1._domainkey.example.com", "dmarc", Taken);                                           // SPF speaks for it
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task While_the_DNS_fails_mail_is_put_off_where_it_might_be_refused_and_else_taken(DnsFailure failure, string name, string checks, string heard)
    {
        var world = new OriginWorld();
        foreach (var type in (DnsType[])[DnsType.Txt, DnsType.Ptr])
        {
            world.Resolver.Fail(name, type, failure);
        }

        await using var server = await world.StartAsync(checks);

        Assert.StartsWith(heard, await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v=DMARC1; p=reject", "451 4.4.3")]
    [InlineData("v=DMARC1; p=none; sp=reject", "250 2.0.0")]
    public async Task Where_the_domain_wants_nothing_done_nothing_is_put_off_for_what_cannot_be_looked_up(string dmarc, string reply)
    {
        var world = new OriginWorld(dmarc);
        world.Resolver.Fail("example.com", DnsType.Txt);
        world.Resolver.Fail("s1._domainkey.example.com", DnsType.Txt);
        await using var server = await world.StartAsync("dmarc");

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail))));
    }

    [Theory]
    [InlineData("spf", Before + "451 4.7.24")]
    [InlineData("iprev", Before + "451 4.4.3")]
    [InlineData("dkim", Before + "250 2.1.0, 250 2.1.5, 354, 451 4.7.5")]
    [InlineData("dmarc", Before + "250 2.1.0, 250 2.1.5, 354, 451 4.4.3")]
    [InlineData("\"spf=tag\",\"dkim=tag\",\"arc=tag\",\"dmarc=tag\"", Taken)]
    public async Task A_DNS_that_says_nothing_does_not_hold_a_session_for_longer_than_the_deadline(string checks, string heard)
    {
        await using var server = await OriginWorld.StartAsync(checks, new SilentResolver(), "origin.deadline=150ms");

        Assert.StartsWith(heard, await server.TalkAsync(OriginWorld.Dialogue(new OriginWorld().Signed(Mail))), StringComparison.Ordinal);
    }

    /// <summary>The sender's look-ups and the message's have one deadline each, but not one after the other: else the check would be given up before, and the mail be taken.</summary>
    [Theory]
    [InlineData("dmarc")]
    [InlineData("\"spf=tag\",dmarc")]
    public async Task A_policy_cannot_be_got_around_by_names_that_nobody_answers_for(string checks)
    {
        await using var server = await OriginWorld.StartAsync(checks, new SilentResolver(), "origin.deadline=3s", "gatekeeping.timeout=5500ms");

        var heard = await server.TalkAsync(OriginWorld.Dialogue(new OriginWorld().Signed(Mail), "x@silent.test"));

        Assert.Contains(", 354, 451 4.", heard, StringComparison.Ordinal);
        Assert.DoesNotContain(", 354, 250", heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dkim", "Hello", "250 2.0.0")]
    [InlineData("dkim", "Hullo", "550 5.7.20")]
    [InlineData("\"dkim=defer\"", "Hullo", "250 2.0.0")]                                     // RFC 6376 §6.3: never 4xx for a signature that is wrong
    [InlineData("\"dkim=tag\"", "Hullo", "250 2.0.0")]
    [InlineData("dmarc", "Hullo", "250 2.0.0")]                                              // SPF speaks for it
    public async Task A_signature_that_is_wrong_is_refused_only_where_that_is_asked_for(string checks, string body, string reply)
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(checks);

        var heard = await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail).Replace("Hello", body, StringComparison.Ordinal)));

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), heard);
    }

    [Fact]
    public async Task A_signature_that_is_only_tried_out_is_as_good_as_none()
    {
        var world = new OriginWorld(keyTags: "; t=y");
        await using var server = await world.StartAsync("dkim");

        Assert.Equal(Taken, await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail).Replace("Hello", "Hullo", StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("iprev", "203.0.113.9", "550 5.7.25")]
    [InlineData("iprev", "192.0.2.1", "250 2.1.0")]
    [InlineData("\"iprev=tag\"", "203.0.113.9", "250 2.1.0")]
    public async Task An_address_without_a_name_of_its_own_is_refused_where_that_is_asked_for(string checks, string address, string reply)
    {
        await using var server = await new OriginWorld().StartAsync(checks);

        Assert.StartsWith(Before + reply, await server.TalkAsync(OriginWorld.Dialogue(Mail, address: address)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"dmarc=tag\"", "", "mx.test")]
    [InlineData("\"spf=tag\"", "origin.authserv-id=border.test", "border.test")]
    [InlineData("\"dmarc=log\",\"spf=log\"", "", null)]
    public async Task Fields_in_our_name_that_come_with_a_message_are_taken_out_and_others_stay(string checks, string set, string? server)
    {
        await using var at = await new OriginWorld().StartAsync(checks, set.Length == 0 ? [] : [set]);
        string[] forged =
        [
            $"Authentication-Results: {server ?? "mx.test"}; dmarc=pass header.from=example.com",
            $"AUTHENTICATION-RESULTS : {server?.ToUpperInvariant() ?? "mx.test"} 1;\r\n\tspf=pass",
            $"authentication-results: (a \\) comment (nested))\r\n\t\"{server ?? "mx.test"}\" ; none",
            "Authentication-Results:",
            $"Authentication-Results{new string(' ', 900)}: {server ?? "mx.test"}; dmarc=pass",
        ];
        string[] others = ["Authentication-Results: list.test; dkim=pass header.d=example.com", "X-Authentication-Results: mx.test; none", "Authentication-Results-Of: mx.test"];

        await at.TalkAsync(OriginWorld.Dialogue(string.Join("\r\n", [.. forged, .. others, .. Mail.Split('\n')]), "eve@evil.test", "203.0.113.9", "evil.test"));

        var stored = await at.Server.ReadOnlyMessageAsync("bob");
        var came = stored[stored.IndexOf("Received:", StringComparison.Ordinal)..];
        Assert.All(others, o => Assert.Contains(o, came, StringComparison.Ordinal));
        Assert.All(forged, f => Assert.Equal(server is null, came.Contains($"\r\n{f}\r\n", StringComparison.Ordinal)));
        Assert.Equal(server is not null, stored.StartsWith($"Return-Path: <eve@evil.test>\r\n{(server is null || checks.Contains("spf", StringComparison.Ordinal) ? "" : "X-Policy: dmarc=fail")}", StringComparison.Ordinal)
            && stored.Contains($"\r\nAuthentication-Results: {server};", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[example.com]", "pass", "dmarc", "250 2.0.0")]
    [InlineData("[other.test]", "pass", "dmarc", "550 5.7.1")]
    [InlineData("[]", "pass", "dmarc", "550 5.7.1")]
    [InlineData("[example.com]", "fail", "dmarc", "550 5.7.1")]
    [InlineData("[example.com]", "pass", "\"dkim\"", "250 2.0.0")]
    public async Task A_list_that_is_trusted_and_saw_it_pass_is_believed(string trusted, string saw, string checks, string reply)
    {
        var world = new OriginWorld();
        var message = Sealed(world, saw);
        await using var server = await world.StartAsync(checks, $"origin.trusted-sealers={trusted}");

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), await server.TalkAsync(OriginWorld.Dialogue(message, "bounces@lists.example.com")));
    }

    /// <summary>Whether it would have been believed cannot be known now: so it is not refused for good now. Where nothing is refused it is marked, or whoever breaks a seal would be rid of the mark.</summary>
    [Theory]
    [InlineData("[example.com]", "dmarc", "451 4.4.3")]
    [InlineData("[example.com]", "\"dmarc=tag\"", "250 2.0.0")]
    [InlineData("[other.test]", "dmarc", "550 5.7.1")]
    public async Task A_seal_that_cannot_be_verified_now_puts_the_message_off(string trusted, string checks, string reply)
    {
        var world = new OriginWorld();
        var message = Sealed(world, "pass");
        world.Resolver.Fail("s1._domainkey.example.com", DnsType.Txt);
        await using var server = await world.StartAsync(checks, $"origin.trusted-sealers={trusted}");

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), await server.TalkAsync(OriginWorld.Dialogue(message, "bounces@lists.example.com")));

        if (reply[0] == '2')
        {
            Assert.Contains("X-Policy: dmarc=fail", await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_story_of_a_message_tells_each_verdict_with_its_reason_and_the_figures_count_them()
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(All);
        await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail)));
        var stored = await server.Server.ReadOnlyMessageAsync("bob");
        var id = stored[(stored.IndexOf("id ", StringComparison.Ordinal) + 3)..].Split('\r')[0];

        var story = await server.Server.Inspection.Stories!.ExplainAsync(id, CancellationToken.None);

        Assert.Equal(
            ["iprev: pass (mx.example.com)", "spf: none (HELO mx.example.com: mx.example.com has no SPF record)", "spf: pass (example.com says ip4:192.0.2.1)", "dkim: pass (example.com (s1))",
                "dmarc: pass (signed by example.com (p=reject at example.com))"],
            story!.Entries.Where(e => e.What == "judged").Select(e => e.Detail));
        using var figures = new MemoryStream();
        await server.Server.Inspection.Metrics!.WritePrometheusAsync(figures, CancellationToken.None);
        var text = System.Text.Encoding.ASCII.GetString(figures.ToArray());
        Assert.All((string[])["spf", "dkim", "dmarc"], kind => Assert.Matches($"actorsmtp_origin_{kind}[a-z_]*{{result=\"pass\"}} 1\n", text));
    }

    /// <summary>What an aggregate report tells (RFC 7489 §7.2), counted by the policy that decided.</summary>
    [Theory]
    [InlineData("dmarc", "192.0.2.1", "1x192.0.2.1 None dkim spf  example.com example.com/s1/pass")]
    [InlineData("dmarc", "203.0.113.9", "1x203.0.113.9 None dkim -  example.com example.com/s1/pass")]
    [InlineData("dmarc unsigned", "203.0.113.9", "1x203.0.113.9 Reject - -  example.com ")]
    [InlineData("\"dmarc=tag\" unsigned", "203.0.113.9", "1x203.0.113.9 Quarantine - - local_policy example.com ")]
    [InlineData("\"dmarc=log\" unsigned", "203.0.113.9", "1x203.0.113.9 None - - local_policy example.com ")]
    [InlineData("\"dmarc=defer\" unsigned", "203.0.113.9", "")]                               // it comes again
    public async Task Mail_is_counted_by_the_policy_that_it_was_judged_by(string what, string address, string expected)
    {
        var world = new OriginWorld();
        var (checks, unsigned) = (what.Split(' ')[0], what.EndsWith(" unsigned", StringComparison.Ordinal));
        await using var server = await world.StartAsync(checks);

        await server.TalkAsync(OriginWorld.Dialogue(unsigned ? Mail : world.Signed(Mail), address: address));

        var all = server.Server.Server.DmarcCounts!.Snapshot();
        Assert.All(all, s => Assert.Equal("example.com", s.Domain));
        Assert.Equal(expected, string.Join(';', all.SelectMany(s => s.Rows).Select(r =>
            $"{r.Count}x{r.Row.Source} {r.Row.Disposition} {(r.Row.Dkim ? "dkim" : "-")} {(r.Row.Spf ? "spf" : "-")} {r.Row.Override} {r.Row.From} {r.Row.Signatures}")));
    }

    [Fact]
    public async Task Each_message_of_a_session_is_judged_by_itself_also_in_chunks_and_after_RSET()
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(All);
        var good = world.Signed(Mail);

        var heard = await server.TalkAsync($"""
            EHLO a
            XCLIENT ADDR=192.0.2.1
            EHLO mx.example.com
            MAIL FROM:<ann@example.com>
            RCPT TO:<bob@mx.test>
            RSET
            MAIL FROM:<ann@example.com>
            RCPT TO:<bob@mx.test>
            BDAT {good.Length}
            {good}BDAT 7 LAST
            extra
            MAIL FROM:<ann@example.com>
            RCPT TO:<ann@mx.test>
            BDAT 20
            {good[..20]}BDAT {good.Length - 20} LAST
            {good[20..]}QUIT

            """);

        Assert.Equal(
            Before + "250 2.1.0, 250 2.1.5, 250 2.0.0, 250 2.1.0, 250 2.1.5, 250 2.0.0, 550 5.7.20, 250 2.1.0, 250 2.1.5, 250 2.0.0, 250 2.0.0, 221 2.0.0", heard);
        Assert.Contains($"dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256 header.b={StartOf(good)}", Results(await server.Server.ReadOnlyMessageAsync("ann")));
    }

    [Fact]
    public void Without_a_clients_address_nothing_is_asked_about_it()
    {
        var limits = OriginLimits.Of([new CheckChoice("iprev", CheckLimit.Reject), new CheckChoice("spf", CheckLimit.Reject), new CheckChoice("dkim", CheckLimit.Reject)])!;

        Assert.Equal(OriginParts.Dkim, limits.Parts(hasAddress: false, trustsSealers: false));
        Assert.Equal(OriginParts.Names | OriginParts.Spf | OriginParts.Dkim, limits.Parts(hasAddress: true, trustsSealers: false));
        Assert.Null(OriginLimits.Of([new CheckChoice("rates", CheckLimit.Reject)]));
    }

    /// <summary>RFC 8601 §5: wherever mail crosses the border.</summary>
    [Theory]
    [InlineData("\"dmarc=tag\"", "EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\n", "", false)]
    [InlineData("\"dmarc=tag\"", "EHLO c.test\n", "gatekeeping.trusted=[127.0.0.1]", false)]
    [InlineData("\"dmarc=tag\"", "EHLO c.test\n", "origin.trusted-results=[127.0.0.1]", true)]
    [InlineData("\"dmarc=log\"", "EHLO c.test\n", "gatekeeping.trusted=[127.0.0.1]", true)]             // nobody here writes such fields
    public async Task Fields_in_our_name_are_taken_out_of_everybodys_mail(string checks, string opening, string set, bool stays)
    {
        await using var at = await new OriginWorld().StartAsync(checks, ["listeners.mx.auth=offered", .. set.Length == 0 ? Array.Empty<string>() : [set]]);

        await at.TalkAsync(opening + "MAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nDATA\nFrom: kim@example.com\nAuthentication-Results: mx.test; dmarc=pass\nX: y\n\nHello\n.\nQUIT\n");

        Assert.Equal(stays, (await at.Server.ReadOnlyMessageAsync("ann")).Contains("Authentication-Results: mx.test; dmarc=pass\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_a_listener_that_asks_nobodys_origin_fields_in_our_name_are_taken_out_too()
    {
        await using var at = await PolicyServer.StartAsync(
            new OriginWorld().Resolver, ["listeners.asking.bind=\"127.0.0.1:99\"", "listeners.asking.role=mx", "listeners.asking.checks=[spf]"]);

        await at.TalkAsync("EHLO c.test\nMAIL FROM:<bob@far.test>\nRCPT TO:<ann@mx.test>\nDATA\nFrom: kim@example.com\nAuthentication-Results: mx.test; dmarc=pass\nX: y\n\nHello\n.\nQUIT\n");

        Assert.DoesNotContain("Authentication-Results", await at.Server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"dkim\",dmarc", "550 5.7.26")]                                             // RFC 7372 §4
    [InlineData("\"dkim=tag\",dmarc", "550 5.7.1")]
    public async Task Where_several_checks_want_a_message_refused_the_reply_says_that(string checks, string reply)
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(checks);

        var heard = await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail).Replace("Hello", "Hullo", StringComparison.Ordinal), "eve@evil.test", "203.0.113.9", "evil.test"));

        Assert.Equal(Taken.Replace("354, 250 2.0.0", "354, " + reply, StringComparison.Ordinal), heard);
    }

    [Fact]
    public async Task Who_logged_in_is_not_asked_about()
    {
        var world = new OriginWorld();
        await using var server = await world.StartAsync(All, "listeners.mx.auth=offered");

        await server.TalkAsync("EHLO c.test\nAUTH PLAIN AGJvYgBzZWNyZXQ=\nMAIL FROM:<bob@mx.test>\nRCPT TO:<ann@mx.test>\nDATA\nFrom: kim@example.com\n\nHello\n.\nQUIT\n");

        Assert.DoesNotContain("Authentication-Results", await server.Server.ReadOnlyMessageAsync("ann"), StringComparison.Ordinal);
        Assert.Empty(world.Resolver.Asked);
    }

    /// <summary>A message of victim.test as a list passes it on, changed, with what it had found out.</summary>
    private static string Sealed(OriginWorld world, string saw)
    {
        const string Came = "From: Kim <kim@victim.test>\r\nSubject: [list] one\r\n\r\nHello\r\n-- \r\nthe list\r\n";
        world.Resolver.Zone.Add("_dmarc.victim.test 60 TXT \"v=DMARC1; p=reject\"");
        using var read = new SignedMessage(DkimOptions.Usual, Canonicalization.Relaxed);
        read.Take(System.Text.Encoding.ASCII.GetBytes(Came));
        var results = AuthenticationResults.TryParse($"lists.example.com; dmarc={saw} header.from=victim.test")!;
        return ArcSealer.Seal(world.Signer, read.Complete(), new ArcResult(ArcVerdict.None, "", [], false), results, DateTimeOffset.UtcNow) + Came;
    }

    private static string[] Results(string stored)
    {
        var start = stored.IndexOf("Authentication-Results:", StringComparison.Ordinal) + "Authentication-Results:".Length;
        var results = AuthenticationResults.TryParse(stored[start..stored.IndexOf("\r\nReceived:", StringComparison.Ordinal)]);
        return [.. results!.Results.Select(r => $"{r.Method}={r.Word}" + string.Concat(r.Properties.Select(p => $" {p.Type}.{p.Name}={p.Value}")))];
    }

    private static string StartOf(string message) => new([.. Regex.Split(message, "[ \t;]b=")[1].Where(c => !char.IsWhiteSpace(c)).Take(8)]);

    /// <summary>Never answers.</summary>
    private sealed class SilentResolver : IResolver
    {
        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        }
    }
}
