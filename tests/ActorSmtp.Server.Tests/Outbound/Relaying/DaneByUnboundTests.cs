using ActorSmtp.Client.Resolving;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Testing.Dns;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>DANE where signatures are real: what a validating resolver says of them decides whether a server is believed, asked for TLS, or left for later.</summary>
public sealed class DaneByUnboundTests(SignedZone zone) : RelayTestKit, IClassFixture<SignedZone>
{
    [SkippableTheory]
    [InlineData("good.signed.example", "Delivered 2.0.0", "dane")]
    [InlineData("wrong.signed.example", "Later 4.7.5", "dane")]
    [InlineData("plain.signed.example", "Delivered 2.0.0", "opportunistic")]           // that there are no records is signed too
    [InlineData("host.signed.example", "Later 4.4.3", null)]                            // a false address: nothing goes there
    [InlineData("forged.signed.example", "Later 4.7.5", "dane")]                        // false records
    [InlineData("hosted.signed.example", "Delivered 2.0.0", "dane")]                    // RFC 7672 §2.2.2: a signed alias into a zone that is not
    [InlineData("unsigned.example", "Delivered 2.0.0", "opportunistic")]                // its records do not count, and would be wrong
    public void What_is_signed_counts(string domain, string outcome, string? policy)
    {
        Skip.If(SignedZone.Missing is not null, SignedZone.Missing);
        Resolver = RealResolver.Of(RealResolver.Patience, zone.Server);
        var certificate = TlsCertificate.Of(zone.Certificate);
        foreach (var address in (string[])["192.0.2.1:25", "192.0.2.66:25"])
        {
            var peer = Peer(address);
            peer.Tls = new TlsServerOptions { Certificate = _ => certificate };
            peer.Offers = [.. peer.Offers, "STARTTLS"];
        }

        Assert.Equal(outcome, Show(Assert.Single(Try(Errand($"ann@{domain}"), out var reports))));
        Assert.Equal(policy, reports[^1].TlsPolicy);
        Assert.Equal(policy == "dane" && outcome[0] == 'D', reports[^1].Tls is { CertificateProblem: null });
    }

    [SkippableFact]
    public async Task The_resolver_tells_signed_unsigned_and_false_apart()
    {
        Skip.If(SignedZone.Missing is not null, SignedZone.Missing);
        var resolver = RealResolver.Of(RealResolver.Patience, zone.Server);
        Assert.True(Assert.IsType<DnsFound>(await Ask(resolver, "_25._tcp.mxg.signed.example", DnsType.Tlsa)).IsAuthentic);
        Assert.True(Assert.IsType<DnsNoName>(await Ask(resolver, "_25._tcp.mxp.signed.example", DnsType.Tlsa)).IsAuthentic);
        Assert.False(Assert.IsType<DnsFound>(await Ask(resolver, "unsigned.example", DnsType.Mx)).IsAuthentic);
        Assert.False(Assert.IsType<DnsFound>(await Ask(resolver, "mxa.signed.example", DnsType.A)).IsAuthentic);
        Assert.True(Assert.IsType<DnsFound>(await Ask(resolver, "mxa.signed.example", DnsType.Cname)).IsAuthentic);
        Assert.Equal(DnsFailure.ServerFailure, Assert.IsType<DnsFailed>(await Ask(resolver, "mxh.signed.example", DnsType.A)).Failure);
        Assert.Equal(DnsFailure.ServerFailure, Assert.IsType<DnsFailed>(await Ask(resolver, "_25._tcp.mxf.signed.example", DnsType.Tlsa)).Failure);
    }

    private static Task<DnsOutcome> Ask(Resolver resolver, string name, DnsType type) => resolver.ResolveAsync(new DnsQuestion(DnsName.Parse(name), type));
}
