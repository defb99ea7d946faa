using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Server.Tests.Certificates;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>TLS on the way to others: as it comes, as it was before, as the destination publishes, as the message asks.</summary>
public sealed class TlsToOthersTests : RelayTestKit
{
    private const string Sts = "https://mta-sts.far.test/.well-known/mta-sts.txt";

    [Fact]
    public void TLS_is_taken_where_it_is_offered_whatever_the_certificate()
    {
        var peer = Secure(Peer("192.0.2.1:25"), Issued.For("other.test"));
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.NotNull(reports[0].Tls!.CertificateProblem);
        Assert.Equal("opportunistic", reports[0].TlsPolicy);
        Assert.Equal(2, peer.Times("EHLO"));
        Assert.Equal((1, 0, 0), (Reports.Succeeded, Reports.Failed, Reports.InClear));
    }

    [Theory]
    [InlineData("454 4.7.0 not now")]
    [InlineData("501 5.5.4 no")]
    [InlineData("DROP")]
    public void Without_a_handshake_it_goes_on_in_clear_or_to_the_next_host(string answer)
    {
        Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test")).On("STARTTLS", answer);
        Peer("192.0.2.2:25");
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Null(reports[^1].Tls);
    }

    [Fact]
    public void A_handshake_that_fails_is_followed_by_clear_text_and_not_tried_for_a_while()
    {
        var peer = Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        peer.Tls = new TlsServerOptions { Certificate = _ => null };            // no handshake can succeed
        var (relay, parent) = Start();
        Assert.Null(Carry(relay, parent, Errand())[^1].Tls);
        Carry(relay, parent, Errand());
        Assert.Equal((1, 2), (peer.Times("STARTTLS"), peer.Contents.Count));
    }

    [Fact]
    public void Each_session_that_has_no_TLS_since_a_handshake_fails_is_counted_once_as_what_that_was()
    {
        var peer = Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        peer.Tls = new TlsServerOptions { Certificate = _ => null };
        Sets = ["actorsmtp.outbound.servers.messages=1"];                   // each message has a session of its own
        var (relay, parent) = Start();
        Carry(relay, parent, Errand());
        Carry(relay, parent, Errand());
        Carry(relay, parent, Errand());
        Assert.Equal((1, 3L), (peer.Times("STARTTLS"), Reports.InClear));
        var summary = Assert.Single(Reports.Of(Today));
        Assert.Equal(("no-policy-found", 0, "validation-failure 3"), (summary.Policy, (int)summary.Succeeded, string.Join(", ", summary.Failures.Select(f => $"{f.Type} {f.Sessions}"))));
    }

    [Fact]
    public void A_server_that_had_TLS_gets_nothing_in_clear_text_for_a_day_and_then_it_is_believed()
    {
        var peer = Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        Sets = ["actorsmtp.outbound.servers.idle=0s"];
        var (relay, parent) = Start();
        Assert.NotNull(Carry(relay, parent, Errand())[0].Tls);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, peer.Open);
        });
        peer.Offers = [.. peer.Offers.Where(o => o != "STARTTLS")];
        Assert.Equal("Later 4.7.4", Show(Carry(relay, parent, Errand())[^1].Outcomes[0]));
        Assert.Contains(Lines.All, l => l.Contains("has none now"));
        Time.Advance(TimeSpan.FromHours(25));
        var (again, parentAgain) = Start();
        Assert.Equal("Delivered 2.0.0", Show(Carry(again, parentAgain, Errand())[^1].Outcomes[0]));
        Assert.Contains(Lines.All, l => l.Contains("has none for long"));
    }

    [Theory]
    [InlineData("encrypt", "mx1.far.test", "Delivered 2.0.0")]
    [InlineData("verify", "mx1.far.test", "Later 4.7.5")]                       // nobody vouches for it
    [InlineData("encrypt", null, "Later 4.7.4")]
    [InlineData("none", "mx1.far.test", "Delivered 2.0.0")]
    public void The_configuration_asks_for_TLS_by_destination(string level, string? certificate, string outcome)
    {
        Sets = [$"actorsmtp.outbound.tls-policy.\"far.test\"={level}"];
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        var peer = Peer("192.0.2.1:25");
        if (certificate is not null)
        {
            Secure(peer, Issued.For(certificate));
        }

        Assert.Equal(outcome, Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal(level == "none" ? "none" : "required", reports[0].TlsPolicy);
        Assert.Equal(level == "none", peer.Contents.Count == 1 && reports[0].Tls is null);
    }

    [Fact]
    public void TLS_from_the_first_byte_is_spoken_on_a_route_that_says_so()
    {
        Routes = "smtps://192.0.2.9:465";
        PeerWithTlsFirst("192.0.2.9:465", Issued.For("x.test"));
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.NotNull(reports[0].Tls);
    }

    [Theory]
    [InlineData("3 1 1", true)]
    [InlineData("3 0 2", true)]
    [InlineData("wrong", false)]
    public void DANE_takes_the_certificate_that_the_record_names(string kind, bool matches)
    {
        var certificate = Issued.For("whatever.test", DateTimeOffset.UtcNow.AddDays(-1));       // RFC 7672 §3.1.1: neither name nor date count
        Secure(Peer("192.0.2.1:25"), certificate);
        Sign(Tlsa(kind, certificate));
        var outcomes = Try(Errand(), out var reports);
        Assert.Equal(matches ? "Delivered 2.0.0" : "Later 4.7.5", Show(Assert.Single(outcomes)));
        Assert.Equal("dane", reports[0].TlsPolicy);
        Assert.Equal(matches, reports[0].Tls is { CertificateProblem: null });
        Assert.Equal(matches ? ("tlsa", 1, 0) : ("tlsa", 0, 1), Reports.Of(Today) is [var only] ? (only.Policy, (int)only.Succeeded, (int)only.Failed) : default);
    }

    [Theory]
    [InlineData("mx1.far.test", "sent", true)]
    [InlineData("far.test", "sent", true)]
    [InlineData("other.test", "sent", false)]
    [InlineData("mx1.far.test", "in the DNS", true)]
    [InlineData("mx1.far.test", "not sent", false)]
    [InlineData("mx1.far.test", "another", false)]
    public void DANE_takes_an_authority_that_the_record_names(string name, string which, bool matches)
    {
        using var root = Issued.Authority("root");
        using var other = Issued.Authority("theirs");
        using var between = Made(root, "CN=between", isAuthority: true);
        var certificate = Made(between, $"CN={name}", isAuthority: false);
        Secure(Peer("192.0.2.1:25"), TlsCertificate.Of(certificate, [between, root]));
        Sign(which switch
        {
            "sent" => Tlsa("2 1 1", between),
            "in the DNS" => "2 0 0 " + Convert.ToHexString(root.RawData),
            "not sent" => Tlsa("2 1 1", root),                              // servers are to send it, this one does not
            _ => Tlsa("2 1 1", other),
        });
        Assert.Equal(matches ? "Delivered 2.0.0" : "Later 4.7.5", Show(Assert.Single(Try(Errand(), out _))));
    }

    [Theory]
    [InlineData("real.far.test", "real.far.test")]                              // RFC 7672 §2.2.2: at the end of the aliases first
    [InlineData("mx1.far.test", "mx1.far.test")]
    [InlineData(null, "mx1.far.test")]
    public void With_DANE_the_name_asked_for_is_where_the_records_stand(string? recordsAt, string expected)
    {
        Zone.Remove("mx1.far.test");
        Zone.Add("mx1.far.test 300 CNAME real.far.test");
        Zone.Add("real.far.test 300 A 192.0.2.1");
        var certificate = Issued.For("x.test");
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string?>();
        var peer = Secure(Peer("192.0.2.1:25"), certificate);
        var held = TlsCertificate.Of(certificate);
        peer.Tls = new TlsServerOptions
        {
            Certificate = name =>
            {
                asked.Enqueue(name);
                return held;
            },
        };
        Zone.IsSigned = true;
        if (recordsAt is not null)
        {
            Zone.Add($"_25._tcp.{recordsAt} 60 TLSA {Tlsa("3 1 1", certificate)}");
        }

        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal((expected, "mx1.far.test"), (Assert.Single(asked), reports[0].Host));      // RFC 7672 §8.1
    }

    [Fact]
    public void What_a_server_has_published_counts_no_longer_than_it_says()
    {
        var (old, fresh) = (Issued.For("old.test"), Issued.For("fresh.test"));
        var peer = Secure(Peer("192.0.2.1:25"), old);
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        Sign(Tlsa("3 1 1", old));                                               // for a minute, the rest for five
        var (relay, parent) = Start();
        Assert.Equal("Delivered 2.0.0", Show(Carry(relay, parent, Errand())[^1].Outcomes[0]));
        Zone.Remove("_25._tcp.mx1.far.test");
        Sign(Tlsa("3 1 1", fresh));
        Secure(peer, fresh);
        AwaitAssert(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(61));
            Assert.Equal(0, peer.Open);
        });
        Assert.Equal("Delivered 2.0.0", Show(Carry(relay, parent, Errand())[^1].Outcomes[0]));
    }

    [Fact]
    public void DANE_needs_TLS_to_be_offered_and_another_host_may_have_it()
    {
        var certificate = Issued.For("x.test");
        Peer("192.0.2.1:25");
        Secure(Peer("192.0.2.2:25"), certificate);
        Zone.Add($"_25._tcp.mx2.far.test 60 TLSA {Tlsa("3 1 1", certificate)}");
        Sign(Tlsa("3 1 1", certificate));
        Assert.Equal("Delivered 2.0.0", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal(["mx1.far.test", "mx2.far.test"], reports.Select(r => r.Host!));
        Assert.Contains(Reports.Of(Today).SelectMany(r => r.Failures), f => f is { Type: "starttls-not-supported", Host: "mx1.far.test" });
    }

    [Theory]
    [InlineData("enforce", "mx1.far.test", true, "Later 4.7.5", "mta-sts")]             // a certificate that nobody vouches for
    [InlineData("enforce", "mx1.far.test", false, "Later 4.7.4", "mta-sts")]
    [InlineData("enforce", "elsewhere.test", true, "Later 4.7.5", "mta-sts")]
    [InlineData("testing", "mx1.far.test", true, "Delivered 2.0.0", "mta-sts")]
    [InlineData("testing", "elsewhere.test", false, "Delivered 2.0.0", "mta-sts")]
    [InlineData("none", "elsewhere.test", false, "Delivered 2.0.0", "opportunistic")]
    public void An_MTA_STS_policy_is_kept(string mode, string mx, bool hasTls, string outcome, string policy)
    {
        Publish(mode, mx);
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        var peer = Peer("192.0.2.1:25");
        if (hasTls)
        {
            Secure(peer, Issued.For("mx1.far.test"));
        }

        Assert.Equal(outcome, Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal(policy, reports[^1].TlsPolicy);
        Assert.Equal(outcome[0] == 'D' ? 1 : 0, peer.Contents.Count);
        Assert.Equal(1, Web.Reads);
    }

    [Theory]
    [InlineData("not named", "sts", "validation-failure")]
    [InlineData("not looked up", "tlsa", "dnssec-invalid")]
    [InlineData("not published", "tlsa", "dane-required")]
    [InlineData("not ours", null, null)]
    public void A_host_that_a_policy_forbids_is_counted_though_it_was_not_tried(string why, string? policy, string? type)
    {
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        switch (why)
        {
            case "not named":
                Publish("enforce", "elsewhere.test");
                break;
            case "not looked up":
                Zone.IsSigned = true;
                Names.Fail("_25._tcp.mx1.far.test", Protocol.Dns.DnsType.Tlsa);
                break;
            case "not published":
                Sets = ["actorsmtp.outbound.tls-policy.\"*\"=dane-only"];
                break;
            default:
                Publish("testing", "elsewhere.test");                       // it is the message's own wish that keeps it from there
                break;
        }

        Try(Errand(["ann@far.test"], with: e => e with { RequireTls = why == "not ours" }), out _);
        Assert.Equal(
            type is null ? [] : [$"{policy} 0 {type} mx1.far.test 1"],
            Reports.Of(Today).Select(s => $"{s.Policy} {s.Succeeded} {string.Join(',', s.Failures.Select(f => $"{f.Type} {f.Host} {f.Sessions}"))}"));
        Assert.Equal(type is null ? 0 : 1, Reports.Failed);
    }

    [Fact]
    public void Records_that_cannot_be_used_do_not_loosen_a_policy_that_is_enforced()
    {
        Publish("enforce", "mx1.far.test");
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));           // nobody vouches for it
        Sign("1 1 1 " + new string('0', 64));                               // RFC 7672 §3.1.3: of usages 0 and 1 none is usable
        Assert.Equal("Later 4.7.5", Show(Assert.Single(Try(Errand(), out var reports))));
        Assert.Equal("mta-sts", reports[^1].TlsPolicy);
    }

    [Fact]
    public void What_a_policy_would_have_refused_is_counted_while_it_is_only_tried()
    {
        Publish("testing", "mx1.far.test");
        Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        Try(Errand(), out _);
        var summary = Assert.Single(Reports.Of(Today));
        Assert.Equal(("sts", 0, 1), (summary.Policy, (int)summary.Succeeded, (int)summary.Failed));
    }

    [Fact]
    public void A_message_for_verified_TLS_only_never_goes_without()
    {
        Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        Peer("192.0.2.2:25");
        var outcome = Assert.Single(Try(Errand(["ann@far.test"], with: e => e with { RequireTls = true }), out _));
        Assert.Equal("Never 5.7.10", Show(outcome));
        Assert.Contains("neither DNSSEC nor MTA-STS", outcome.Why);
    }

    [Theory]
    [InlineData(true, "Delivered 2.0.0")]
    [InlineData(false, "Never 5.7.30")]
    public void A_message_for_verified_TLS_only_needs_a_server_that_keeps_it_so(bool offers, string outcome)
    {
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        var certificate = Issued.For("x.test");
        var peer = Secure(Peer("192.0.2.1:25"), certificate);
        peer.Offers = [.. peer.Offers, .. offers ? (string[])["REQUIRETLS"] : []];
        Sign(Tlsa("3 1 1", certificate));
        Assert.Equal(outcome, Show(Assert.Single(Try(Errand(["ann@far.test"], with: e => e with { RequireTls = true }), out _))));
        Assert.Equal(offers ? ["MAIL FROM:<bob@us.test> REQUIRETLS"] : [], peer.Said("MAIL"));
    }

    [Fact]
    public void A_message_that_would_rather_arrive_passes_by_the_destinations_policies()
    {
        Publish("enforce", "elsewhere.test");
        Peer("192.0.2.1:25");
        var (relay, parent) = Start();
        var report = Carry(relay, parent, Errand(["ann@far.test"], with: e => e with { TlsNotRequired = true }))[^1];
        Assert.Equal(("Delivered 2.0.0", "opportunistic"), (Show(report.Outcomes[0]), report.TlsPolicy));
        Assert.Equal("Later 4.7.5", Show(Carry(relay, parent, Errand())[^1].Outcomes[0]));
    }

    [Theory]
    [InlineData("dane-only", "Later 4.7.5")]                                    // our own word stands
    [InlineData("auto", "Delivered 2.0.0")]
    public void A_message_that_would_rather_arrive_does_not_pass_by_the_configuration(string level, string outcome)
    {
        Sets = [$"actorsmtp.outbound.tls-policy.\"far.test\"={level}"];
        Zone.Remove("far.test");
        Zone.Add("far.test 300 MX 10 mx1.far.test");
        Secure(Peer("192.0.2.1:25"), Issued.For("mx1.far.test"));
        Sign(Tlsa("wrong", Issued.For("x.test")));
        Assert.Equal(outcome, Show(Assert.Single(Try(Errand(["ann@far.test"], with: e => e with { TlsNotRequired = true }), out _))));
    }

    private DateOnly Today => DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime);

    private static NextHopPeer Secure(NextHopPeer peer, X509Certificate2 certificate) => Secure(peer, TlsCertificate.Of(certificate));

    private static NextHopPeer Secure(NextHopPeer peer, TlsCertificate certificate)
    {
        peer.Tls = new TlsServerOptions { Certificate = _ => certificate };
        peer.Offers = [.. peer.Offers, "STARTTLS"];
        return peer;
    }

    private void Publish(string mode, string mx)
    {
        Zone.Add("_mta-sts.far.test 60 TXT \"v=STSv1; id=1\"");
        Web[Sts] = $"version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 86400\n";
    }

    private void Sign(string record)
    {
        Zone.IsSigned = true;
        Zone.Add($"_25._tcp.mx1.far.test 60 TLSA {record}");
    }

    private static string Tlsa(string kind, X509Certificate2 certificate) => kind switch
    {
        "3 0 2" => "3 0 2 " + Convert.ToHexString(SHA512.HashData(certificate.RawData)),
        "wrong" => "3 1 1 " + new string('0', 64),
        _ => $"{kind} " + Convert.ToHexString(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo())),
    };

    private static X509Certificate2 Made(X509Certificate2 authority, string subject, bool isAuthority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (isAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        }
        else
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(subject["CN=".Length..]);
            request.CertificateExtensions.Add(names.Build());
        }

        using var made = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(isAuthority ? 300 : 299), RandomNumberGenerator.GetBytes(8));
        using var both = made.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
    }
}
