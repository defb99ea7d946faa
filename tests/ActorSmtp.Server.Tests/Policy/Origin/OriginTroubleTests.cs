using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Server.Tests.Policy.Origin;

/// <summary>Whatever a DNS server does wrong on the wire: the resolver of the product between it and a whole server, and a reply in the end.</summary>
public sealed class OriginTroubleTests
{
    private const string Before = "220, 250, 220, 250, ";
    private const string Mail = "From: Ann <ann@example.com>\nSubject: one\n\nHello\n";

    public static TheoryData<string> Faults => [.. DnsFaults.Lasting.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_of_a_DNS_server_puts_mail_off_and_holds_nobody(string fault)
    {
        var world = new OriginWorld();
        var message = world.Signed(Mail);
        foreach (var (name, type, check, reply) in ((string, DnsType, string, string)[])
            [
                ("example.com", DnsType.Txt, "spf", "451 4.7.24"),
                ("1.2.0.192.in-addr.arpa", DnsType.Ptr, "iprev", "451 4.4.3"),
                ("s1._domainkey.example.com", DnsType.Txt, "dkim", "250 2.1.0, 250 2.1.5, 354, 451 4.7.5"),
                ("_dmarc.example.com", DnsType.Txt, "dmarc", "250 2.1.0, 250 2.1.5, 354, 451 4.4.3"),
            ])
        {
            var script = new DnsScript(world.Resolver.Zone).Always(name, type, DnsFaults.Lasting[fault]);
            await using var server = await OriginWorld.StartAsync(check, ResolverOf(script));

            Assert.StartsWith(Before + reply, await server.TalkAsync(OriginWorld.Dialogue(message)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_fault_that_passes_is_not_noticed()
    {
        var world = new OriginWorld();
        var script = new DnsScript(world.Resolver.Zone);
        foreach (var name in (string[])["example.com", "s1._domainkey.example.com", "_dmarc.example.com"])
        {
            script.Next(name, DnsType.Txt, DnsFaults.Silence);
        }

        await using var server = await OriginWorld.StartAsync("spf,dkim,dmarc", ResolverOf(script, attempts: 10));

        Assert.EndsWith("354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail))), StringComparison.Ordinal);
    }

    /// <summary>Two records, one that makes no sense, one that goes in a circle: permanent errors, which nobody is put off for.</summary>
    [Theory]
    [InlineData("example.com", "v=spf1 -all", "spf=permerror")]
    [InlineData("_dmarc.example.com", "v=DMARC1; p=none", "dmarc=permerror")]
    public async Task What_can_never_be_right_is_told_and_refused_by_nobody(string name, string second, string told)
    {
        var world = new OriginWorld();
        world.Resolver.Zone.Add($"{name} 60 TXT \"{second}\"");
        await using var server = await world.StartAsync("spf,dkim,dmarc");

        Assert.EndsWith("354, 250 2.0.0, 221 2.0.0", await server.TalkAsync(OriginWorld.Dialogue(world.Signed(Mail))), StringComparison.Ordinal);
        Assert.Contains(told, await server.Server.ReadOnlyMessageAsync("bob"), StringComparison.Ordinal);
    }

    /// <summary>One that asks a server which does what the script says.</summary>
    internal static Resolver ResolverOf(DnsScript script, int attempts = 2)
    {
        var network = new MemoryNameServers(TimeProvider.System).Add("127.0.0.1:53", script);
        var chance = new Random(1);
        return new Resolver(
            new ResolverOptions(
                [IPEndPoint.Parse("127.0.0.1:53")], TimeSpan.FromMilliseconds(100 * attempts / 2), Attempts: attempts, Rotate: false, Deadline: TimeSpan.FromSeconds(10), UsesHosts: false, CacheOctets: 1 << 20,
                ShortestTtl: TimeSpan.Zero, LongestTtl: TimeSpan.FromDays(1), LongestNegativeTtl: TimeSpan.FromHours(1), FailureTtl: TimeSpan.Zero, Questions: 64, Waiting: 1000, AdTrust.Auto),
            new ResolverPorts(network, new NoNameFiles(), TimeProvider.System, () =>
            {
                lock (chance)
                {
                    return (ulong)chance.NextInt64();
                }
            }));
    }
}
