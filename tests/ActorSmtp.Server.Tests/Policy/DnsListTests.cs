using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Policy.Lists;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Server.Tests.Policy;

/// <summary>Lists of addresses in the DNS: what they are asked, what their answers mean, and when they are not to be believed.</summary>
public sealed class DnsListTests
{
    private const string Good = """
        2.0.0.127.list.test 300 A 127.0.0.2
        99.2.0.192.list.test 300 A 127.0.0.4
        """;

    private readonly LogLines _log = new();
    private readonly StandingTime _time = new();

    [Theory]
    [InlineData("192.0.2.99", "99.2.0.192.list.test")]                                                                            // RFC 5782 §2.1
    [InlineData("::ffff:192.0.2.99", "99.2.0.192.list.test")]
    [InlineData("2001:db8:1:2:3:4:567:89ab", "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.list.test")]       // §2.4
    public async Task An_address_is_asked_for_backwards_below_the_zone(string address, string name)
    {
        var resolver = ZoneResolver.Of(Good);

        await List(resolver).LookUpAsync(IPAddress.Parse(address), CancellationToken.None);

        Assert.Equal(new DnsQuestion(DnsName.Parse(name), DnsType.A), Assert.Single(resolver.Asked));
    }

    [Theory]
    [InlineData("127.0.0.4", "127.0.0.4", true)]
    [InlineData("127.0.0.4", "127.0.0.5", false)]
    [InlineData("127.0.0.4-7", "127.0.0.7", true)]
    [InlineData("127.0.0.4-7", "127.0.0.8", false)]
    [InlineData("127.0.*.2", "127.0.9.2", true)]
    [InlineData("127.0.*.2", "127.1.9.2", false)]
    [InlineData("127.0.0.&6", "127.0.0.4", true)]
    [InlineData("127.0.0.&6", "127.0.0.9", false)]
    public void A_pattern_says_which_answers_are_meant(string pattern, string answer, bool meant) =>
        Assert.Equal(meant, CodePattern.Parse(pattern)!.Matches(IPAddress.Parse(answer)));

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0")]
    [InlineData("127.0.0.0.1")]
    [InlineData("10.0.0.2")]
    [InlineData("*.0.0.2")]
    [InlineData("127.0.0.256")]
    [InlineData("127.0.0.7-4")]
    [InlineData("127.0.0.1-2-3")]
    [InlineData("127.0.0.&0")]
    [InlineData("127.0.0.-1")]
    [InlineData("127.0.0.x")]
    public void What_is_no_pattern_is_refused(string pattern) => Assert.Null(CodePattern.Parse(pattern));

    [Fact]
    public async Task Being_on_it_counts_what_the_settings_say_and_not_being_on_it_nothing()
    {
        var list = List(ZoneResolver.Of(Good), score: 5);

        var listed = await list.LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None);

        Assert.Equal(new Finding("dns-lists", "listed", "test: 192.0.2.99 is 127.0.0.4", 5), listed);
        Assert.Null(await list.LookUpAsync(IPAddress.Parse("192.0.2.98"), CancellationToken.None));
        Assert.Null(await List(ZoneResolver.Of(Good), codes: "127.0.0.2").LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None));
    }

    [Fact]
    public async Task A_list_of_good_addresses_speaks_for_a_peer() => Assert.Equal(
        new Finding("dns-lists", "known", "test: 192.0.2.99 is 127.0.0.4", -3),
        await List(ZoneResolver.Of(Good), score: -3).LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None));

    public static TheoryData<DnsFailure> Failures => [.. Enum.GetValues<DnsFailure>()];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task When_the_DNS_fails_nothing_counts_and_the_list_is_asked_again(DnsFailure failure)
    {
        var list = List(ZoneResolver.Of(Good).Fail("99.2.0.192.list.test", DnsType.A, failure), score: 5);

        var finding = await list.LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None);

        Assert.Equal(("unknown", 0.0), (finding!.Result, finding.Score));
        Assert.True(list.Counts);
    }

    [Theory]
    [InlineData("127.255.255.254", "it does not serve us")]
    [InlineData("93.184.216.34", "which no list does")]
    public async Task A_list_that_answers_nonsense_is_left_alone_until_its_test_entries_are_right(string answer, string why)
    {
        var resolver = ZoneResolver.Of($"99.2.0.192.list.test 300 A {answer}\n1.0.0.127.list.test 300 A {answer}\n2.0.0.127.list.test 300 A {answer}");
        var list = List(resolver, score: 5);

        var finding = await list.LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None);

        Assert.Equal(("unknown", 0.0), (finding!.Result, finding.Score));
        Assert.False(list.Counts);
        Assert.Contains(_log.All, l => l.Contains("list test is not asked for", StringComparison.Ordinal) && l.Contains(why, StringComparison.Ordinal));

        _time.Advance(TimeSpan.FromMinutes(31));                    // its rest is over, it is tried, and still does so
        Assert.False(list.Counts);
        Assert.False(list.Counts);

        resolver.Zone.Remove("1.0.0.127.list.test");
        resolver.Zone.Remove("2.0.0.127.list.test");
        resolver.Zone.Add("2.0.0.127.list.test 300 A 127.0.0.2");
        _time.Advance(TimeSpan.FromMinutes(31));
        await SessionHarness.Until(() => list.Counts, "the list never counted again");
        Assert.Contains(_log.All, l => l.Contains("list test is asked again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_that_lists_everybody_is_found_out_by_its_test_entry()
    {
        var list = List(ZoneResolver.Of(Good + "\n1.0.0.127.list.test 300 A 127.0.0.2"));

        Assert.False(await list.TestAsync());

        Assert.False(list.Counts);
        Assert.Contains(_log.All, l => l.Contains("lists 127.0.0.1", StringComparison.Ordinal));
    }

    /// <summary>A domain that was given up may answer for every name below it: all mail would be refused until somebody looks.</summary>
    [Fact]
    public async Task A_list_that_comes_to_list_everybody_while_we_run_is_found_out_by_the_fifth_peer_in_a_row()
    {
        var resolver = ZoneResolver.Of(Good);
        var list = List(resolver, score: 5);
        async Task<string?> Listed() => (await list.LookUpAsync(IPAddress.Parse("192.0.2.99"), CancellationToken.None))?.Result;

        for (var n = 0; n < 4; n++)
        {
            Assert.Equal("listed", await Listed());
        }

        Assert.Null(await list.LookUpAsync(IPAddress.Parse("192.0.2.98"), CancellationToken.None));     // not everybody
        resolver.Zone.Add("1.0.0.127.list.test 300 A 127.0.0.2");
        for (var n = 0; n < 4; n++)
        {
            Assert.Equal("listed", await Listed());
        }

        Assert.Equal("unknown", await Listed());
        Assert.False(list.Counts);
        Assert.Contains(_log.All, l => l.Contains("lists 127.0.0.1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2.0.0.127.list.test", "cannot find out")]
    [InlineData(null, "it is not there")]
    public async Task A_list_without_its_test_entry_counts_and_the_log_says_so(string? failing, string why)
    {
        var resolver = ZoneResolver.Of("99.2.0.192.list.test 300 A 127.0.0.4");
        if (failing is not null)
        {
            resolver.Fail(failing, DnsType.A);
        }

        var list = List(resolver);

        Assert.True(await list.TestAsync());

        Assert.True(list.Counts);
        Assert.Contains(_log.All, l => l.Contains("no test entry", StringComparison.Ordinal) && l.Contains(why, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("192.168.1.1")]
    [InlineData("10.1.2.3")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:127.0.0.9")]
    [InlineData(null)]
    public void Nobody_asks_a_list_about_addresses_of_ours(string? address) => Assert.Null(Check(ZoneResolver.Of(Good)).Begin(Session(address)));

    [Fact]
    public async Task Several_lists_add_up_and_one_for_another_listener_is_not_asked()
    {
        var resolver = ZoneResolver.Of(Good + "\n99.2.0.192.white.test 300 A 127.0.9.3\n99.2.0.192.other.test 300 A 127.0.0.2");
        var check = Check(resolver, One("bad", "list.test", 5), One("good", "white.test", -2), One("other", "other.test", 9, "submission"));

        var answer = await AskAsync(check, "192.0.2.99");

        Assert.Equal(["bad: 192.0.2.99 is 127.0.0.4", "good: 192.0.2.99 is 127.0.9.3"], answer.Findings.Select(f => f.Reason));
        Assert.Equal(3, answer.Findings.Sum(f => f.Score));
        Assert.DoesNotContain(resolver.Asked, q => q.Name.ToString().Contains("other", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_that_does_not_answer_is_waited_for_so_long_and_the_others_count()
    {
        var check = Check(new Hanging(ZoneResolver.Of(Good), "silent.test"), One("bad", "list.test", 5), One("silent", "silent.test", 5));

        var answer = await AskAsync(check, "192.0.2.99");

        Assert.Equal(["bad: 192.0.2.99 is 127.0.0.4", "silent: no answer in time"], answer.Findings.Select(f => f.Reason));
    }

    [Fact]
    public async Task A_listed_peer_is_refused_at_RCPT_and_postmaster_can_still_be_asked_why()
    {
        var resolver = ZoneResolver.Of(Good);
        await using var server = await PolicyServer.StartAsync(resolver,
        [
            "listeners.mx.checks=[dns-lists]", "listeners.mx.xclient-trusted=[127.0.0.1]", "gatekeeping.scores.reject=5",
            "gatekeeping.dns-lists.test.zone=list.test", "gatekeeping.dns-lists.test.score=5",
        ]);

        var heard = await server.TalkAsync("EHLO a\nXCLIENT ADDR=192.0.2.99\nEHLO c.test\nMAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nRCPT TO:<postmaster@mx.test>\nQUIT\n");
        var other = await server.TalkAsync("EHLO a\nXCLIENT ADDR=192.0.2.98\nEHLO c.test\nMAIL FROM:<x@c.test>\nRCPT TO:<bob@mx.test>\nQUIT\n");

        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 550 5.7.1, 250 2.1.5, 221 2.0.0", heard);
        Assert.Equal("220, 250, 220, 250, 250 2.1.0, 250 2.1.5, 221 2.0.0", other);
    }

    private static async Task<PolicyAnswer> AskAsync(DnsListsCheck check, string address)
    {
        var facts = new PolicyFacts(Session(address), null, null, null, null, 0);
        using var asked = check.Begin(facts.Session)!;
        await asked.AskAsync(PolicySteps.Connect, facts, CancellationToken.None);
        return await asked.AskAsync(PolicySteps.Mail, facts, CancellationToken.None);
    }

    private static SessionFacts Session(string? address) => new(
        "s1", "mx.test", "mx", ListenerRole.Mx, address is null ? null : new IPEndPoint(IPAddress.Parse(address), 4321), null, null, DateTimeOffset.UnixEpoch);

    private static DnsListSettings One(string name, string zone, int score, params ImmutableArray<string> listeners) =>
        new(name, DnsName.Parse(zone), [CodePattern.Parse("127.*.*.*")!], score, listeners);

    private DnsList List(IResolver resolver, int score = 1, string codes = "127.*.*.*") => new(
        One("test", "list.test", score) with { Codes = [CodePattern.Parse(codes)!] }, resolver, TimeSpan.FromMinutes(30), _time, new Log(_log));

    private DnsListsCheck Check(IResolver resolver, params ImmutableArray<DnsListSettings> lists) => new(
        TestMailServer.Settings([]).Gatekeeping with { DnsLists = lists.IsEmpty ? [One("test", "list.test", 1)] : lists, DnsListWait = TimeSpan.FromSeconds(resolver is Hanging ? 2 : 60) },
        resolver, TimeProvider.System, new Log(_log));

    /// <summary>Knows nothing of one zone, and says nothing.</summary>
    private sealed class Hanging(IResolver inner, string zone) : IResolver
    {
        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            if (question.Name.ToString().EndsWith(zone, StringComparison.Ordinal))
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            return await inner.ResolveAsync(question, cancellation);
        }
    }
}
