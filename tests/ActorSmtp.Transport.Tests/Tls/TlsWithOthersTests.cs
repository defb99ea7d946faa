using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>TLS against others' implementations, over real sockets: the framework's own streams, and openssl.</summary>
public sealed class TlsWithOthersTests : TlsTestKit
{
    [Fact]
    public async Task It_speaks_with_the_frameworks_own_client_and_server()
    {
        var (transport, listener) = Echoing();
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

        var (transport, listener) = Echoing();
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
        var (transport, listener) = Echoing("resumed.test");
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

    /// <summary>A peer could make us compute handshakes without end on one connection (CVE-2011-1473). TLS 1.3 has none.</summary>
    [SkippableFact]
    public async Task A_client_of_TLS_1_2_that_wants_to_renegotiate_is_hung_up_on()
    {
        const string OpenSsl = "/usr/bin/openssl";
        Skip.IfNot(File.Exists(OpenSsl), "openssl is not installed");
        var (transport, listener) = Echoing();
        using var client = Process.Start(new ProcessStartInfo(OpenSsl, ["s_client", "-connect", listener.LocalEndPoint.ToString()!, "-tls1_2", "-servername", "mx.test"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            var output = client.StandardOutput.ReadToEndAsync();
            var errors = client.StandardError.ReadToEndAsync();
            await client.StandardInput.WriteAsync("R\n");                     // its word for it, at the start of a line
            await client.StandardInput.FlushAsync();
            await client.WaitForExitAsync().WaitAsync(Peer.Patience);

            var after = (await output + await errors).Split("RENEGOTIATING");
            Assert.Equal(2, after.Length);
            Assert.DoesNotContain("verify return", after[1], StringComparison.Ordinal);     // no second certificate
            Assert.Equal(1, transport.Counters.Handshakes);
        }
        finally
        {
            client.Kill();
        }
    }
}
