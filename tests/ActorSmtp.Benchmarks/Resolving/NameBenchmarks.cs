using System.Diagnostics;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Benchmarks.Resolving;

/// <summary>What it costs to know a name, and to ask for one over loopback (a server of ours in the same process, so about half of that is its work).</summary>
internal static class NameBenchmarks
{
    private const int Known = 1_000_000;
    private const int Asked = 4000;

    public static double NanosecondsOfAKnownAnswer()
    {
        var zone = TestZone.Parse("example.test 3600 MX 10 mx1.example.test");
        var network = new MemoryNameServers(TimeProvider.System).Add("127.0.0.1:53", new DnsScript(zone));
        var resolver = Of(network, new IPEndPoint(IPAddress.Loopback, 53));
        var question = new DnsQuestion(DnsName.Parse("example.test"), DnsType.Mx);
        resolver.ResolveAsync(question).GetAwaiter().GetResult();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Known; i++)
        {
            resolver.ResolveAsync(question);
        }

        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / Known;
    }

    public static double ThousandQuestionsASecond()
    {
        var server = DnsTestServer.Start(string.Join('\n', Enumerable.Range(0, Asked).Select(i => $"n{i}.test 300 A 10.0.{i / 250}.{i % 250}")));
        var resolver = Of(new NameServerSockets(), server.EndPoint);
        var began = Stopwatch.GetTimestamp();
        Task.WhenAll(Enumerable.Range(0, Asked).Select(i => resolver.ResolveAsync(new DnsQuestion(DnsName.Parse($"n{i}.test"), DnsType.A)))).GetAwaiter().GetResult();
        var took = Stopwatch.GetElapsedTime(began);
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return Asked / took.TotalSeconds / 1000;
    }

    public static Resolver Of(INameServers network, IPEndPoint server) => new(
        new ResolverOptions(
            [server], TimeSpan.FromSeconds(1), 5, false, TimeSpan.FromSeconds(60), false, 64 << 20, TimeSpan.Zero, TimeSpan.FromDays(1), TimeSpan.FromHours(1),
            TimeSpan.Zero, 64, 100_000, AdTrust.Auto),
        new ResolverPorts(network, new NoNameFiles(), TimeProvider.System, () => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue)));
}
