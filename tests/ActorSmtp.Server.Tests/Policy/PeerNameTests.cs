using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Peers;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>What the names of a peer's address and what it calls itself are worth, in scores and in words.</summary>
public sealed class PeerNameTests
{
    private const string Zone = """
        1.2.0.192.in-addr.arpa 300 PTR mx.c.test
        mx.c.test 300 A 192.0.2.1
        2.2.0.192.in-addr.arpa 300 PTR mx.c.test
        3.2.0.192.in-addr.arpa 300 PTR 192-0-2-3.dyn.isp.test
        192-0-2-3.dyn.isp.test 300 A 192.0.2.3
        7.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 300 PTR six.c.test
        six.c.test 300 AAAA 2001:db8::77
        two.c.test 300 A 198.51.100.9
        onlymx.c.test 300 MX 10 mx.c.test
        """;

    [Theory]
    [InlineData("192.0.2.1", "pass", 0)]
    [InlineData("192.0.2.2", "unconfirmed", 2)]
    [InlineData("192.0.2.3", "generic", 1)]
    [InlineData("192.0.2.4", "none", 3)]
    [InlineData("::ffff:192.0.2.1", "pass", 0)]
    [InlineData("2001:db8::77", "pass", 0)]
    [InlineData("2001:db8::78", "none", 3)]
    public async Task An_address_counts_by_the_name_that_leads_back_to_it(string address, string result, double score)
    {
        var finding = Assert.Single((await ReverseAsync(ZoneResolver.Of(Zone), address)).Findings);

        Assert.Equal(("reverse-dns", result, score), (finding.Check, finding.Result, finding.Score));
    }

    public static TheoryData<DnsFailure> Failures => [.. Enum.GetValues<DnsFailure>()];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Whatever_the_DNS_cannot_say_counts_for_nothing(DnsFailure failure)
    {
        var resolver = ZoneResolver.Of(Zone).Fail("4.2.0.192.in-addr.arpa", DnsType.Ptr, failure).Fail("mx.c.test", DnsType.A, failure);

        Assert.Equal(("unknown", 0.0), ResultOf(await ReverseAsync(resolver, "192.0.2.4")));
        Assert.Equal(("unknown", 0.0), ResultOf(await ReverseAsync(resolver, "192.0.2.1")));
        Assert.Equal(("unknown", 0.0), ResultOf(await HeloAsync(resolver, "192.0.2.1", "mx.c.test")));
    }

    public static TheoryData<string> Faults => [.. DnsFaults.Lasting.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Whatever_a_DNS_server_does_wrong_nothing_hangs_and_nothing_counts(string fault)
    {
        var resolver = Origin.OriginTroubleTests.ResolverOf(new DnsScript(TestZone.Parse(Zone)).Otherwise(DnsFaults.Lasting[fault]));

        Assert.Equal(("unknown", 0.0), ResultOf(await ReverseAsync(resolver, "192.0.2.1")));
        Assert.Equal(("unknown", 0.0), ResultOf(await HeloAsync(resolver, "192.0.2.1", "mx.c.test")));
    }

    [Fact]
    public async Task A_DNS_that_does_not_answer_is_waited_for_so_long_and_no_longer()
    {
        Assert.Equal(("unknown", 0.0), ResultOf(await ReverseAsync(new Silent(), "192.0.2.1")));
        Assert.Equal(("unknown", 0.0), ResultOf(await HeloAsync(new Silent(), "192.0.2.1", "mx.c.test")));
    }

    [Theory]
    [InlineData("192.0.2.3", "192-0-2-3.dyn.isp.test", true)]
    [InlineData("192.0.2.3", "3.2.0.192.dsl.isp.test", true)]
    [InlineData("192.0.2.3", "host-0-2-3.isp.test", true)]
    [InlineData("192.0.2.3", "c0000203.isp.test", true)]
    [InlineData("192.0.2.3", "p192000002003.isp.test", true)]
    [InlineData("192.0.2.3", "mx3.isp.test", false)]
    [InlineData("192.0.2.3", "mail-2-3.isp.test", false)]
    [InlineData("192.0.2.3", "mx192.isp.test", false)]
    [InlineData("2001:db8::3", "2001-db8-3.isp.test", false)]
    public void A_name_that_is_made_of_the_address_is_told_from_one_that_somebody_chose(string address, string name, bool made) =>
        Assert.Equal(made, GenericNames.IsMadeOf(IPAddress.Parse(address), name));

    [Theory]
    [InlineData("mx.c.test", "pass", 0)]
    [InlineData("MX.C.test", "pass", 0)]
    [InlineData("two.c.test", "unconfirmed", 0)]
    [InlineData("six.c.test", "unconfirmed", 0)]
    [InlineData("onlymx.c.test", "unconfirmed", 0)]
    [InlineData("gone.c.test", "unresolved", 2)]
    [InlineData("gone.c.test..", "unresolved", 2)]
    [InlineData("localhost", "malformed", 2)]
    [InlineData("WIN-4711", "malformed", 2)]
    [InlineData("a b", "malformed", 2)]
    [InlineData("192.0.2.1", "malformed", 2)]
    [InlineData("_dmarc..c.test", "malformed", 2)]
    [InlineData("[192.0.2.1]", "literal", 1)]
    [InlineData("[192.0.2.9]", "wrong-literal", 2)]
    [InlineData("[IPv6:2001:db8::77]", "wrong-literal", 2)]
    public async Task What_a_peer_calls_itself_counts(string said, string result, double score) =>
        Assert.Equal((result, score), ResultOf(await HeloAsync(ZoneResolver.Of(Zone), "192.0.2.1", said)));

    [Theory]
    [InlineData("mx.test")]
    [InlineData("MX.Test")]
    [InlineData("ours.test")]
    [InlineData("[198.51.100.25]")]
    public async Task Who_calls_itself_by_our_name_is_refused(string said)
    {
        var answer = await HeloAsync(ZoneResolver.Of(Zone), "192.0.2.1", said);

        Assert.Equal(PolicyAction.Reject, answer.Action);
        Assert.Equal("ours", Assert.Single(answer.Findings).Result);
    }

    [Fact]
    public async Task Names_are_looked_up_once_in_a_session_whoever_asks()
    {
        var resolver = ZoneResolver.Of(Zone);
        var facts = FactsOf("192.0.2.1", "mx.c.test");

        var first = await facts.Session.NamesAsync(resolver, CancellationToken.None);
        var second = await facts.Session.NamesAsync(resolver, CancellationToken.None);

        Assert.Same(first, second);
        Assert.Equal("pass", first.Word);
        Assert.Equal(2, resolver.Asked.Count);
    }

    [Fact]
    public async Task A_peer_without_a_name_that_calls_itself_what_is_not_there_is_refused_by_the_sum_of_both()
    {
        await using var server = await PolicyServer.StartAsync(
            ZoneResolver.Of(Zone),
            ["listeners.mx.checks=[reverse-dns, helo]", "listeners.mx.xclient-trusted=[127.0.0.1]", "gatekeeping.scores.reject=5", "gatekeeping.scores.tag=2"]);

        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 550 5.7.1, 221 2.0.0", await server.TalkAsync(Said("192.0.2.4", "gone.c.test")));
        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", await server.TalkAsync(Said("192.0.2.4", "mx.c.test")));
        Assert.Equal("220, 250, 220, 250, 550 5.7.1, 503 5.5.1, 221 2.0.0", await server.TalkAsync(Said("192.0.2.4", "mx.test")));
        Assert.Contains(server.Server.Log.All, l => l.Contains("scores: refused (5 of 5)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_does_not_lead_back_is_refused_where_the_settings_say_so_with_a_code_of_its_own()
    {
        await using var server = await PolicyServer.StartAsync(
            ZoneResolver.Of(Zone), ["listeners.mx.checks=[reverse-dns]", "listeners.mx.xclient-trusted=[127.0.0.1]", "gatekeeping.reverse-dns.unconfirmed=reject", "gatekeeping.reverse-dns.none=defer"]);

        Assert.Equal("220, 250, 220, 250, 550 5.7.25, 503 5.5.1, 221 2.0.0", await server.TalkAsync(Said("192.0.2.2", "c.test")));
        Assert.Equal("220, 250, 220, 250, 451 4.7.25, 503 5.5.1, 221 2.0.0", await server.TalkAsync(Said("192.0.2.4", "c.test")));
    }

    [Theory]
    [InlineData("5", "220, 250, 250 2.1.0, 550 5.7.1, 221 2.0.0")]
    [InlineData("4", "220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0")]
    [InlineData("reject", "220, 554 5.5.1, 503 5.5.1, 503 5.5.1, 221 2.0.0")]
    public async Task Who_speaks_before_the_greeting_pays_for_it(string weight, string heard)
    {
        await using var server = await PolicyServer.StartAsync(
            ["listeners.mx.checks=[early-talkers]", "listeners.mx.greeting-delay=20s", "listeners.mx.early-talkers=log", $"gatekeeping.early-talkers={weight}", "gatekeeping.scores.reject=5"]);

        Assert.Equal(heard, await server.TalkAsync("EHLO c.test\nMAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n"));
    }

    [Fact]
    public async Task Who_waits_for_the_greeting_pays_nothing()
    {
        await using var server = await PolicyServer.StartAsync(
            ["listeners.mx.checks=[early-talkers]", "listeners.mx.greeting-delay=10ms", "listeners.mx.early-talkers=log", "gatekeeping.early-talkers=reject"]);
        var peer = await server.ConnectAsync();
        await SessionHarness.Expect(peer, "220");
        peer.Send("HELO c.test\r\nQUIT\r\n"u8);

        await SessionHarness.Expect(peer, "250 mx.test");
        await SessionHarness.Expect(peer, "221");
    }

    [Fact]
    public async Task Who_is_suspected_is_answered_late_and_others_at_once()
    {
        var bad = new ScriptedCheck("bad")
        {
            Answer = (step, facts, _) => new(step == PolicySteps.Mail && facts.Sender?.Mailbox?.LocalPart == "bad" ? PolicyAnswer.Found(new Finding("bad", "odd", "", 3)) : PolicyAnswer.Pass),
        };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.tarpit.from-score=3", "gatekeeping.tarpit.delay=30s", "gatekeeping.tarpit.at-once=1"], bad);
        var peer = await server.ConnectAsync();
        peer.Send("HELO c.test\r\nMAIL FROM:<bad@c.test>\r\nRCPT TO:<bob@mx.test>\r\n"u8);
        await SessionHarness.Until(() => server.Server.Server.Sessions.List(new SessionFilter(State: "judging"), 1, null).Total == 1, "nobody is held back");

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", await server.TalkAsync("HELO c.test\nMAIL FROM:<good@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n"));
        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", await server.TalkAsync("HELO c.test\nMAIL FROM:<bad@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n"));    // one place, and it is taken
    }

    [Fact]
    public async Task An_answer_that_is_held_back_comes_and_the_story_says_that_it_was()
    {
        var bad = new ScriptedCheck("bad") { Answer = ScriptedCheck.At(PolicySteps.Mail, PolicyAnswer.Found(new Finding("bad", "odd", "", 3))) };
        await using var server = await PolicyServer.StartAsync(["gatekeeping.tarpit.from-score=3", "gatekeeping.tarpit.delay=20ms"], bad);

        Assert.Equal("220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", await server.TalkAsync("HELO c.test\nMAIL FROM:<bad@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n"));
        Assert.Equal(2, server.Server.Log.All.Count(l => l.Contains("tarpit: held back (for 0.02 s, with a score of 3)", StringComparison.Ordinal)));
    }

    private static string Said(string address, string helo) => $"EHLO a\nXCLIENT ADDR={address}\nEHLO {helo}\nMAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n";

    private static (string, double) ResultOf(PolicyAnswer answer) => (Assert.Single(answer.Findings).Result, answer.Findings[0].Score);

    /// <summary>Only who says nothing in the end is not waited for until he does: on a busy machine that takes a while.</summary>
    private static TimeSpan WaitFor(IResolver resolver) => TimeSpan.FromSeconds(resolver is Silent ? 0.2 : 60);

    private static async Task<PolicyAnswer> ReverseAsync(IResolver resolver, string address)
    {
        var settings = TestMailServer.Settings([]).Gatekeeping.ReverseDns with { Wait = WaitFor(resolver) };
        return await AskAsync(new ReverseDnsCheck(settings, resolver, TimeProvider.System), FactsOf(address, "c.test"));
    }

    private static async Task<PolicyAnswer> HeloAsync(IResolver resolver, string address, string said)
    {
        var settings = TestMailServer.Settings([]).Gatekeeping.Helo with { Wait = WaitFor(resolver) };
        return await AskAsync(new HeloCheck(settings, ["ours.test"], resolver, TimeProvider.System), FactsOf(address, said));
    }

    private static async Task<PolicyAnswer> AskAsync(ICheck check, PolicyFacts facts)
    {
        using var asked = check.Begin(facts.Session)!;
        foreach (var step in (PolicySteps[])[PolicySteps.Connect, PolicySteps.Hello])
        {
            if (asked.Steps.HasFlag(step))
            {
                Assert.Same(PolicyAnswer.Pass, await asked.AskAsync(step, facts, CancellationToken.None));
            }
        }

        return await asked.AskAsync(PolicySteps.Mail, facts, CancellationToken.None);
    }

    private static PolicyFacts FactsOf(string address, string said) => new(
        new SessionFacts("s1", "mx.test", "mx", ListenerRole.Mx, new IPEndPoint(IPAddress.Parse(address), 4321), null, new IPEndPoint(IPAddress.Parse("198.51.100.25"), 25), DateTimeOffset.UnixEpoch),
        new Server.Sessions.Hello(said, Extended: true), null, null, null, 0);

    /// <summary>Says nothing, until nobody listens any more.</summary>
    private sealed class Silent : IResolver
    {
        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        }
    }
}
