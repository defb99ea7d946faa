using System.Net;

namespace ActorSmtp.Protocol.Dns;

/// <summary>Names of which everything is known without asking, and that nobody should be asked for.</summary>
public static class SpecialNames
{
    private static readonly DnsName _localhost = DnsName.Parse("localhost");
    private static readonly DnsName[] _nowhere = [DnsName.Parse("invalid"), DnsName.Parse("onion")];

    /// <summary>
    /// <c>localhost</c> and what is below it is this machine (RFC 6761 §6.3); below <c>invalid</c> there is nothing (§6.4), nor is there anything below <c>onion</c> for the DNS
    /// (RFC 7686 §2). Null for any other name.
    /// </summary>
    public static DnsOutcome? Find(DnsQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var name = question.Name;
        if (name.IsAtOrBelow(_localhost))
        {
            return question.Type switch
            {
                DnsType.A => new DnsFound([new AddressRecord(name, 0, IPAddress.Loopback)], TimeSpan.Zero) { Name = name },
                DnsType.Aaaa => new DnsFound([new AddressRecord(name, 0, IPAddress.IPv6Loopback)], TimeSpan.Zero) { Name = name },
                _ => new DnsNoData(TimeSpan.Zero, question.Type) { Name = name },
            };
        }

        return Array.Exists(_nowhere, name.IsAtOrBelow) ? new DnsNoName(TimeSpan.Zero) { Name = name } : null;
    }
}
