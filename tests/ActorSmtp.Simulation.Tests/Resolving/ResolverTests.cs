using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Testing.Simulation;

namespace ActorSmtp.Simulation.Tests.Resolving;

/// <summary>Many questions at once, this machine's files, and runs that can be repeated.</summary>
public sealed class ResolverTests
{
    private const string Zone = "a.test 300 A 192.0.2.1";

    [Fact]
    public void Equal_questions_at_once_are_one() => Names.Run(Zone, async (names, server) =>
    {
        server.Otherwise(DnsFaults.Late(TimeSpan.FromSeconds(1)));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => names.Ask(i % 2 == 0 ? "a.test" : "A.Test")));
        Assert.All(outcomes, o => Assert.Equal(["192.0.2.1"], o.Addresses.Select(a => a.ToString())));
        Assert.Equal(1, server.Times("a.test", DnsType.A));
        Assert.Equal(99, names.Resolver.Counters.Joined);
    });

    [Fact]
    public void Questions_at_once_are_bounded_and_those_that_may_wait_too() => Names.Run(
        string.Join('\n', Enumerable.Range(0, 20).Select(i => $"n{i}.test 300 A 192.0.2.1")),
        async (names, server) =>
        {
            await names.Ask("looks-at-the-files.test");
            server.Otherwise(DnsFaults.Late(TimeSpan.FromSeconds(1)));
            var asked = Enumerable.Range(0, 20).Select(i => names.Ask($"n{i}.test")).ToArray();
            Assert.Equal(13, asked.Count(a => a.IsCompleted));                      // one too many at once: no answer, at once
            var outcomes = await Task.WhenAll(asked);
            Assert.Equal(7, outcomes.Count(o => o is DnsFound));
            Assert.Equal(13, outcomes.Count(o => o is DnsFailed { Failure: DnsFailure.Busy }));
            Assert.Equal(3, names.Network.MostOpen);
            var after = names.Resolver.Counters;
            Assert.Equal((0, 0), (after.Running, after.Waiting));
            Assert.IsType<DnsFound>(await names.Ask("n19.test"));                   // "busy" is not kept
        },
        Names.Usual with { Questions = 3, Waiting = 4 });

    [Fact]
    public void Ten_thousand_that_wait_do_not_fill_the_stack() => Names.Run(
        "",
        async (names, server) =>
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => names.Ask($"n{i}.test")));
            Assert.All(outcomes, o => Assert.IsType<DnsNoName>(o));
        },
        Names.Usual with { Questions = 1, Waiting = 10_000 });

    [Fact]
    public void Who_gives_up_does_not_take_the_answer_from_others() => Names.Run(Zone, async (names, server) =>
    {
        server.Otherwise(DnsFaults.Late(TimeSpan.FromSeconds(1)));
        using var impatience = new CancellationTokenSource();
        var patient = names.Ask("a.test");
        var impatient = names.Ask("a.test", cancellation: impatience.Token);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.IsType<DnsFound>(await patient);
    });

    [Fact]
    public void The_hosts_file_goes_before_the_DNS_and_MX_records_do_not_come_from_it() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation) { Files = new NameFileTexts("", "10.1.1.1 a.test") };
        var server = names.Serve(Names.First, Zone);
        Assert.Equal(["10.1.1.1"], await names.Addresses("a.test"));
        Assert.IsType<DnsNoData>(await names.Ask("a.test", DnsType.Aaaa));
        Assert.Empty(server.Asked);
        Assert.IsType<DnsNoData>(await names.Ask("a.test", DnsType.Mx));
        Assert.Single(server.Asked);
    });

    [Fact]
    public void Special_names_are_never_asked_for_and_the_hosts_file_may_name_them() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation) { Files = new NameFileTexts("", "10.1.1.1 db.localhost") };
        var server = names.Serve(Names.First, "secret.onion 60 A 192.0.2.1");
        Assert.Equal(["127.0.0.1"], await names.Addresses("localhost"));
        Assert.Equal(["10.1.1.1"], await names.Addresses("db.localhost"));
        Assert.IsType<DnsNoName>(await names.Ask("secret.onion"));
        Assert.IsType<DnsNoName>(await names.Ask("a.invalid", DnsType.Mx));
        Assert.Empty(server.Asked);
    });

    [Fact]
    public void The_hosts_file_can_be_left_out() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { UsesHosts = false }) { Files = new NameFileTexts("", "10.1.1.1 a.test") };
        names.Serve(Names.First, Zone);
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
        Assert.Equal(0, names.Looks);
    });

    [Fact]
    public void Servers_and_options_come_from_resolv_conf_where_the_settings_name_none() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [] })
        {
            Files = new NameFileTexts("nameserver 192.0.2.53\nnameserver 198.51.100.53\noptions timeout:1 attempts:3 trust-ad", ""),
        };
        var server = names.Serve(Names.First, Zone).Otherwise(DnsFaults.Silence);
        names.Serve(Names.Second, Zone).Otherwise(DnsFaults.Silence);
        var (failed, took) = await names.Fails("a.test");
        Assert.Equal(TimeSpan.FromSeconds(6), took);
        Assert.Equal("a.test A: 192.0.2.53: no answer in 1 s; 198.51.100.53: no answer in 1 s", failed.Detail);
        server.Otherwise(DnsFaults.None).Zone.IsSigned = true;
        await names.Wait(TimeSpan.FromSeconds(60));
        Assert.True((await names.Ask("a.test")).IsAuthentic);
    });

    [Fact]
    public void With_use_vc_everything_goes_over_TCP() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [] }) { Files = new NameFileTexts("nameserver 192.0.2.53\noptions use-vc", "") };
        var server = names.Serve(Names.First, Zone);
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
        Assert.True(Assert.Single(server.Asked).OverTcp);
    });

    [Fact]
    public void On_another_network_other_servers_are_asked_and_nothing_old_is_believed() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [] }) { Files = new NameFileTexts("nameserver 192.0.2.53", "") };
        names.Serve(Names.First, "a.test 300 A 192.0.2.1");
        names.Serve(Names.Second, "a.test 300 A 10.9.9.9");
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
        names.Files = new NameFileTexts("nameserver 198.51.100.53", "");
        await names.Wait(TimeSpan.FromSeconds(10));
        await names.Ask("a.test");                                                  // looks again, and does not wait for it
        await names.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(["10.9.9.9"], await names.Addresses("a.test"));
        Assert.Equal(2, names.Looks);
    });

    [Fact]
    public void Files_that_cannot_be_read_leave_what_counted_before() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [] }) { Files = new NameFileTexts("nameserver 192.0.2.53", "10.1.1.1 b.test") };
        names.Serve(Names.First, Zone);
        Assert.Equal(["10.1.1.1"], await names.Addresses("b.test"));
        names.FilesAreBroken = true;
        await names.Wait(TimeSpan.FromSeconds(60));
        await names.Ask("a.test");
        await names.Wait(TimeSpan.FromSeconds(1));
        Assert.Equal(["10.1.1.1"], await names.Addresses("b.test"));
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
    });

    [Fact]
    public void Without_files_from_the_beginning_this_machine_is_asked() => Simulated.Run(1, async simulation =>
    {
        var names = new Names(simulation, Names.Usual with { Servers = [] }) { FilesAreBroken = true };
        names.Serve("127.0.0.1:53", Zone);
        Assert.Equal(["192.0.2.1"], await names.Addresses("a.test"));
    });

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        foreach (var seed in Enumerable.Range(1, 20))
        {
            var once = Simulated.Run(seed, Storm);
            var again = Simulated.Run(seed, Storm);
            Assert.Equal((once.Count, once.Hash), (again.Count, again.Hash));
        }
    }

    /// <summary>Many questions, servers of which each answer is another fault: all end, none beyond its deadline and its turn.</summary>
    private static async Task Storm(Testing.Simulation.Simulation simulation)
    {
        var names = new Names(simulation, Names.TwoServers with { Questions = 8, Waiting = 1000 });
        DnsFault[] faults =
        [
            DnsFaults.None, DnsFaults.Silence, DnsFaults.ServerFailure, DnsFaults.Truncated, DnsFaults.TruncatedForEver, DnsFaults.Garbage, DnsFaults.WrongId, DnsFaults.WrongCase,
            DnsFaults.NoEdns, DnsFaults.Late(TimeSpan.FromSeconds(simulation.Random.Next(8))), DnsFaults.Again(3), DnsFaults.Refused, DnsFaults.Referral,
        ];
        foreach (var server in new[] { Names.First, Names.Second })
        {
            names.Serve(server, string.Join('\n', Enumerable.Range(0, 40).Select(i => $"n{i}.test 30 A 192.0.2.{i}"))).Otherwise(a => faults[simulation.Random.Next(faults.Length)](a));
        }

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            await names.Wait(TimeSpan.FromSeconds(i % 50));
            var at = i % 40;
            return (at, Outcome: await names.Ask($"n{at}.test"));
        }));
        Assert.All(outcomes, o => Assert.True(o.Outcome is DnsFailed || o.Outcome.Addresses.Single().ToString() == $"192.0.2.{o.at}"));
        Assert.Contains(outcomes, o => o.Outcome is DnsFound);
        Assert.Equal(0, names.Network.Open);
        Assert.InRange(names.Network.MostOpen, 2, 8);
    }
}
