using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Server.Tests.Sessions;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Memory;
using ActorSmtp.Testing.Dialogues;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Tests.Certificates;

/// <summary>What a client sees of the certificates: chosen by name, replaced while the server runs, its own one asked for.</summary>
public sealed class ListenerCertificateTests : IAsyncDisposable
{
    private const string Sni = "tls.certificates=[{certificate=a.pem,key=a.key},{certificate=b.pem,key=b.key}]";

    private readonly MemoryCertificateStore _certificates = new();
    private TestMailServer? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_certificate_is_chosen_by_the_name_a_client_asks_for()
    {
        _certificates.Put(new CertificatePair("a.pem", "a.key"), Issued.Stored("a.test"));
        _certificates.Put(new CertificatePair("b.pem", "b.key"), Issued.Stored("*.b.test"));
        await Start(Sni);
        Assert.Equal("CN=a.test", await Subject("a.test"));
        Assert.Equal("CN=*.b.test", await Subject("mail.b.test"));
        Assert.Equal("CN=mx.test", await Subject("mx.test"));
        Assert.Equal("CN=mx.test", await Subject("unknown.test"));
    }

    [Fact]
    public async Task A_listener_may_have_a_certificate_of_its_own()
    {
        _certificates.Put(new CertificatePair("a.pem", "a.key"), Issued.Stored("a.test"));
        await Start("listeners.mx.tls-certificate=a.pem", "listeners.mx.tls-key=a.key");
        Assert.Equal("CN=a.test", await Subject("unknown.test"));
        Assert.Equal("CN=mx.test", await Subject("mx.test"));
    }

    [Fact]
    public async Task A_replaced_certificate_is_in_the_next_handshake_and_a_broken_one_changes_nothing()
    {
        var pair = new CertificatePair("a.pem", "a.key");
        _certificates.Put(pair, Issued.Stored("a.test"));
        await Start("tls.certificate=a.pem", "tls.key=a.key", "tls.look-every=1s");
        Assert.Equal("CN=a.test", await Subject("a.test"));

        _certificates.Put(pair, Issued.Stored("new.test"));
        await Until("a.pem was replaced: certificate CN=new.test");
        Assert.Equal("CN=new.test", await Subject("a.test"));

        _certificates.Break(pair, "a.pem is cut off");
        await Until("a.pem is cut off; what was in force stays so");
        Assert.Equal("CN=new.test", await Subject("a.test"));
    }

    [Fact]
    public async Task A_clients_certificate_is_asked_for_where_the_listener_says_whose_counts()
    {
        var authority = Issued.Authority("authority");
        _certificates.Put(new AuthorityFile("ca.pem"), Issued.Authorities(authority));
        await Start("listeners.mx.client-ca=ca.pem");

        await Subject("mx.test", Issued.Person(authority, "Ann", "ann@mx.test", TimeSpan.FromDays(1)));
        await Until("certificate of CN=Ann");
        await Subject("mx.test", Issued.Person(Issued.Authority("authority"), "Eve", "ann@mx.test", TimeSpan.FromDays(1)));
        await Until("certificate of nobody we know");
        await Subject("mx.test");
        await Until("certificate of nobody [");
    }

    [Theory]
    [InlineData("tls-min-version=\"1.3\"")]
    [InlineData("tls-min-version=\"\"", "tls.min-version=\"1.3\"")]
    public async Task An_older_version_than_allowed_is_refused(string own, string shared = "tls.min-version=\"1.2\"")
    {
        await Start("listeners.mx." + own, shared);
        var old = new TlsClientOptions { ServerName = "mx.test", Insecure = true, Protocols = System.Security.Authentication.SslProtocols.Tls12 };
        await Assert.ThrowsAsync<IOException>(async () => await (await Greeted()).StartTlsAsync(old));
        Assert.Equal("CN=mx.test", await Subject("mx.test"));
    }

    private async Task Start(params string[] sets) =>
        _server = await TestMailServer.StartAsync(sets: ["listeners.mx.tls=starttls", .. sets], certificates: _certificates);

    private Task Until(string line) => SessionHarness.Until(() => _server!.Log.All.Any(l => l.Contains(line, StringComparison.Ordinal)), line);

    private async Task<DialoguePeer> Greeted()
    {
        var peer = await DialoguePeer.ConnectAsync(_server!.Transport, _server.EndPoint, TimeSpan.FromSeconds(60));
        await SessionHarness.Expect(peer, "220 ");
        peer.Send("EHLO c.test\r\n"u8);
        while ((await peer.ReadLineAsync())!.StartsWith("250-", StringComparison.Ordinal))
        {
        }

        peer.Send("STARTTLS\r\n"u8);
        await SessionHarness.Expect(peer, "220 ");
        return peer;
    }

    private async Task<string> Subject(string name, X509Certificate2? own = null)
    {
        var peer = await Greeted();
        await peer.StartTlsAsync(new TlsClientOptions { ServerName = name, Insecure = true, Certificate = own });
        peer.Send("NOOP\r\n"u8);
        await SessionHarness.Expect(peer, "250 ");
        var subject = peer.Tls!.PeerCertificate!.Subject;
        peer.Close();
        return subject;
    }
}
