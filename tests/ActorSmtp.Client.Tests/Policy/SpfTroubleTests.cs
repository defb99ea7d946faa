using System.Net;
using ActorSmtp.Client.Policy;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>DNS that fails, and records that want too much: a verdict comes, within bounds.</summary>
public sealed class SpfTroubleTests
{
    public static TheoryData<string, string, DnsType> Faults
    {
        get
        {
            var data = new TheoryData<string, string, DnsType>();
            foreach (var fault in DnsFaults.Lasting.Keys)
            {
                data.Add(fault, "a.test", DnsType.Txt);
                data.Add(fault, "inner.test", DnsType.Txt);
                data.Add(fault, "host.test", DnsType.A);
                data.Add(fault, "mail.test", DnsType.Mx);
            }

            return data;
        }
    }

    /// <summary>§2.6.6: whatever a server does wrong on the wire.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_failure_of_the_DNS_is_a_temporary_error(string fault, string name, DnsType type)
    {
        var script = new DnsScript(TestZone.Parse("""
            a.test 60 TXT "v=spf1 include:inner.test a:host.test mx:mail.test -all"
            inner.test 60 TXT "v=spf1 ip4:192.0.2.99 -all"
            host.test 60 A 192.0.2.98
            mail.test 60 MX 10 host.test
            """)).Always(name, type, DnsFaults.Lasting[fault]);
        var network = new MemoryNameServers(TimeProvider.System).Add("127.0.0.1:53", script);
        var result = await RealResolver.On(network, TimeSpan.FromMilliseconds(20), IPEndPoint.Parse("127.0.0.1:53")).DecideAsync(new SpfCheck(Subject()));
        Assert.Equal(SpfVerdict.TempError, result.Verdict);
        Assert.Contains("cannot be looked up now", result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:x.test", "x.test", DnsType.A, SpfVerdict.TempError)]
    [InlineData("exists:x.test", "x.test", DnsType.A, SpfVerdict.TempError)]
    [InlineData("mx:m.test", "h.test", DnsType.A, SpfVerdict.TempError)]
    [InlineData("redirect=x.test", "x.test", DnsType.Txt, SpfVerdict.TempError)]
    [InlineData("ptr:x.test", "1.2.0.192.in-addr.arpa", DnsType.Ptr, SpfVerdict.Neutral)]        // §5.5: no match
    [InlineData("exp=x.test -all", "x.test", DnsType.Txt, SpfVerdict.Fail)]                      // §6.2: no explanation
    [InlineData("redirect=gone.test", "none", DnsType.Txt, SpfVerdict.PermError)]                // §6.1
    [InlineData("include:gone.test", "none", DnsType.Txt, SpfVerdict.PermError)]                 // §5.2
    public async Task Each_term_has_its_own_answer_to_failures(string term, string name, DnsType type, SpfVerdict verdict)
    {
        var resolver = ZoneResolver.Of($"""
            a.test 60 TXT "v=spf1 {term}"
            m.test 60 MX 10 h.test
            """).Fail(name, type);
        var result = await resolver.DecideAsync(new SpfCheck(Subject()));
        Assert.Equal(verdict, result.Verdict);
        Assert.Null(result.Explanation);
    }

    [Fact]
    public async Task When_the_time_is_over_it_ends_with_a_temporary_error()
    {
        using var deadline = new CancellationTokenSource();
        var result = await new EndlessResolver(deadline).DecideAsync(new SpfCheck(Subject()), deadline.Token);
        Assert.Equal(SpfVerdict.TempError, result.Verdict);
    }

    [Fact]
    public async Task A_record_that_goes_on_for_ever_is_left_after_ten_terms()
    {
        var resolver = new EndlessRecords();
        var result = await resolver.DecideAsync(new SpfCheck(Subject()));
        Assert.Equal(SpfVerdict.PermError, result.Verdict);
        Assert.Equal(11, resolver.Asked);
    }

    [Fact]
    public async Task No_record_can_cause_more_than_so_many_questions()
    {
        var zone = TestZone.Parse("""a.test 60 TXT "v=spf1 mx:m0.test mx:m1.test mx:m2.test mx:m3.test mx:m4.test mx:m5.test mx:m6.test mx:m7.test mx:m8.test mx:m9.test -all" """);
        for (var i = 0; i < 100; i++)
        {
            zone.Add($"m{i / 10}.test 60 MX {i % 10} h{i}.test");
            zone.Add($"h{i}.test 60 A 192.0.2.200");
        }

        var resolver = new ZoneResolver(zone);
        Assert.Equal(SpfVerdict.Fail, (await resolver.DecideAsync(new SpfCheck(Subject()))).Verdict);
        Assert.Equal(111, resolver.Asked.Count);
    }

    [Fact]
    public async Task A_record_of_sixty_kilobytes_is_read_once_and_is_only_a_record()
    {
        var zone = new TestZone();
        zone.Add(new TxtRecord(DnsName.Parse("a.test"), 60, ["v=spf1", .. Enumerable.Repeat(" ip4:192.0.2.77", 4_000), " -all"]));
        Assert.Equal(SpfVerdict.Fail, (await new ZoneResolver(zone).DecideAsync(new SpfCheck(Subject()))).Verdict);
    }

    [Fact]
    public async Task What_a_stranger_explains_is_printable_and_short()
    {
        var zone = TestZone.Parse("""a.test 60 TXT "v=spf1 exp=why.test -all" """);
        zone.Add(new TxtRecord(DnsName.Parse("why.test"), 60, [.. Enumerable.Repeat("%{s} ", 10_000)]));
        var result = await new ZoneResolver(zone).DecideAsync(new SpfCheck(Subject() with { LocalPart = "a\u001b[31m\r\n" }));
        Assert.InRange(result.Explanation!.Length, 100, 450);
        Assert.DoesNotContain(result.Explanation, char.IsControl);
    }

    /// <summary>Whoever holds an address could else turn the failure of another's domain into an error.</summary>
    [Fact]
    public async Task Names_of_the_clients_address_that_lead_nowhere_are_not_the_domains_fault()
    {
        var zone = TestZone.Parse("""a.test 60 TXT "v=spf1 ptr -all" """);
        for (var i = 0; i < 30; i++)
        {
            zone.Add($"1.2.0.192.in-addr.arpa 60 PTR nowhere{i}.test");
        }

        var resolver = new ZoneResolver(zone);
        Assert.Equal(SpfVerdict.Fail, (await resolver.DecideAsync(new SpfCheck(Subject()))).Verdict);
        Assert.Equal(12, resolver.Asked.Count);
    }

    private static SpfSubject Subject() => new(IPAddress.Parse("192.0.2.1"), "helo.test", "ann", "a.test", false, "us.test", DateTimeOffset.UnixEpoch);

    /// <summary>Never answers; whoever asks runs out of time.</summary>
    private sealed class EndlessResolver(CancellationTokenSource deadline) : IResolver
    {
        public async Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default)
        {
            await deadline.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
            throw new InvalidOperationException();
        }
    }

    /// <summary>Each name has a record that includes the next.</summary>
    private sealed class EndlessRecords : IResolver
    {
        public int Asked { get; private set; }

        public Task<DnsOutcome> ResolveAsync(DnsQuestion question, CancellationToken cancellation = default) => Task.FromResult<DnsOutcome>(
            new DnsFound([new TxtRecord(question.Name, 60, [$"v=spf1 include:i{++Asked}.test -all"])], TimeSpan.FromSeconds(60)) { Name = question.Name });
    }
}
