using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Protocol.Dns;

/// <summary>A record of class IN, as an answer brought it.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Ttl">How long it may be kept, in seconds: 0 to 2³¹−1; what came with the highest bit set is 0 (RFC 2181 §8).</param>
public abstract record DnsRecord(DnsName Name, int Ttl)
{
    /// <summary>Its type.</summary>
    public abstract DnsType Type { get; }
}

/// <summary>A (RFC 1035 §3.4.1) and AAAA (RFC 3596 §2.2).</summary>
public sealed record AddressRecord(DnsName Name, int Ttl, IPAddress Address) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? DnsType.A : DnsType.Aaaa;
}

/// <summary>NS, CNAME and PTR (RFC 1035 §3.3): a name that points to another.</summary>
public sealed record PointerRecord(DnsName Name, int Ttl, DnsType Kind, DnsName Target) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => Kind;
}

/// <summary>MX (RFC 1035 §3.3.9).</summary>
/// <param name="Preference">0 to 65535; the lowest first.</param>
/// <param name="Exchange">The host; the root in a null MX (RFC 7505).</param>
public sealed record MxRecord(DnsName Name, int Ttl, int Preference, DnsName Exchange) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => DnsType.Mx;
}

/// <summary>TXT (RFC 1035 §3.3.14).</summary>
/// <param name="Strings">Its strings in order, at least one, each up to 255 octets; one character for each octet (Latin-1), so nothing is lost.</param>
public sealed record TxtRecord(DnsName Name, int Ttl, ImmutableArray<string> Strings) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => DnsType.Txt;

    /// <summary>All strings put together without anything between, as SPF (RFC 7208 §3.3) and DKIM (RFC 6376 §3.6.2.2) read them.</summary>
    public string Text => string.Concat(Strings);

    public bool Equals(TxtRecord? other) => other is not null && Name == other.Name && Ttl == other.Ttl && Strings.AsSpan().SequenceEqual(other.Strings.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Ttl, Strings.Length);
}

/// <summary>SOA (RFC 1035 §3.3.13).</summary>
/// <param name="Minimum">The most a negative answer may be kept, in seconds (RFC 2308 §4).</param>
public sealed record SoaRecord(
    DnsName Name, int Ttl, DnsName Primary, DnsName Mailbox, uint Serial, int Refresh, int Retry, int Expire, int Minimum) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => DnsType.Soa;
}

/// <summary>TLSA (RFC 6698 §2.1): which certificate, or key, a server has.</summary>
/// <param name="Usage">Whose certificate it is: 0 to 3.</param>
/// <param name="Selector">0: the whole certificate; 1: its public key.</param>
/// <param name="Matching">0: as it is; 1: SHA-256; 2: SHA-512.</param>
/// <param name="Data">What to compare with.</param>
public sealed record TlsaRecord(DnsName Name, int Ttl, byte Usage, byte Selector, byte Matching, ImmutableArray<byte> Data) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => DnsType.Tlsa;

    public bool Equals(TlsaRecord? other) => other is not null && Name == other.Name && Ttl == other.Ttl
        && (Usage, Selector, Matching) == (other.Usage, other.Selector, other.Matching) && Data.AsSpan().SequenceEqual(other.Data.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Ttl, Usage, Selector, Matching, Data.Length);
}

/// <summary>A record of a type that nobody here reads, or of another class than IN.</summary>
/// <param name="Kind">The number of its type.</param>
/// <param name="Class">The number of its class.</param>
/// <param name="Data">As it came.</param>
public sealed record OtherRecord(DnsName Name, int Ttl, DnsType Kind, int Class, ImmutableArray<byte> Data) : DnsRecord(Name, Ttl)
{
    public override DnsType Type => Kind;

    public bool Equals(OtherRecord? other) => other is not null && Name == other.Name && Ttl == other.Ttl
        && (Kind, Class) == (other.Kind, other.Class) && Data.AsSpan().SequenceEqual(other.Data.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Ttl, Kind, Class, Data.Length);
}
