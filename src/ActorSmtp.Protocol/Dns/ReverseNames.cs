using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Protocol.Dns;

/// <summary>The names of an address, and which of them lead back to it.</summary>
/// <param name="Claimed">As many as are looked at.</param>
/// <param name="Valid">Those that lead back.</param>
/// <param name="Failure">The first look-up that failed; null: none did.</param>
public sealed record ReverseNamesResult(ImmutableArray<DnsName> Claimed, ImmutableArray<DnsName> Valid, DnsFailed? Failure)
{
    /// <summary>The word for it in Authentication-Results (iprev, RFC 8601 §2.7.3).</summary>
    public string Word => !Valid.IsEmpty ? "pass" : Failure is not null ? "temperror" : Claimed.IsEmpty ? "permerror" : "fail";
}

/// <summary>Looks up the names of an address, and whether they lead back to it, of the first ten (RFC 7208 §5.5, RFC 8601 §3): eleven look-ups at most.</summary>
public sealed class ReverseNames(IPAddress address) : DnsDecision<ReverseNamesResult>
{
    private const int MostNames = 10;

    private readonly IPAddress _address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    protected override IEnumerable<DnsQuestion> Steps()
    {
        yield return new DnsQuestion(DnsName.ReverseOf(_address), DnsType.Ptr);
        var failure = Answer as DnsFailed;
        ImmutableArray<DnsName> names = Answer is DnsFound found
            ? [.. found.Records.OfType<PointerRecord>().Select(r => r.Target).Where(n => !n.IsRoot).Distinct().Take(MostNames)]
            : [];
        var valid = ImmutableArray.CreateBuilder<DnsName>();
        foreach (var name in names)
        {
            yield return new DnsQuestion(name, _address.AddressFamily == AddressFamily.InterNetwork ? DnsType.A : DnsType.Aaaa);
            failure ??= Answer as DnsFailed;
            if (Answer.Addresses.Any(a => a.Equals(_address)))
            {
                valid.Add(name);
            }
        }

        Conclude(new ReverseNamesResult(names, valid.ToImmutable(), failure));
    }
}
