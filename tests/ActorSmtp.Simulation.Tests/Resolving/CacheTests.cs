using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Simulation.Tests.Resolving;

/// <summary>What is known is kept as long as it holds, and not longer.</summary>
public sealed class CacheTests
{
    [Fact]
    public void An_answer_is_kept_until_its_time_is_over() => Names.Run("a.test 300 A 192.0.2.1", async (names, server) =>
    {
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
        await names.Wait(TimeSpan.FromSeconds(200));
        var known = await names.Ask("A.TEST");
        Assert.Equal(TimeSpan.FromSeconds(100), known.Ttl);
        Assert.Equal(1, server.Times("a.test", DnsType.A));
        server.Zone.Remove("a.test");
        server.Zone.Add("a.test 300 A 192.0.2.2");
        await names.Wait(TimeSpan.FromSeconds(100));
        Assert.Equal(["192.0.2.2"], await names.Addresses("a.test"));
        Assert.Equal(2, server.Times("a.test", DnsType.A));
    });

    [Fact]
    public void A_stale_answer_is_not_given_when_nobody_answers_any_more() => Names.Run("a.test 300 A 192.0.2.1", async (names, server) =>
    {
        await names.Ask("a.test");
        server.Otherwise(DnsFaults.Silence);
        await names.Wait(TimeSpan.FromSeconds(300));
        Assert.Equal(DnsFailure.NoAnswer, (await names.Fails("a.test")).Failed.Failure);
    });

    [Fact]
    public void That_there_is_none_is_kept_as_long_as_the_zone_says_and_the_settings_allow() => Names.Run(
        "b.a.test 300 A 192.0.2.1",
        async (names, server) =>
        {
            server.Zone.NegativeTtl = 100;
            Assert.IsType<DnsNoName>(await names.Ask("x.test"));
            Assert.IsType<DnsNoData>(await names.Ask("a.test"));
            server.Zone.NegativeTtl = 100_000;
            Assert.IsType<DnsNoName>(await names.Ask("y.test"));
            await names.Wait(TimeSpan.FromSeconds(99));
            await names.Ask("x.test");
            await names.Ask("a.test");
            Assert.Equal((1, 1), (server.Times("x.test", DnsType.A), server.Times("a.test", DnsType.A)));
            await names.Wait(TimeSpan.FromSeconds(1));
            await names.Ask("x.test");
            Assert.Equal(TimeSpan.FromSeconds(100), (await names.Ask("y.test")).Ttl);      // 200 s at most, of which half are gone
            Assert.Equal(2, server.Times("x.test", DnsType.A));
        },
        Names.Usual with { LongestNegativeTtl = TimeSpan.FromSeconds(200) });

    [Fact]
    public void None_without_a_word_how_long_is_not_kept() => Names.Run("", async (names, server) =>
    {
        server.Otherwise(DnsFaults.But(good => good with { Authorities = [] }));
        Assert.IsType<DnsNoName>(await names.Ask("x.test"));
        Assert.IsType<DnsNoName>(await names.Ask("x.test"));
        Assert.Equal(2, server.Times("x.test", DnsType.A));
    });

    [Fact]
    public void Times_are_brought_within_bounds() => Names.Run(
        """
        short.test 0 A 192.0.2.1
        long.test 1000000 A 192.0.2.1
        """,
        async (names, _) =>
        {
            Assert.Equal(TimeSpan.FromSeconds(10), (await names.Ask("short.test")).Ttl);
            Assert.Equal(TimeSpan.FromSeconds(1000), (await names.Ask("long.test")).Ttl);
        },
        Names.Usual with { ShortestTtl = TimeSpan.FromSeconds(10), LongestTtl = TimeSpan.FromSeconds(1000) });

    [Fact]
    public void An_answer_without_life_is_not_kept() => Names.Run("a.test 0 A 192.0.2.1", async (names, server) =>
    {
        await names.Ask("a.test");
        await names.Ask("a.test");
        Assert.Equal(2, server.Times("a.test", DnsType.A));
        Assert.Equal(0, names.Resolver.Counters.Cached);
    });

    [Fact]
    public void What_nobody_knew_is_not_asked_again_at_once() => Names.Run("a.test 300 A 192.0.2.1", async (names, server) =>
    {
        server.Next("a.test", DnsType.A, DnsFaults.ServerFailure);
        Assert.Equal(DnsFailure.ServerFailure, (await names.Fails("a.test")).Failed.Failure);
        await names.Wait(TimeSpan.FromSeconds(4));
        Assert.Equal(DnsFailure.ServerFailure, (await names.Fails("a.test")).Failed.Failure);
        Assert.Equal(1, server.Times("a.test", DnsType.A));
        await names.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
    });

    [Fact]
    public void Memory_is_bounded_and_what_was_not_asked_for_longest_goes() => Names.Run(
        string.Join('\n', Enumerable.Range(0, 200).Select(i => $"n{i}.test 3600 A 192.0.2.1")),
        async (names, server) =>
        {
            for (var i = 0; i < 200; i++)
            {
                await names.Ask($"n{i}.test");
                await names.Ask("n0.test");
                Assert.InRange(names.Resolver.Counters.CachedOctets, 1, 20_000);
            }

            Assert.InRange(names.Resolver.Counters.Cached, 10, 60);
            Assert.Equal(1, server.Times("n0.test", DnsType.A));
            await names.Ask("n199.test");
            Assert.Equal(1, server.Times("n199.test", DnsType.A));
            await names.Ask("n1.test");
            Assert.Equal(2, server.Times("n1.test", DnsType.A));
        },
        Names.Usual with { CacheOctets = 20_000 });

    [Fact]
    public void One_huge_answer_does_not_drive_out_all_others() => Names.Run("a.test 3600 A 192.0.2.1", async (names, server) =>
    {
        await names.Ask("a.test");
        server.Zone.Add(new TxtRecord(DnsName.Parse("huge.test"), 3600, [.. Enumerable.Repeat(new string('x', 255), 200)]));
        Assert.IsType<DnsFound>(await names.Ask("huge.test", DnsType.Txt));
        Assert.Equal(1, names.Resolver.Counters.Cached);
        await names.Ask("a.test");
        Assert.Equal(1, server.Times("a.test", DnsType.A));
    }, Names.Usual with { CacheOctets = 100_000 });

    [Fact]
    public void Without_a_cache_everything_is_asked() => Names.Run("a.test 3600 A 192.0.2.1", async (names, server) =>
    {
        await names.Ask("a.test");
        await names.Ask("a.test");
        Assert.Equal(2, server.Times("a.test", DnsType.A));
    }, Names.Usual with { CacheOctets = 0 });
}
