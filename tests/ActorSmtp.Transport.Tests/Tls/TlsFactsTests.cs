using System.Security.Authentication;
using System.Security.Cryptography;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>What a handshake settles, and whom it convinces; over a network in memory.</summary>
public sealed class TlsFactsTests : TlsTestKit
{
    [Fact]
    public void Both_sides_know_what_was_settled()
    {
        var (client, server) = Secured(
            TlsServerOptions.For(Certificates.For("mx.test")),
            new TlsClientOptions { ServerName = "mx.test", TrustedRoots = [Certificates.For("mx.test")] });
        var ours = client.Connection.Tls!;
        var theirs = server.Connection.Tls!;
        Assert.Equal(SslProtocols.Tls13, ours.Protocol);
        Assert.Equal("1.3", theirs.Version);
        Assert.Equal(ours.CipherSuite, theirs.CipherSuite);
        Assert.Equal("mx.test", theirs.ServerName);
        Assert.Null(ours.CertificateProblem);
        Assert.Equal("CN=mx.test", ours.PeerCertificate!.Subject);
        Assert.Equal(ours.ServerCertificate!.Thumbprint, theirs.ServerCertificate!.Thumbprint);
        Assert.Null(theirs.PeerCertificate);
        Assert.Null(theirs.CertificateProblem);
    }

    [Fact]
    public void The_name_the_client_asks_for_chooses_the_certificate()
    {
        var byName = new[] { "a.test", "b.test" }.ToDictionary(n => n, n => TlsCertificate.Of(Certificates.For(n)));
        var options = new TlsServerOptions { Certificate = name => byName.GetValueOrDefault(name ?? "a.test") };
        foreach (var name in byName.Keys)
        {
            var (client, _) = Secured(options, new TlsClientOptions { ServerName = name, TrustedRoots = [Certificates.For(name)] });
            Assert.Equal($"CN={name}", client.Connection.Tls!.PeerCertificate!.Subject);
        }

        var (stranger, server) = Begin(options, new TlsClientOptions { ServerName = "c.test", Insecure = true });
        Assert.Equal(CloseReason.TlsFailed, server.ExpectClosed());
        Assert.Contains("c.test", server.Connection.CloseDetail);
        Assert.NotEqual(CloseReason.Closed, stranger.ExpectClosed());
    }

    [Theory]
    [InlineData("other.test", true, "other.test")]
    [InlineData("mx.test", false, "")]
    public void A_certificate_for_another_name_or_from_nobody_is_refused_and_the_reason_told(string name, bool trusted, string says)
    {
        var options = new TlsClientOptions { ServerName = name, TrustedRoots = trusted ? [Certificates.For("mx.test")] : [Certificates.For("x.test")] };
        var (client, _) = Begin(TlsServerOptions.For(Certificates.For("mx.test")), options);
        Assert.Equal(CloseReason.TlsFailed, client.ExpectClosed());
        Assert.Contains(says, client.Connection.CloseDetail);

        var (careless, _) = Secured(TlsServerOptions.For(Certificates.For("mx.test")), options with { Insecure = true });
        Assert.NotNull(careless.Connection.Tls!.CertificateProblem);
        Assert.Contains(says, careless.Connection.Tls.CertificateProblem);
    }

    [Fact]
    public void A_client_certificate_is_asked_for_and_judged_but_not_required()
    {
        var options = TlsServerOptions.For(Certificates.For("mx.test")) with { ClientAuthorities = () => [Certificates.For("ann.test")] };
        var (_, without) = Secured(options, new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        Assert.Null(without.Connection.Tls!.PeerCertificate);
        Assert.Null(without.Connection.Tls.Peer);
        var (_, with) = Secured(options, new TlsClientOptions { ServerName = "mx.test", Insecure = true, Certificate = Certificates.For("ann.test") });
        Assert.Equal("CN=ann.test", with.Connection.Tls!.PeerCertificate!.Subject);
        Assert.Null(with.Connection.Tls.CertificateProblem);
        Assert.Equal("ann.test", with.Connection.Tls.Peer!.CommonName);
        Assert.Equal(["ann.test"], with.Connection.Tls.Peer.DnsNames.ToArray());
        var (_, stranger) = Secured(options, new TlsClientOptions { ServerName = "mx.test", Insecure = true, Certificate = Certificates.For("eve.test") });
        Assert.NotNull(stranger.Connection.Tls!.CertificateProblem);
        Assert.Null(stranger.Connection.Tls.Peer);
    }

    [Fact]
    public void A_client_is_not_asked_for_a_certificate_where_no_authority_is_named()
    {
        var (_, server) = Secured(
            TlsServerOptions.For(Certificates.For("mx.test")),
            new TlsClientOptions { ServerName = "mx.test", Insecure = true, Certificate = Certificates.For("ann.test") });
        Assert.Null(server.Connection.Tls!.PeerCertificate);
        Assert.Null(server.Connection.Tls.Peer);
    }

    [Fact]
    public void Both_sides_have_the_same_channel_binding()
    {
        var (client, server) = Secured(
            TlsServerOptions.For(Certificates.For("mx.test")), new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        var binding = client.Connection.Tls!.ServerEndPoint;
        Assert.Equal(SHA256.HashData(Certificates.For("mx.test").RawData), binding);
        Assert.Equal(binding, server.Connection.Tls!.ServerEndPoint);
    }

    [Fact]
    public void Older_versions_cannot_even_be_asked_for()
    {
        var (client, server) = Clear();
#pragma warning disable SYSLIB0039, CS0618 // the point of the test
        Assert.Throws<ArgumentException>(() => server.Connection.StartTls(
            TlsServerOptions.For(Certificates.For("mx.test")) with { Protocols = SslProtocols.Tls11 }));
        Assert.Throws<ArgumentException>(() => client.Connection.StartTls(
            new TlsClientOptions { ServerName = "x", Protocols = SslProtocols.None }));
#pragma warning restore SYSLIB0039, CS0618
    }

    [SkippableFact]
    public void An_idle_connection_holds_no_record_buffers_below_either()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "OpenSSL's buffers");
        var (client, server) = Secured(TlsServerOptions.For(Certificates.For("mx.test")), new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        Assert.True(((StreamConnection)server.Connection).TlsLayer!.ReleasesBuffers);
        Assert.True(((StreamConnection)client.Connection).TlsLayer!.ReleasesBuffers);
    }
}
