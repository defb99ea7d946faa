namespace ActorSmtp.Protocol.Dns;

/// <summary>The types of records that mail needs (RFC 1035 §3.2.2 and the registry); any other comes as an <see cref="OtherRecord"/>.</summary>
public enum DnsType
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A server of a zone.</summary>
    Ns = 2,

    /// <summary>Another name that this one stands for.</summary>
    Cname = 5,

    /// <summary>What a zone is like; says how long a negative answer holds (RFC 2308).</summary>
    Soa = 6,

    /// <summary>The name of an address.</summary>
    Ptr = 12,

    /// <summary>A host that takes a domain's mail.</summary>
    Mx = 15,

    /// <summary>Texts: SPF, DKIM, DMARC and the like.</summary>
    Txt = 16,

    /// <summary>An IPv6 address (RFC 3596).</summary>
    Aaaa = 28,

    /// <summary>No record: the extension of a message (RFC 6891).</summary>
    Opt = 41,

    /// <summary>Which certificate a server has (RFC 6698).</summary>
    Tlsa = 52,
}

/// <summary>How a server answered (RFC 1035 §4.1.1, RFC 6895 §2.3); with EDNS twelve bits.</summary>
public enum DnsResponseCode
{
    /// <summary>No error: the records, or none of this type.</summary>
    NoError = 0,

    /// <summary>The server could not read the question; some say so to EDNS.</summary>
    FormatError = 1,

    /// <summary>The server could not find out.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: the name does not exist.</summary>
    NameError = 3,

    /// <summary>The server does not know this kind of question.</summary>
    NotImplemented = 4,

    /// <summary>The server does not serve us.</summary>
    Refused = 5,

    /// <summary>The server does not know this version of EDNS (RFC 6891 §9).</summary>
    BadVersion = 16,
}

/// <summary>What is asked: records of a type at a name, in class IN.</summary>
public sealed record DnsQuestion(DnsName Name, DnsType Type)
{
    public override string ToString() => $"{Name} {Words.Of(Type)}";
}

/// <summary>Types as zone files write them.</summary>
internal static class Words
{
    public static string Of(DnsType type) => Enum.IsDefined(type) ? type.ToString().ToUpperInvariant() : $"TYPE{(int)type}";

    public static string Of(DnsResponseCode code) => code switch
    {
        DnsResponseCode.NoError => "NOERROR",
        DnsResponseCode.FormatError => "FORMERR",
        DnsResponseCode.ServerFailure => "SERVFAIL",
        DnsResponseCode.NameError => "NXDOMAIN",
        DnsResponseCode.NotImplemented => "NOTIMP",
        DnsResponseCode.Refused => "REFUSED",
        DnsResponseCode.BadVersion => "BADVERS",
        _ => $"RCODE{(int)code}",
    };
}
