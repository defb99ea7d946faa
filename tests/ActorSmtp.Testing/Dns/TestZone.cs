using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Testing.Dns;

/// <summary>
/// What a recursive resolver of a test knows: records as lines <c>NAME TTL TYPE DATA</c> (A, AAAA, MX, TXT with quoted strings, PTR, CNAME, NS, TLSA in hex). A name of
/// which nothing is known does not exist; one that only has names below it does, without records. Aliases are followed. Negative answers hold a minute.
/// </summary>
public sealed class TestZone
{
    private static readonly DnsName _nobody = DnsName.Parse("hostmaster.invalid");

    private readonly Dictionary<DnsName, List<DnsRecord>> _records = [];

    /// <summary>Whether answers say that they were verified.</summary>
    public bool IsSigned { get; set; }

    /// <summary>Zones within it whose answers say that they were not, also where an alias leads there.</summary>
    public HashSet<DnsName> Unsigned { get; } = [];

    /// <summary>How long negative answers hold, in seconds.</summary>
    public int NegativeTtl { get; set; } = 60;

    /// <summary>Reads records; lines that are empty or begin with <c>;</c> do not count.</summary>
    public static TestZone Parse(string text)
    {
        var zone = new TestZone();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith(';')))
        {
            zone.Add(line);
        }

        return zone;
    }

    /// <summary>Adds one record.</summary>
    public void Add(string line)
    {
        var words = line.Split((char[])[' ', '\t'], 4, StringSplitOptions.RemoveEmptyEntries);
        var (name, ttl, data) = (DnsName.Parse(words[0]), int.Parse(words[1], CultureInfo.InvariantCulture), words[3].Trim());
        Add(words[2].ToUpperInvariant() switch
        {
            "A" or "AAAA" => new AddressRecord(name, ttl, IPAddress.Parse(data)),
            "CNAME" => new PointerRecord(name, ttl, DnsType.Cname, DnsName.Parse(data)),
            "PTR" => new PointerRecord(name, ttl, DnsType.Ptr, DnsName.Parse(data)),
            "NS" => new PointerRecord(name, ttl, DnsType.Ns, DnsName.Parse(data)),
            "MX" when data.Split(' ', 2) is [var preference, var exchange] =>
                new MxRecord(name, ttl, int.Parse(preference, CultureInfo.InvariantCulture), DnsName.Parse(exchange.Trim())),
            "TXT" => new TxtRecord(name, ttl, [.. data.Split('"').Where((_, i) => i % 2 == 1)]),
            "TLSA" when data.Split(' ') is [var usage, var selector, var matching, var hex] => new TlsaRecord(
                name, ttl, byte.Parse(usage, CultureInfo.InvariantCulture), byte.Parse(selector, CultureInfo.InvariantCulture),
                byte.Parse(matching, CultureInfo.InvariantCulture), [.. Convert.FromHexString(hex)]),
            _ => throw new FormatException($"Not a record of a test's zone: {line}"),
        });
    }

    /// <summary>Adds one record.</summary>
    public void Add(DnsRecord record)
    {
        if (!_records.TryGetValue(record.Name, out var at))
        {
            _records[record.Name] = at = [];
        }

        at.Add(record);
    }

    /// <summary>Takes back all records of a name.</summary>
    public void Remove(string name) => _records.Remove(DnsName.Parse(name));

    /// <summary>A good answer to a question, with everything that belongs in it.</summary>
    public DnsMessage Answer(DnsMessage query)
    {
        var question = query.Questions[0];
        var answers = ImmutableArray.CreateBuilder<DnsRecord>();
        var name = question.Name;
        for (var i = 0; i < 20; i++)
        {
            var here = _records.GetValueOrDefault(name, []);
            var wanted = here.Where(r => r.Type == question.Type).ToArray();
            answers.AddRange(wanted);
            if (wanted.Length > 0 || here.OfType<PointerRecord>().FirstOrDefault(r => r.Type == DnsType.Cname) is not { } alias)
            {
                break;
            }

            answers.Add(alias);
            name = alias.Target;
        }

        var found = answers.Any(r => r.Type == question.Type);
        var exists = _records.Keys.Any(n => n.IsAtOrBelow(name));
        var top = name.IsRoot ? name : Top(name);
        return new DnsMessage
        {
            Id = query.Id,
            IsAnswer = true,
            WantsRecursion = query.WantsRecursion,
            OffersRecursion = true,
            IsAuthentic = IsSigned && !answers.Select(r => r.Name).Append(name).Any(n => Unsigned.Any(n.IsAtOrBelow)),
            Code = found || exists ? DnsResponseCode.NoError : DnsResponseCode.NameError,
            Questions = query.Questions,
            Answers = answers.ToImmutable(),
            Authorities = found ? [] : [new SoaRecord(top, 3600, _nobody, _nobody, 1, 3600, 600, 86_400, NegativeTtl)],
            Edns = query.Edns is null ? null : new DnsEdns(DnsMessage.OurUdpOctets),
        };
    }

    private static DnsName Top(DnsName name)
    {
        while (name.Parent is { IsRoot: false } parent)
        {
            name = parent;
        }

        return name;
    }
}
