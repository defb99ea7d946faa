using System.Net;
using System.Net.Sockets;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Spf;

/// <summary>RFC 7208 §5: which mechanism matches.</summary>
public sealed partial class SpfCheck
{
    private DnsType AddressType => _client.AddressFamily == AddressFamily.InterNetwork ? DnsType.A : DnsType.Aaaa;

    private IEnumerable<DnsQuestion> Evaluate(SpfTerm term, string domain)
    {
        switch (term.Mechanism)
        {
            case SpfMechanism.All:                                  // §5.1
                _hasMatched = true;
                return [];
            case SpfMechanism.Ip4 or SpfMechanism.Ip6:              // §5.6
                _hasMatched = IsWithin(_client, term.Network!, term);
                return [];
            default:
                return TakeTerm() ? LookedUp(term, domain) : [];
        }
    }

    private IEnumerable<DnsQuestion> LookedUp(SpfTerm term, string domain)
    {
        foreach (var question in Validate(term.Target?.NeedsValidatedName == true))
        {
            yield return question;
        }

        var target = Target(term.Target, domain);
        if (target is null && term.Mechanism != SpfMechanism.Include)
        {
            yield break;                                            // §4.8 leaves it open; what cannot be asked for does not exist
        }

        var steps = term.Mechanism switch
        {
            SpfMechanism.Include => Include(term, domain),
            SpfMechanism.A => Address(target!, term, AddressType),
            SpfMechanism.Exists => Exists(target!),
            SpfMechanism.Mx => Mx(target!, term),
            _ => Ptr(target!),
        };
        foreach (var question in steps)
        {
            yield return question;
        }
    }

    /// <summary>§5.2: matches where the other record says pass; errors are ours too.</summary>
    private IEnumerable<DnsQuestion> Include(SpfTerm term, string domain)
    {
        if (term.Target!.NeedsLocalPart && !_isPlainLocalPart)
        {
            yield break;                                            // RFC 8616 §4
        }

        foreach (var question in CheckHost(Expanded(term.Target, domain)))
        {
            yield return question;
        }

        var inner = _ending;
        _hasMatched = inner.Verdict == SpfVerdict.Pass;
        _ending = inner.Verdict switch
        {
            SpfVerdict.TempError or SpfVerdict.PermError => inner,
            SpfVerdict.None => new(SpfVerdict.PermError, $"{Shown(term.Text)} leads nowhere: {inner.Reason}"),
            _ => new(SpfVerdict.Neutral, ""),
        };
    }

    /// <summary>§5.3</summary>
    private IEnumerable<DnsQuestion> Address(DnsName name, SpfTerm term, DnsType type)
    {
        yield return new DnsQuestion(name, type);
        _hasMatched = Goes(name.ToString()) && Answer.Addresses.Any(a => IsWithin(_client, a, term));
    }

    /// <summary>§5.4: the hosts of MX records and nothing else: no implicit one.</summary>
    private IEnumerable<DnsQuestion> Mx(DnsName name, SpfTerm term)
    {
        yield return new DnsQuestion(name, DnsType.Mx);
        if (!Goes(name.ToString()) || Answer is not DnsFound found)
        {
            yield break;
        }

        var hosts = found.Records.OfType<MxRecord>().OrderBy(r => r.Preference).Select(r => r.Exchange).Where(h => !h.IsRoot).ToArray();
        if (hosts.Length > MostHosts)
        {
            _ending = new(SpfVerdict.PermError, $"{Shown(name.ToString())} has more than {MostHosts} MX records");
            yield break;
        }

        foreach (var host in hosts)
        {
            foreach (var question in Address(host, term, AddressType))
            {
                yield return question;
            }

            if (_hasMatched || _ending.Verdict is SpfVerdict.TempError or SpfVerdict.PermError)
            {
                yield break;
            }
        }
    }

    /// <summary>§5.5: slow, and of whoever holds the address: a failure of the DNS is no match, and nothing found is not counted against the domain.</summary>
    private IEnumerable<DnsQuestion> Ptr(DnsName target)
    {
        foreach (var question in Validate(isNeeded: true))
        {
            yield return question;
        }

        _hasMatched = _validated!.Any(n => n.IsAtOrBelow(target));
    }

    /// <summary>§5.7: whatever the client's address is, an A record is asked for.</summary>
    private IEnumerable<DnsQuestion> Exists(DnsName name)
    {
        yield return new DnsQuestion(name, DnsType.A);
        _hasMatched = Goes(name.ToString()) && Answer is DnsFound;
    }

    /// <summary>The names of the client's address which lead back to it, once for a whole check; of the first ten.</summary>
    private IEnumerable<DnsQuestion> Validate(bool isNeeded)
    {
        if (!isNeeded || _validated is not null)
        {
            yield break;
        }

        var names = new ReverseNames(_client);
        for (var question = names.Begin(); question is not null; question = names.Continue(Answer))
        {
            yield return question;
        }

        _validated = names.Result.Valid;
    }

    private static bool IsWithin(IPAddress client, IPAddress network, SpfTerm term)
    {
        if (client.AddressFamily != network.AddressFamily)
        {
            return false;
        }

        Span<byte> left = stackalloc byte[16], right = stackalloc byte[16];
        client.TryWriteBytes(left, out _);
        network.TryWriteBytes(right, out _);
        var bits = client.AddressFamily == AddressFamily.InterNetwork ? term.Prefix4 : term.Prefix6;
        var whole = bits / 8;
        return left[..whole].SequenceEqual(right[..whole]) && (bits % 8 == 0 || ((left[whole] ^ right[whole]) >> (8 - (bits % 8))) == 0);
    }
}
