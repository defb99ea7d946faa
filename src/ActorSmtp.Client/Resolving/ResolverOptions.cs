using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Client.Resolving;

/// <summary>Whether a server's word that it verified an answer (AD) is believed. Whoever sits between it and us could have said so too.</summary>
public enum AdTrust
{
    /// <summary>From a server on this machine, or where resolv.conf says <c>trust-ad</c>.</summary>
    Auto,

    /// <summary>Always: the way to the servers is safe.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>How names are looked up; <c>actorsmtp.dns</c>.</summary>
/// <param name="Servers">Whom to ask; empty: whom resolv.conf names, whose own options then count before those here.</param>
/// <param name="Timeout">For one try with one server.</param>
/// <param name="Attempts">How often a server that does not answer is tried.</param>
/// <param name="Rotate">Another server first each time.</param>
/// <param name="Deadline">For one question altogether.</param>
/// <param name="UsesHosts">/etc/hosts goes before the DNS.</param>
/// <param name="CacheOctets">Memory for answers, about; 0: none are kept.</param>
/// <param name="ShortestTtl">Answers are kept at least so long.</param>
/// <param name="LongestTtl">And at most so long.</param>
/// <param name="LongestNegativeTtl">The most for "there is none".</param>
/// <param name="FailureTtl">How long nobody is asked again what nobody knew (RFC 9520).</param>
/// <param name="Questions">Questions asked at once.</param>
/// <param name="Waiting">Questions that may wait for their turn.</param>
/// <param name="TrustAd">Whether AD is believed.</param>
public sealed record ResolverOptions(
    ImmutableArray<IPEndPoint> Servers,
    TimeSpan Timeout,
    int Attempts,
    bool Rotate,
    TimeSpan Deadline,
    bool UsesHosts,
    long CacheOctets,
    TimeSpan ShortestTtl,
    TimeSpan LongestTtl,
    TimeSpan LongestNegativeTtl,
    TimeSpan FailureTtl,
    int Questions,
    int Waiting,
    AdTrust TrustAd);

/// <summary>What the resolver lives on.</summary>
/// <param name="Network">The sockets.</param>
/// <param name="Files">This machine's files on names.</param>
/// <param name="Time">The clock of TTLs and time-outs.</param>
/// <param name="Entropy">64 random bits: ids and letters' case. Whoever can foretell them can forge answers.</param>
public sealed record ResolverPorts(ActorSmtp.Transport.INameServers Network, INameFiles Files, TimeProvider Time, Func<ulong> Entropy);
