using System.Net;
using System.Text.Json;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>The suite of openspf.org for RFC 7208: every case, one test each.</summary>
public sealed class OpenSpfTests
{
    private static readonly JsonDocument _suite = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Policy", "openspf", "rfc7208-tests.json")));

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var scenario in _suite.RootElement.EnumerateArray())
        {
            foreach (var test in scenario.GetProperty("tests").EnumerateArray())
            {
                cases.Add(scenario.GetProperty("description").GetString()!, test.GetProperty("id").GetString()!);
            }
        }

        return cases;
    }

    [Fact]
    public void The_suite_is_whole() => Assert.Equal(203, Cases().Count());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Says_what_the_suite_says(string scenario, string id)
    {
        var document = _suite.RootElement.EnumerateArray().Single(s => s.GetProperty("description").GetString() == scenario);
        var test = document.GetProperty("tests").EnumerateArray().Single(t => t.GetProperty("id").GetString() == id);
        var mailFrom = test.GetProperty("mailfrom").GetString()!;
        var helo = test.GetProperty("helo").GetString()!;
        var at = mailFrom.LastIndexOf('@');
        var client = IPAddress.Parse(test.GetProperty("host").GetString()!);
        var subject = mailFrom.Length == 0
            ? SpfSubject.OfHelo(client, helo, "receiver.test", DateTimeOffset.UnixEpoch)
            : new SpfSubject(client, helo, at < 0 ? "" : mailFrom[..at], mailFrom[(at + 1)..], false, "receiver.test", DateTimeOffset.UnixEpoch);

        var result = await Zone(document.GetProperty("zonedata")).DecideAsync(new SpfCheck(subject));

        var allowed = test.GetProperty("result").EnumerateArray().Select(r => r.GetString()).ToArray();
        Assert.True(allowed.Contains(result.Word), $"{result}, not {string.Join(" or ", allowed)}");
        if (test.TryGetProperty("explanation", out var explanation))
        {
            Assert.Equal(explanation.GetString() is "DEFAULT" ? null : explanation.GetString(), result.Explanation);
        }
    }

    /// <summary>Records of the former type SPF stand for TXT records where there are none of these, as the suite has it.</summary>
    private static ZoneResolver Zone(JsonElement data)
    {
        var zone = new TestZone();
        var resolver = new ZoneResolver(zone);
        foreach (var at in data.EnumerateObject())
        {
            var name = DnsName.Parse(at.Name);
            var entries = at.Value.EnumerateArray().ToArray();
            var records = entries.Where(e => e.ValueKind == JsonValueKind.Object).SelectMany(e => e.EnumerateObject()).ToArray();
            var hasTxt = records.Any(r => r.Name == "TXT");
            var types = new List<DnsType>();
            foreach (var (type, value) in records.Select(r => (r.Name, r.Value)))
            {
                if (type == "SPF" ? hasTxt : type == "TXT" && value.ValueKind == JsonValueKind.String && value.GetString() == "NONE")
                {
                    continue;
                }

                var record = Record(name, type, value);
                zone.Add(record);
                types.Add(record.Type);
            }

            if (entries.Any(e => e.ValueKind == JsonValueKind.String && e.GetString() == "TIMEOUT"))
            {
                foreach (var type in new[] { DnsType.A, DnsType.Aaaa, DnsType.Txt, DnsType.Mx, DnsType.Ptr }.Except(types))
                {
                    resolver.Fail(at.Name, type, DnsFailure.NoAnswer);
                }
            }
        }

        return resolver;
    }

    private static DnsRecord Record(DnsName name, string type, JsonElement value) => type switch
    {
        "A" or "AAAA" => new AddressRecord(name, 300, IPAddress.Parse(value.GetString()!)),
        "MX" => new MxRecord(name, 300, int.Parse(value[0].GetString()!), value[1].GetString() is { Length: > 0 } host ? DnsName.Parse(host) : DnsName.Root),
        "PTR" => new PointerRecord(name, 300, DnsType.Ptr, DnsName.Parse(value.GetString()!)),
        "CNAME" => new PointerRecord(name, 300, DnsType.Cname, DnsName.Parse(value.GetString()!)),
        _ => new TxtRecord(name, 300, value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(v => v.GetString()!)] : [value.GetString()!]),
    };
}
