using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Server.Settings;

/// <summary>Reads how names are looked up: the section <c>dns</c>.</summary>
internal static class DnsSettings
{
    private const string ServerExpected = "the address of a DNS server: 192.0.2.53, 192.0.2.53:5353, 2001:db8::53 or [2001:db8::53]:5353";

    public static ResolverOptions From(SettingsReader r)
    {
        var options = new ResolverOptions(
            Servers: [.. r.ParsedList("servers", ServerExpected, Server)],
            Timeout: r.Duration("timeout", TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)),
            Attempts: r.Int("attempts", min: 1, max: 5),
            Rotate: r.Flag("rotate"),
            Deadline: r.Duration("deadline", TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(2)),
            UsesHosts: r.Flag("hosts"),
            CacheOctets: r.Bytes("cache-size", min: 0, max: 4L << 30),
            ShortestTtl: r.Duration("shortest-ttl", TimeSpan.Zero, TimeSpan.FromHours(1)),
            LongestTtl: r.Duration("longest-ttl", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            LongestNegativeTtl: r.Duration("longest-negative-ttl", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            FailureTtl: r.Duration("failure-ttl", TimeSpan.Zero, TimeSpan.FromMinutes(5)),               // RFC 9520
            Questions: r.Int("questions", min: 1, max: 10_000),
            Waiting: r.Int("waiting", min: 0, max: 1_000_000),
            TrustAd: r.Choice("trust-ad", ("auto", AdTrust.Auto), ("on", AdTrust.On), ("off", AdTrust.Off)));
        if (options.Servers.Length > ResolvConf.MostServers)
        {
            r.Refuse("servers", $"expected at most {ResolvConf.MostServers} servers: each that does not answer costs its time-out");
        }

        if (options.ShortestTtl > options.LongestTtl || options.ShortestTtl > options.LongestNegativeTtl)
        {
            r.Refuse("shortest-ttl", "expected no more than longest-ttl and longest-negative-ttl");
        }

        if (options.Deadline < options.Timeout)
        {
            r.Refuse("deadline", "expected no less than timeout: else no try could last as long");
        }

        return options;
    }

    // Four numbers or colons, else "1" would be 0.0.0.1.
    private static IPEndPoint? Server(string text) => text.Count(c => c is '.' or ':') >= 2 && IPEndPoint.TryParse(text, out var server)
        ? new IPEndPoint(server.Address, server.Port == 0 ? ResolvConf.DnsPort : server.Port)
        : null;
}
