using System.Collections.Immutable;
using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Server.Policy.Peers;

/// <summary>What a name leads to.</summary>
/// <param name="Addresses">Of the peer's kind where there are any, else of the other.</param>
/// <param name="HasMx">It takes mail; looked up where it has no address.</param>
/// <param name="Failure">The first look-up that failed; null: none did.</param>
internal sealed record HeloAddressesResult(ImmutableArray<IPAddress> Addresses, bool HasMx, DnsFailed? Failure);

/// <summary>Looks up what a name leads to: three look-ups at most.</summary>
internal sealed class HeloAddresses(DnsName name, bool ipv4) : DnsDecision<HeloAddressesResult>
{
    protected override IEnumerable<DnsQuestion> Steps()
    {
        DnsFailed? failure = null;
        foreach (var type in ipv4 ? (DnsType[])[DnsType.A, DnsType.Aaaa] : [DnsType.Aaaa, DnsType.A])
        {
            yield return new DnsQuestion(name, type);
            failure ??= Answer as DnsFailed;
            if (Answer.Addresses.ToImmutableArray() is { IsEmpty: false } addresses)
            {
                Conclude(new HeloAddressesResult(addresses, HasMx: false, failure));
                yield break;
            }

            if (Answer is DnsNoName)
            {
                break;                                  // there is nothing at all by this name
            }
        }

        if (Answer is DnsNoName)
        {
            Conclude(new HeloAddressesResult([], HasMx: false, failure));
            yield break;
        }

        yield return new DnsQuestion(name, DnsType.Mx);
        Conclude(new HeloAddressesResult([], Answer is DnsFound, failure ?? Answer as DnsFailed));
    }
}
