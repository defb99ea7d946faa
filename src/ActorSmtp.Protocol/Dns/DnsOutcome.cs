using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Protocol.Dns;

/// <summary>Why nothing is known.</summary>
public enum DnsFailure
{
    /// <summary>No server answered in time, or none could be reached.</summary>
    NoAnswer,

    /// <summary>The servers could not find out (SERVFAIL): the domain's own servers are broken, or its signatures wrong.</summary>
    ServerFailure,

    /// <summary>The servers do not serve us (REFUSED, or a referral in place of an answer).</summary>
    Refused,

    /// <summary>What came makes no sense.</summary>
    BadAnswer,

    /// <summary>Aliases lead in a circle, or too far.</summary>
    AliasLoop,

    /// <summary>Too many questions wait already.</summary>
    Busy,
}

/// <summary>What came of a look-up. None of it is an exception: that a name does not exist is an answer, and that nobody knows is one too.</summary>
/// <param name="Ttl">How long it holds, from when it was given out.</param>
public abstract record DnsOutcome(TimeSpan Ttl)
{
    /// <summary>The resolver says it has verified it by DNSSEC, and is one to be believed (<c>dns.trust-ad</c>).</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>The name at the end of the aliases; the one asked for where there were none.</summary>
    public required DnsName Name { get; init; }

    /// <summary>Nothing is known now, and the same question may have an answer later.</summary>
    public bool IsTemporary => this is DnsFailed;

    /// <summary>The addresses in it, in the order of the answer.</summary>
    public IEnumerable<IPAddress> Addresses => this is DnsFound found ? found.Records.OfType<AddressRecord>().Select(r => r.Address) : [];
}

/// <summary>There are such records.</summary>
/// <param name="Records">At least one; all of the type asked for, all at <see cref="DnsOutcome.Name"/>.</param>
public sealed record DnsFound(ImmutableArray<DnsRecord> Records, TimeSpan Ttl) : DnsOutcome(Ttl)
{
    public override string ToString() => $"{Records.Length} {Words.Of(Records[0].Type)} at {Name}";
}

/// <summary>The name does not exist: NXDOMAIN.</summary>
public sealed record DnsNoName(TimeSpan Ttl) : DnsOutcome(Ttl)
{
    public override string ToString() => $"{Name} does not exist";
}

/// <summary>The name exists, and has no such record: NODATA (RFC 2308 §2.2).</summary>
public sealed record DnsNoData(TimeSpan Ttl, DnsType Type) : DnsOutcome(Ttl)
{
    public override string ToString() => $"{Name} has no {Words.Of(Type)} record";
}

/// <summary>Nobody knows.</summary>
/// <param name="Failure">Why.</param>
/// <param name="Detail">Which server did what; for the log and for people.</param>
public sealed record DnsFailed(DnsFailure Failure, string Detail, TimeSpan Ttl) : DnsOutcome(Ttl)
{
    /// <summary>Why, without naming our servers: fit to be told to anybody.</summary>
    public string Words => Failure switch
    {
        DnsFailure.NoAnswer => "no DNS server answers",
        DnsFailure.ServerFailure => "the DNS servers cannot find out",
        DnsFailure.Refused => "the DNS servers do not serve us",
        DnsFailure.BadAnswer => "what the DNS answers makes no sense",
        DnsFailure.AliasLoop => "its aliases lead in a circle, or too far",
        _ => "too many look-ups wait already",
    };

    public override string ToString() => Detail;
}
