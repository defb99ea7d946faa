using System.Net;
using System.Text;
using ActorSmtp.Protocol.Dmarc;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Server.Policy.Origin;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>What is counted of mail in others' names: rows of a report, in bounds, over a restart.</summary>
public sealed class DmarcCountsTests
{
    private static readonly PublishedPolicy s_policy = new(DmarcPolicy.Reject, DmarcPolicy.Quarantine, true, false, 50);

    private readonly Clock _time = new();

    [Fact]
    public void Messages_that_agree_are_one_row()
    {
        var counts = new DmarcCounts(_time, "abc");
        counts.Add("far.test", s_policy, Row());
        counts.Add("far.test", s_policy, Row());
        counts.Add("far.test", s_policy, Row(address: "192.0.2.2"));
        counts.Add("other.test", s_policy, Row());

        var all = counts.Snapshot();
        Assert.Equal(["far.test 2,1", "other.test 1"], all.Select(s => $"{s.Domain} {string.Join(',', s.Rows.Select(r => r.Count))}"));
        Assert.Equal(3, counts.Rows);
    }

    [Fact]
    public void All_of_it_is_there_again_after_a_restart()
    {
        var before = new DmarcCounts(_time, "abc");
        before.Add("far.test", s_policy, Row());
        _time.Now += TimeSpan.FromDays(1);
        before.Add("far.test", s_policy, Row() with { Override = "local_policy", Comment = "arc=pass", Signatures = "far.test/s1/pass a.test/s2/fail", Sender = "", Helo = "mx.far.test" });
        before.Add("far.test", s_policy, Row());

        var after = new DmarcCounts(_time, "other");
        Assert.True(after.Read(before.Write(), _time.GetUtcNow()));

        Assert.Equal("abc", after.Own);
        Assert.Equal(Shown(before), Shown(after));
        Assert.Equal(3, after.Rows);
        _time.Now += TimeSpan.FromDays(2);
        Assert.Empty(after.Before(DateOnly.FromDateTime(_time.Now.UtcDateTime)));      // too old to be told
        Assert.Equal(0, after.Rows);
    }

    [Theory]
    [InlineData("")]
    [InlineData("actorsmtp dmarc-counts 1")]
    [InlineData("actorsmtp dmarc-counts 2\n")]
    [InlineData("actorsmtp dmarc-counts 1\nrow\t1\tfar.test\n")]
    [InlineData("actorsmtp dmarc-counts 1\nrow\t1\tfar.test\t1\t192.0.2.1\tnone\t1\t1\t\t\tfar.test\tfar.test\t\tpass\t\n")]
    [InlineData("actorsmtp dmarc-counts 1\npolicy\t1\tfar.test\tmaybe\tnone\t1\t1\t100\t0\n")]
    public void Octets_of_something_else_are_not_taken(string text)
    {
        var counts = new DmarcCounts(_time, "abc");

        Assert.False(counts.Read(Encoding.UTF8.GetBytes(text), _time.GetUtcNow()));

        Assert.Empty(counts.Snapshot());
    }

    [Fact]
    public void Whoever_sends_from_a_thousand_addresses_fills_its_own_domain_and_no_more()
    {
        var counts = new DmarcCounts(_time, "abc");
        for (var i = 0; i < DmarcCounts.MostRows + 500; i++)
        {
            counts.Add("evil.test", s_policy, Row(address: $"10.0.{i / 250}.{(i % 250) + 1}"));
        }

        counts.Add("far.test", s_policy, Row());

        var evil = counts.Of(Today, "evil.test")!;
        Assert.Equal((DmarcCounts.MostRows, 500, DmarcCounts.MostRows + 500), (evil.Rows.Length, evil.LeftOut, evil.Messages));
        Assert.Equal(500, counts.LeftOut);
        Assert.Single(counts.Of(Today, "far.test")!.Rows);
        Assert.InRange(counts.Write().Length, 1, 16 << 20);
    }

    [Fact]
    public void Whoever_makes_up_domains_does_not_fill_the_memory()
    {
        var counts = new DmarcCounts(_time, "abc");
        for (var i = 0; i < DmarcCounts.MostDomains + 100; i++)
        {
            counts.Add($"d{i}.evil.test", s_policy, Row());
        }

        Assert.Equal((DmarcCounts.MostDomains, 100), (counts.Snapshot().Length, counts.LeftOut));
        var after = new DmarcCounts(_time, "abc");
        Assert.True(after.Read(counts.Write(), _time.GetUtcNow()));
        Assert.Equal(DmarcCounts.MostDomains, after.Snapshot().Length);
    }

    private DateOnly Today => DateOnly.FromDateTime(_time.Now.UtcDateTime);

    private static AggregateRow Row(string address = "192.0.2.1") =>
        new(IPAddress.Parse(address), DmarcPolicy.None, true, false, "", "", "far.test", "news.far.test", "", SpfVerdict.Pass, "far.test/s1/pass");

    private static string Shown(DmarcCounts counts) =>
        string.Join('\n', counts.Snapshot().Select(s => $"{s.Day} {s.Domain} {s.Published} {s.LeftOut} {string.Join(';', s.Rows.Select(r => $"{r.Count}x{r.Row}").Order(StringComparer.Ordinal))}"));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
