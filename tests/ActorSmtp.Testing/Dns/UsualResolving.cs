using System.Net;
using ActorSmtp.Client.Resolving;

namespace ActorSmtp.Testing.Dns;

/// <summary>How resolvers of tests look names up, where a test says nothing else.</summary>
public static class UsualResolving
{
    /// <param name="servers">Whom to ask.</param>
    public static ResolverOptions Of(params string[] servers) => new(
        Servers: [.. servers.Select(IPEndPoint.Parse)],
        Timeout: TimeSpan.FromSeconds(5),
        Attempts: 2,
        Rotate: false,
        Deadline: TimeSpan.FromSeconds(30),
        UsesHosts: true,
        CacheOctets: 1 << 20,
        ShortestTtl: TimeSpan.Zero,
        LongestTtl: TimeSpan.FromDays(1),
        LongestNegativeTtl: TimeSpan.FromHours(1),
        FailureTtl: TimeSpan.FromSeconds(5),
        Questions: 100,
        Waiting: 100,
        TrustAd: AdTrust.Auto);
}
