using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Dns;

/// <summary>A resolver with real sockets and the real clock, and no files.</summary>
public static class RealResolver
{
    /// <summary>More than any answer takes, however busy the machine is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks these servers.</summary>
    /// <param name="timeout">For one try with one of them.</param>
    public static Resolver Of(TimeSpan timeout, params ImmutableArray<IPEndPoint> servers) => On(new NameServerSockets(), timeout, servers);

    /// <summary>Asks these servers over this network.</summary>
    public static Resolver On(INameServers network, TimeSpan timeout, params ImmutableArray<IPEndPoint> servers)
    {
        var chance = new Random(1);
        return new Resolver(
            new ResolverOptions(
                servers, timeout, Attempts: 2, Rotate: false, Deadline: Patience * 3, UsesHosts: false, CacheOctets: 1 << 20, ShortestTtl: TimeSpan.Zero,
                LongestTtl: TimeSpan.FromDays(1), LongestNegativeTtl: TimeSpan.FromHours(1), FailureTtl: TimeSpan.Zero, Questions: 64, Waiting: 10_000, AdTrust.Auto),
            new ResolverPorts(network, new NoNameFiles(), TimeProvider.System, () =>
            {
                lock (chance)
                {
                    return (ulong)chance.NextInt64(long.MinValue, long.MaxValue);
                }
            }));
    }
}
