using System.Net;
using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Client.Tests.Resolving;

/// <summary>A real resolver, unbound from Debian, with a zone of its own; it asks nobody else.</summary>
public sealed class UnboundTests : IAsyncLifetime
{
    private Unbound? _unbound;

    public async Task InitializeAsync() => _unbound = Unbound.IsInstalled
        ? await Unbound.StartAsync("iterator", Known, "", new DnsQuestion(DnsName.Parse("example.test"), DnsType.Mx), Directory.CreateTempSubdirectory("actorsmtp-unbound-"))
        : null;

    public async Task DisposeAsync()
    {
        if (_unbound is not null)
        {
            await _unbound.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task Every_kind_of_answer_is_understood()
    {
        Skip.If(_unbound is null, Unbound.NotInstalled);
        var resolver = RealResolver.Of(RealResolver.Patience, _unbound.Server);

        var mx = Assert.IsType<DnsFound>(await Ask(resolver, "example.test", DnsType.Mx));
        Assert.Equal([(10, "mx1.example.test"), (20, "mx2.example.test")], mx.Records.Cast<MxRecord>().OrderBy(r => r.Preference).Select(r => (r.Preference, r.Exchange.ToLower().ToString())));
        Assert.Equal(TimeSpan.FromMinutes(5), mx.Ttl);
        Assert.Equal(["192.0.2.1"], (await Ask(resolver, "MX1.example.test", DnsType.A)).Addresses.Select(a => a.ToString()));
        Assert.Equal(["2001:db8::1"], (await Ask(resolver, "mx1.example.test", DnsType.Aaaa)).Addresses.Select(a => a.ToString()));
        Assert.Equal("v=spf1 -all", Assert.IsType<TxtRecord>(Assert.Single(Assert.IsType<DnsFound>(await Ask(resolver, "example.test", DnsType.Txt)).Records)).Text);
        Assert.Equal(["192.0.2.1"], (await Ask(resolver, "www.example.test", DnsType.A)).Addresses.Select(a => a.ToString()));
        var noName = Assert.IsType<DnsNoName>(await Ask(resolver, "x.example.test", DnsType.A));
        Assert.Equal(TimeSpan.FromSeconds(120), noName.Ttl);
        Assert.IsType<DnsNoData>(await Ask(resolver, "mx1.example.test", DnsType.Mx));
        var pointer = Assert.IsType<DnsFound>(await Ask(resolver, DnsName.ReverseOf(IPAddress.Parse("192.0.2.1")).ToString(), DnsType.Ptr));
        Assert.Equal("mx1.example.test", Assert.IsType<PointerRecord>(Assert.Single(pointer.Records)).Target.ToString());
        var tlsa = Assert.IsType<DnsFound>(await Ask(resolver, "_25._tcp.mx1.example.test", DnsType.Tlsa));
        Assert.Equal((3, 1, 1, 32), Assert.IsType<TlsaRecord>(Assert.Single(tlsa.Records)) is var r ? (r.Usage, r.Selector, r.Matching, r.Data.Length) : default);
        Assert.Equal(DnsFailure.Refused, Assert.IsType<DnsFailed>(await Ask(resolver, "refused.test", DnsType.A)).Failure);
        Assert.Equal(40, Assert.IsType<DnsFound>(await Ask(resolver, "big.example.test", DnsType.Txt)).Records.Length);       // over TCP
    }

    private static Task<DnsOutcome> Ask(Resolver resolver, string name, DnsType type) => resolver.ResolveAsync(new DnsQuestion(DnsName.Parse(name), type));

    private static string Known => $"""
          local-zone: "refused.test." refuse
          local-zone: "example.test." static
          local-data: "example.test. 3600 IN SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 120"
          local-data: "example.test. 300 IN MX 10 mx1.example.test."
          local-data: "example.test. 300 IN MX 20 mx2.example.test."
          local-data: 'example.test. 300 IN TXT "v=spf1 -all"'
          local-data: "mx1.example.test. 300 IN A 192.0.2.1"
          local-data: "mx1.example.test. 300 IN AAAA 2001:db8::1"
          local-data: "mx2.example.test. 300 IN A 192.0.2.2"
          local-data: "www.example.test. 300 IN CNAME mx1.example.test."
          local-data: "_25._tcp.mx1.example.test. 300 IN TLSA 3 1 1 {new string('a', 64)}"
          local-data-ptr: "192.0.2.1 300 mx1.example.test"
        {string.Join('\n', Enumerable.Range(0, 40).Select(i => $"  local-data: 'big.example.test. 300 IN TXT \"{i} {new string('x', 200)}\"'"))}
        """;
}
