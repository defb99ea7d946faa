using System.Collections.Immutable;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Testing.Dns;

/// <summary>One thing that a server sends, some time after it was asked; null octets over TCP: it hangs up.</summary>
public readonly record struct DnsSending(TimeSpan After, byte[]? Octets);

/// <summary>A question as it arrived, and the good answer to it.</summary>
public sealed record DnsAsked(DnsMessage Query, DnsMessage Good, bool OverTcp, byte[] Octets);

/// <summary>What a DNS server does wrong (or right): from a question to what is sent for it.</summary>
public delegate IReadOnlyList<DnsSending> DnsFault(DnsAsked asked);

/// <summary>Every way in which a DNS server can be bad.</summary>
public static class DnsFaults
{
    /// <summary>The good answer; cut to what the asker takes where it is longer, as good servers do.</summary>
    public static DnsFault None { get; } = a => Send(Fit(a, a.Good));

    /// <summary>Nothing, ever.</summary>
    public static DnsFault Silence { get; } = _ => [];

    /// <summary>An error in place of an answer.</summary>
    public static DnsFault Code(DnsResponseCode code) => a => Send(Failure(a, code));

    /// <summary>SERVFAIL.</summary>
    public static DnsFault ServerFailure { get; } = Code(DnsResponseCode.ServerFailure);

    /// <summary>REFUSED.</summary>
    public static DnsFault Refused { get; } = Code(DnsResponseCode.Refused);

    /// <summary>NXDOMAIN, whatever there is.</summary>
    public static DnsFault NoName { get; } = a => Send(Failure(a, DnsResponseCode.NameError) with { Authorities = [Soa(a)] });

    /// <summary>No records, whatever there are.</summary>
    public static DnsFault NoData { get; } = a => Send(Failure(a, DnsResponseCode.NoError) with { Authorities = [Soa(a)] });

    /// <summary>TC over UDP, all of it over TCP.</summary>
    public static DnsFault Truncated { get; } = a => Send(a.OverTcp ? a.Good : a.Good with { IsTruncated = true, Answers = [] });

    /// <summary>TC over UDP, in an answer that ends in the midst of a record.</summary>
    public static DnsFault TruncatedAnywhere { get; } = a =>
        a.OverTcp ? Send(a.Good) : [new DnsSending(TimeSpan.Zero, DnsMessageWriter.Write(a.Good with { IsTruncated = true, Edns = null })[..^3])];

    /// <summary>TC over UDP, and over TCP it hangs up.</summary>
    public static DnsFault TruncatedForEver { get; } = a => a.OverTcp ? [new DnsSending(TimeSpan.Zero, null)] : Truncated(a);

    /// <summary>FORMERR to EDNS, good without.</summary>
    public static DnsFault NoEdns { get; } = a => Send(a.Query.Edns is null ? a.Good : Failure(a, DnsResponseCode.FormatError) with { Edns = null });

    /// <summary>FORMERR to EDNS with nothing but a header, as old servers do; good without.</summary>
    public static DnsFault NoEdnsBare { get; } = a => Send(a.Query.Edns is null ? a.Good : Failure(a, DnsResponseCode.FormatError) with { Edns = null, Questions = [] });

    /// <summary>Octets that are no message, with the right id.</summary>
    public static DnsFault Garbage { get; } = a => [new DnsSending(TimeSpan.Zero, [a.Octets[0], a.Octets[1], 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xC0, 0x0C, 1, 2, 3])];

    /// <summary>A few octets.</summary>
    public static DnsFault Short { get; } = a => [new DnsSending(TimeSpan.Zero, a.Octets[..5])];

    /// <summary>A good answer to another id.</summary>
    public static DnsFault WrongId { get; } = a => Send(a.Good with { Id = a.Good.Id ^ 1 });

    /// <summary>A good answer, but the name is in lower case.</summary>
    public static DnsFault WrongCase { get; } = a => Send(a.Good with { Questions = [a.Good.Questions[0] with { Name = a.Good.Questions[0].Name.ToLower() }] });

    /// <summary>A good answer to a question nobody asked.</summary>
    public static DnsFault WrongQuestion { get; } = a => Send(a.Good with { Questions = [new DnsQuestion(DnsName.Parse("other.invalid"), a.Good.Questions[0].Type)] });

    /// <summary>The question itself comes back.</summary>
    public static DnsFault Echo { get; } = a => [new DnsSending(TimeSpan.Zero, a.Octets)];

    /// <summary>A referral to the root's servers in place of an answer.</summary>
    public static DnsFault Referral { get; } = a => Send(Failure(a, DnsResponseCode.NoError) with
    {
        OffersRecursion = false,
        Authorities = [new PointerRecord(DnsName.Root, 3600, DnsType.Ns, DnsName.Parse("a.root-servers.net"))],
    });

    /// <summary>Those after which nobody can know the answer, by what they do.</summary>
    public static IReadOnlyDictionary<string, DnsFault> Lasting { get; } = new Dictionary<string, DnsFault>
    {
        ["SERVFAIL"] = ServerFailure,
        ["REFUSED"] = Refused,
        ["NOTIMP"] = Code(DnsResponseCode.NotImplemented),
        ["garbage"] = Garbage,
        ["cut for ever"] = TruncatedForEver,
        ["a referral"] = Referral,
        ["silence"] = Silence,
        ["other ids"] = WrongId,
        ["other questions"] = WrongQuestion,
        ["the question itself"] = Echo,
        ["five octets"] = Short,
    };

    /// <summary>Over TCP it hangs up without a word; over UDP it is good.</summary>
    public static DnsFault HangsUp { get; } = a => a.OverTcp ? [new DnsSending(TimeSpan.Zero, null)] : None(a);

    /// <summary>The good answer and, in front of it, what others answered.</summary>
    public static DnsFault After(DnsFault first, DnsFault then) => a => [.. first(a), .. then(a)];

    /// <summary>What it would have sent, later.</summary>
    public static DnsFault Late(TimeSpan by, DnsFault? fault = null) => a => [.. (fault ?? None)(a).Select(s => s with { After = s.After + by })];

    /// <summary>The good answer, several times.</summary>
    public static DnsFault Again(int times) => a => [.. Enumerable.Range(0, times).SelectMany(_ => None(a))];

    /// <summary>The good answer with something changed.</summary>
    public static DnsFault But(Func<DnsMessage, DnsMessage> change) => a => Send(change(a.Good));

    private static IReadOnlyList<DnsSending> Send(DnsMessage message) => [new DnsSending(TimeSpan.Zero, DnsMessageWriter.Write(message))];

    private static DnsMessage Failure(DnsAsked asked, DnsResponseCode code) => asked.Good with { Code = code, Answers = [], Authorities = [] };

    private static SoaRecord Soa(DnsAsked asked) => new(asked.Good.Questions[0].Name, 60, DnsName.Root, DnsName.Root, 1, 1, 1, 1, 60);

    private static DnsMessage Fit(DnsAsked asked, DnsMessage message) =>
        !asked.OverTcp && DnsMessageWriter.Write(message).Length > Math.Min(DnsMessage.OurUdpOctets, asked.Query.Edns?.UdpOctets ?? DnsMessage.PlainUdpOctets)
            ? message with { IsTruncated = true, Answers = ImmutableArray<DnsRecord>.Empty }
            : message;
}
