using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Protocol.Dns;

/// <summary>The names this machine gives to addresses: /etc/hosts (hosts(5)). They go before the DNS, for addresses and names of addresses alone.</summary>
public sealed class HostsFile
{
    private readonly FrozenDictionary<DnsName, ImmutableArray<IPAddress>> _addresses;
    private readonly FrozenDictionary<DnsName, DnsName> _names;

    private HostsFile(Dictionary<DnsName, ImmutableArray<IPAddress>> addresses, Dictionary<DnsName, DnsName> names)
    {
        _addresses = addresses.ToFrozenDictionary();
        _names = names.ToFrozenDictionary();
    }

    /// <summary>Nothing is named.</summary>
    public static HostsFile Empty { get; } = new([], []);

    /// <summary>Reads the text; lines that make no sense are passed over.</summary>
    public static HostsFile Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (addresses, names) = (new Dictionary<DnsName, ImmutableArray<IPAddress>>(), new Dictionary<DnsName, DnsName>());
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var comment = line.IndexOf('#');
            var words = (comment < 0 ? line : line[..comment]).ToString().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !IPAddress.TryParse(words[0], out var address))
            {
                continue;
            }

            foreach (var name in words.Skip(1).Select(DnsName.TryParse).OfType<DnsName>())
            {
                var known = addresses.GetValueOrDefault(name, []);
                addresses[name] = known.Contains(address) ? known : known.Add(address);
                names.TryAdd(DnsName.ReverseOf(address), name);
            }
        }

        return new HostsFile(addresses, names);
    }

    /// <summary>
    /// What the file says to a question; null: it does not name it. A name that stands in the file has only the addresses there.
    /// </summary>
    public DnsOutcome? Find(DnsQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var name = question.Name;
        if (question.Type == DnsType.Ptr)
        {
            return _names.TryGetValue(name, out var target) ? Found(name, [new PointerRecord(name, 0, DnsType.Ptr, target)]) : null;
        }

        if (question.Type is not (DnsType.A or DnsType.Aaaa))
        {
            return null;
        }

        var family = question.Type == DnsType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (!_addresses.TryGetValue(name, out var addresses))
        {
            return null;
        }

        DnsRecord[] records = [.. addresses.Where(a => a.AddressFamily == family).Select(a => new AddressRecord(name, 0, a))];
        return records.Length > 0 ? Found(name, records) : new DnsNoData(TimeSpan.Zero, question.Type) { Name = name };
    }

    private static DnsFound Found(DnsName name, DnsRecord[] records) => new([.. records], TimeSpan.Zero) { Name = name };
}
