using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ActorSmtp.Client.Policy;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Protocol.Spf;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Policy;

/// <summary>Records made by chance, judged by us and by Debian's pyspf: the same verdict.</summary>
public sealed class BesidePyspfTests
{
    private static readonly string[] _targets = ["a.test", "b.test", "c.test", "d.test", "gone.test", "broken.test", "mx.test"];

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Records_made_by_chance_get_the_same_verdict(int seed)
    {
        using var python = new DebianPython("spf", "python3-spf");
        var random = new Random(seed);
        var seen = new Dictionary<string, int>();
        for (var i = 0; i < 400; i++)
        {
            var zone = new TestZone();
            var records = new Dictionary<string, JsonArray>();
            foreach (var name in _targets[..4])
            {
                Put(name, "A", $"192.0.2.{random.Next(1, 5)}");
                Put(name, "AAAA", $"2001:db8::{random.Next(1, 5)}");
                if (random.Next(5) > 0)
                {
                    Put(name, "TXT", Record(random));
                }
            }

            Put("mx.test", "A", "192.0.2.1");
            Put("a.test", "MX", "10 mx.test");
            Put("b.test", "MX", "10 c.test");
            var resolver = new ZoneResolver(zone);
            foreach (var type in new[] { DnsType.A, DnsType.Aaaa, DnsType.Mx, DnsType.Txt })
            {
                resolver.Fail("broken.test", type);
            }

            records["broken.test"] = [new JsonArray("FAIL", "")];
            var ip = random.Next(3) == 0 ? $"2001:db8::{random.Next(1, 6)}" : $"192.0.2.{random.Next(1, 6)}";
            var subject = new SpfSubject(IPAddress.Parse(ip), "helo.a.test", "ann", "a.test", false, "receiver.test", DateTimeOffset.UnixEpoch);

            var ours = await resolver.DecideAsync(new SpfCheck(subject));
            var theirs = python.Ask("spf", new JsonObject
            {
                ["zone"] = new JsonObject(records.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value))),
                ["ip"] = ip,
                ["sender"] = "ann@a.test",
                ["helo"] = "helo.a.test",
            });

            if (theirs["explanation"]!.GetValue<string>().Contains("recursion", StringComparison.Ordinal))
            {
                continue;                                           // pyspf sees a record that includes itself before it evaluates; RFC 7208 has no such rule
            }

            seen[ours.Word] = seen.GetValueOrDefault(ours.Word) + 1;
            Assert.True(ours.Word == theirs["result"]!.GetValue<string>(), $"{i}: {ours}; pyspf: {theirs["result"]} {theirs["explanation"]}\n{ip} {new JsonObject(records.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Value!.DeepClone())))}");

            void Put(string name, string type, string value)
            {
                zone.Add(type == "TXT" ? $"{name} 300 TXT \"{value}\"" : $"{name} 300 {type} {value}");
                if (!records.TryGetValue(name, out var list))
                {
                    records[name] = list = [];
                }

                list.Add(new JsonArray(type, type == "MX" ? new JsonArray(int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture), value.Split(' ')[1]) : value));
            }
        }

        Assert.True(seen.Count >= 6, $"only {string.Join(", ", seen.Keys)} were seen");
    }

    /// <summary>A record that is mostly right.</summary>
    private static string Record(Random random)
    {
        var terms = new List<string> { "v=spf1" };
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var target = _targets[random.Next(_targets.Length)];
            var qualifier = new[] { "", "", "+", "-", "~", "?" }[random.Next(6)];
            terms.Add(random.Next(24) switch
            {
                0 or 1 => $"{qualifier}a",
                2 or 3 => $"{qualifier}a:{target}",
                4 => $"{qualifier}a:{target}/{random.Next(28, 33)}//{random.Next(120, 129)}",
                5 => $"{qualifier}mx",
                6 => $"{qualifier}mx:{target}/30",
                7 or 8 or 9 => $"{qualifier}include:{target}",
                10 or 11 => $"{qualifier}ip4:192.0.2.{random.Next(1, 6)}",
                12 => $"{qualifier}ip4:192.0.2.0/{random.Next(28, 33)}",
                13 => $"{qualifier}ip6:2001:db8::{random.Next(1, 6)}",
                14 => $"{qualifier}exists:{target}",
                15 => $"{qualifier}exists:%{{d1r}}.test",
                16 => $"{qualifier}a:%{{o}}",
                17 => $"redirect={target}",
                18 => $"x-other{i}=%{{l}}.{target}",
                19 => $"{qualifier}ip4:192.0.2.0/{random.Next(24, 40)}",
                20 => random.Next(6) == 0 ? "ip4:192.0.2" : $"{qualifier}ip4:192.0.2.9",
                21 => random.Next(6) == 0 ? "include" : $"{qualifier}a:mx.test",
                _ => $"{qualifier}ip4:192.0.2.{random.Next(1, 6)}",
            });
        }

        if (random.Next(3) > 0)
        {
            terms.Add(new[] { "-all", "~all", "?all", "+all" }[random.Next(4)]);
        }

        return string.Join(' ', terms);
    }
}
