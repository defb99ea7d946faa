using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Dns;

/// <summary>A question to a server or its answer (RFC 1035 §4), the OPT record taken out of the rest (RFC 6891).</summary>
public sealed record DnsMessage
{
    /// <summary>The longest message over TCP, and the longest that is read at all.</summary>
    public const int MaxOctets = 65_535;

    /// <summary>The most a message may hold over UDP without EDNS (RFC 1035 §4.2.1).</summary>
    public const int PlainUdpOctets = 512;

    /// <summary>What we say that we take over UDP: it goes through nearly every network in one piece (DNS flag day 2020).</summary>
    public const int OurUdpOctets = 1232;

    public required int Id { get; init; }

    /// <summary>QR: an answer.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>0 for a query.</summary>
    public int Opcode { get; init; }

    /// <summary>AA.</summary>
    public bool IsAuthoritative { get; init; }

    /// <summary>TC: there is more, to be had over TCP.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>RD: please find out.</summary>
    public bool WantsRecursion { get; init; }

    /// <summary>RA: the server finds out for others.</summary>
    public bool OffersRecursion { get; init; }

    /// <summary>AD: in an answer, the server has verified it (RFC 4035 §3.2.3); in a question, please say whether you have (RFC 6840 §5.7).</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>CD.</summary>
    public bool SkipsChecks { get; init; }

    /// <summary>RCODE with the eight bits of EDNS.</summary>
    public DnsResponseCode Code { get; init; }

    public ImmutableArray<DnsQuestion> Questions { get; init; } = [];

    public ImmutableArray<DnsRecord> Answers { get; init; } = [];

    public ImmutableArray<DnsRecord> Authorities { get; init; } = [];

    public ImmutableArray<DnsRecord> Additionals { get; init; } = [];

    /// <summary>The extension, or null where the message has none.</summary>
    public DnsEdns? Edns { get; init; }

    /// <summary>Equal when all members are; sections compared one by one.</summary>
    public bool Equals(DnsMessage? other) => other is not null
        && (Id, IsAnswer, Opcode, IsAuthoritative, IsTruncated, WantsRecursion) == (other.Id, other.IsAnswer, other.Opcode, other.IsAuthoritative, other.IsTruncated, other.WantsRecursion)
        && (OffersRecursion, IsAuthentic, SkipsChecks, Code, Edns) == (other.OffersRecursion, other.IsAuthentic, other.SkipsChecks, other.Code, other.Edns)
        && Questions.AsSpan().SequenceEqual(other.Questions.AsSpan())
        && Answers.AsSpan().SequenceEqual(other.Answers.AsSpan())
        && Authorities.AsSpan().SequenceEqual(other.Authorities.AsSpan())
        && Additionals.AsSpan().SequenceEqual(other.Additionals.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Id, Code, Questions.Length, Answers.Length);
}

/// <summary>The OPT pseudo-record without its options (RFC 6891 §6.1.3).</summary>
/// <param name="UdpOctets">What its sender takes over UDP.</param>
/// <param name="Version">0.</param>
/// <param name="WantsSignatures">DO (RFC 3225).</param>
public sealed record DnsEdns(int UdpOctets, int Version = 0, bool WantsSignatures = false);
