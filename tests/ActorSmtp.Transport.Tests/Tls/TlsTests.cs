using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>What the TLS handshake settles, refuses, and throws away; over a network in memory, and against the framework's own streams.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly List<ITransport> _transports = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var transport in _transports)
        {
            await transport.DisposeAsync();
        }
    }

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

    [SkippableFact]
    public void An_idle_connection_holds_no_record_buffers_below_either()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "OpenSSL's buffers");
        var (client, server) = Secured(TlsServerOptions.For(Certificates.For("mx.test")), new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        Assert.True(((StreamConnection)server.Connection).TlsLayer!.ReleasesBuffers);
        Assert.True(((StreamConnection)client.Connection).TlsLayer!.ReleasesBuffers);
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

    [Fact]
    public void What_was_said_in_clear_text_before_is_thrown_away_on_both_sides()
    {
        var (client, server) = Clear();
        client.Say("STARTTLS\r\nRCPT TO:<injected@test>\r\n");
        server.Read(35);
        server.Connection.Consume(10);
        Assert.StartsWith("RCPT", server.Text);
        server.Say("220 go\r\n250 injected\r\n");
        client.Read(22);
        client.Connection.Consume(8);

        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.True(server.Connection.Input.IsEmpty);
        client.Connection.StartTls(new TlsClientOptions { ServerName = "mx.test", Insecure = true });
        client.Expect("connected");
        server.Expect("connected");
        Assert.True(server.Connection.Input.IsEmpty);
        client.Say("EHLO again\r\n");
        Assert.Equal("EHLO again\r\n", server.ReadAndConsume(12));
        Assert.True(client.Connection.Input.IsEmpty);
    }

    [Fact]
    public void Clear_text_behind_STARTTLS_that_was_not_read_breaks_the_handshake()
    {
        var (client, server) = Clear();
        client.Say("STARTTLS\r\n");
        server.ReadAndConsume(10);
        client.Say("MAIL FROM:<injected@test>\r\n");
        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.Equal(CloseReason.TlsFailed, server.ExpectClosed());
        Assert.False(server.Connection.IsSecure);
    }

    [Fact]
    public void TLS_starts_once_and_not_while_input_is_asked_for()
    {
        var (_, server) = Clear();
        server.Connection.RequestInput();
        Assert.Throws<InvalidOperationException>(() => server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test"))));
        var (_, other) = Clear();
        other.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        Assert.Throws<InvalidOperationException>(() => other.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test"))));
        Assert.Throws<InvalidOperationException>(() => other.Connection.RequestInput());
    }

    [Fact]
    public void A_handshake_does_not_last_for_ever()
    {
        var (_, server) = Clear(new TransportOptions { Time = _time, HandshakeTimeout = TimeSpan.FromSeconds(30) });
        server.Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        var began = _time.GetUtcNow();
        Peer.Until(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return server.Closings == 1;
            },
            "the handshake's time-out");
        Assert.Equal(CloseReason.TlsTimedOut, server.Reason);
        Assert.True(_time.GetUtcNow() - began >= TimeSpan.FromSeconds(29));
    }

    [Fact]
    public void Handshakes_are_bounded_in_number_and_their_places_are_free_again()
    {
        var transport = Made(new TransportOptions { MaxHandshakes = 2 });
        var acceptor = new Acceptor();
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var servers = new List<Peer>();
        var clients = new List<Peer>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(new Peer());
            transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, clients[i]);
            clients[i].Expect("connected");
            servers.Add(acceptor.Next());
            servers[i].Connection.StartTls(TlsServerOptions.For(Certificates.For("mx.test")));
        }

        Assert.Equal(CloseReason.TlsBusy, servers[2].ExpectClosed());
        clients[0].Connection.Abort();
        clients[1].Connection.Abort();
        servers[0].ExpectClosed();
        servers[1].ExpectClosed();
        Peer.Until(() => Secured(transport), "a place to be free");
    }

    [Fact]
    public async Task It_speaks_with_the_frameworks_own_client_and_server()
    {
        var transport = Transports.Create(new TransportOptions());
        _transports.Add(transport);
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput(), TlsServerOptions.For(Certificates.For("mx.test")));
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
        await using var ssl = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "mx.test", EnabledSslProtocols = SslProtocols.Tls12 });
        Assert.Equal(SslProtocols.Tls12, ssl.SslProtocol);
        var big = new byte[300_000];
        new Random(3).NextBytes(big);
        var write = ssl.WriteAsync(big).AsTask();
        var back = new byte[big.Length];
        await ssl.ReadExactlyAsync(back).AsTask().WaitAsync(Peer.Patience);
        await write;
        Assert.Equal(big, back);

        using var plain = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        var client = new Peer { Tls = new TlsClientOptions { ServerName = "mx.test", Insecure = true } };
        transport.Connect(new ConnectOptions { EndPoint = plain.LocalEndpoint }, client);
        using var accepted = await plain.AcceptTcpClientAsync();
        await using var theirs = new SslStream(accepted.GetStream());
        await theirs.AuthenticateAsServerAsync(Certificates.For("mx.test"));
        client.Expect("connected");
        client.Say("hello");
        var hello = new byte[5];
        await theirs.ReadExactlyAsync(hello);
        Assert.Equal("hello", Encoding.ASCII.GetString(hello));
        client.Connection.Close();
        Assert.Equal(0, await theirs.ReadAsync(hello));
    }

    [Theory]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, true)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, false)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, false)]
    [InlineData(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, false)]
    public async Task Only_sound_suites_are_spoken_with_a_client_that_has_no_TLS_1_3(TlsCipherSuite suite, bool isSound)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;                                                         // the system's own list is in force there
        }

        var transport = Transports.Create(new TransportOptions());
        _transports.Add(transport);
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput(), TlsServerOptions.For(Certificates.For("mx.test")));
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
        await using var ssl = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        var handshake = ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "mx.test",
            EnabledSslProtocols = SslProtocols.Tls12,
            CipherSuitesPolicy = new CipherSuitesPolicy([suite]),
        });
        if (isSound)
        {
            await handshake;
            Assert.Equal(suite, ssl.NegotiatedCipherSuite);
        }
        else
        {
            await Assert.ThrowsAnyAsync<Exception>(() => handshake);
            Peer.Until(() => transport.Counters.Open == 0, "the refused client is gone");
        }
    }

    /// <summary>The framework's own client keeps tickets per name and shows them again; a server that takes one sends no certificate.</summary>
    [SkippableFact]
    public async Task A_session_of_TLS_1_3_is_resumed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "OpenSSL's sessions");
        var transport = Transports.Create(new TransportOptions());
        _transports.Add(transport);
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput(), TlsServerOptions.For(Certificates.For("resumed.test")));
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var sent = new List<long>();
        for (var i = 0; i < 3; i++)
        {
            var before = transport.Counters.BytesOut;
            using var tcp = new TcpClient();
            await tcp.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
            await using var ssl = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
            await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "resumed.test", EnabledSslProtocols = SslProtocols.Tls13 });
            await ssl.WriteAsync("x"u8.ToArray());
            await ssl.ReadExactlyAsync(new byte[1]);                        // and the tickets before it
            sent.Add(transport.Counters.BytesOut - before);
        }

        var certificate = Certificates.For("resumed.test").RawData.Length;
        Assert.True(sent[1] < sent[0] - certificate && sent[2] < sent[0] - certificate, $"sent {string.Join(", ", sent)} octets, the certificate has {certificate}");
    }

    [Fact]
    public async Task Junk_and_aborted_handshakes_end_only_themselves()
    {
        var transport = Transports.Create(new TransportOptions());
        _transports.Add(transport);
        var acceptor = new Acceptor(p => p.Echo().Connection.RequestInput(), TlsServerOptions.For(Certificates.For("mx.test")));
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var random = new Random(7);
        for (var i = 0; i < 100; i++)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync((IPEndPoint)listener.LocalEndPoint);
            var junk = new byte[random.Next(1, 600)];
            random.NextBytes(junk);
            if (i % 2 == 0)
            {
                junk[0] = 22;       // looks like a handshake at first
            }

            await tcp.GetStream().WriteAsync(junk);
            if (i % 3 == 0)
            {
                tcp.Client.LingerState = new LingerOption(true, 0);
            }
        }

        Peer.Until(() => transport.Counters.Open == 0, "all junk is gone");
        Assert.Equal(0, transport.Counters.Handshakes);
        Assert.True(Secured(transport, listener));
    }

    private bool Secured(ITransport transport)
    {
        var acceptor = new Acceptor(tls: TlsServerOptions.For(Certificates.For("mx.test")));
        return Secured(transport, transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor));
    }

    private static bool Secured(ITransport transport, IListener listener)
    {
        var client = new Peer { Tls = new TlsClientOptions { ServerName = "mx.test", Insecure = true } };
        transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, client);
        Peer.Until(() => client.Connection is { IsSecure: true } || client.Closings == 1, "the handshake's end");
        return client.Closings == 0;
    }

    private MemoryTransport Made(TransportOptions? options = null)
    {
        var transport = new MemoryTransport(null, options);
        _transports.Add(transport);
        return transport;
    }

    private (Peer Client, Peer Server) Clear(TransportOptions? options = null)
    {
        var transport = Made(options);
        var acceptor = new Acceptor();
        var listener = transport.Listen(new ListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, acceptor);
        var client = new Peer();
        transport.Connect(new ConnectOptions { EndPoint = listener.LocalEndPoint }, client);
        client.Expect("connected");
        return (client, acceptor.Next());
    }

    private (Peer Client, Peer Server) Begin(TlsServerOptions server, TlsClientOptions client)
    {
        var (one, other) = Clear();
        other.Connection.StartTls(server);
        one.Connection.StartTls(client);
        return (one, other);
    }

    private (Peer Client, Peer Server) Secured(TlsServerOptions server, TlsClientOptions client)
    {
        var (one, other) = Begin(server, client);
        one.Expect("connected");
        other.Expect("connected");
        return (one, other);
    }
}
