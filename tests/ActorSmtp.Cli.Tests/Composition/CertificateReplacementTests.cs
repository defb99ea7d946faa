using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Cli.Tests.Composition;

/// <summary>The running program, and somebody who replaces the files of its certificate.</summary>
public sealed class CertificateReplacementTests
{
    [Fact]
    public async Task Files_that_were_replaced_are_taken_in_and_half_of_them_is_not()
    {
        using var folder = new TemporaryFolder();
        var (first, second) = (Make("first.test"), Make("second.test"));
        var (certificate, key) = (folder.File("mx.pem", first.Certificate), folder.File("mx.key", first.Key));
        await using var server = await RunningServer.StartAsync(
            "listeners.smtp.tls=starttls", $"tls.certificate={certificate}", $"tls.key={key}", "tls.look-every=1s");
        Assert.Equal("CN=first.test", await Shown(server));

        folder.File("mx.pem", second.Certificate);                          // and the key is still the old one
        await server.Until(s => s.Console.Contains($"{key} is not the key of {certificate}; what was in force stays so", StringComparison.Ordinal));
        Assert.Equal("CN=first.test", await Shown(server));

        folder.File("mx.key", second.Key);
        await server.Until(s => s.Console.Contains("was replaced: certificate CN=second.test", StringComparison.Ordinal));
        Assert.Equal("CN=second.test", await Shown(server));

        folder.File("mx.pem", second.Certificate[..200]);
        await server.Until(s => s.Console.Contains($"{certificate} is cut off", StringComparison.Ordinal));
        File.Delete(certificate);
        await server.Until(s => s.Console.Contains($"{certificate} does not exist", StringComparison.Ordinal));
        Assert.Equal("CN=second.test", await Shown(server));
    }

    [Fact]
    public async Task A_broken_file_of_any_kind_is_a_mistake_of_the_configuration()
    {
        using var folder = new TemporaryFolder();
        var good = Make("a.test");
        folder.File("a.pem", good.Certificate);
        folder.File("a.key", good.Key);
        string[] sets =
        [
            "--set", "listeners.smtp.tls=starttls", "--set", $"tls.certificates.0.certificate={folder.Path}/a.pem",
            "--set", $"tls.certificates.0.key={folder.Path}/a.key",
        ];
        Assert.Equal(ExitCodes.Ok, (await Typed.Run(["config", "check", .. sets])).ExitCode);

        var missing = await Typed.Run(["config", "check", .. sets, "--set", $"listeners.smtp.client-ca={folder.Path}/ca.pem"]);
        Assert.Equal(ExitCodes.Configuration, missing.ExitCode);
        Assert.Contains("ca.pem does not exist", missing.Complaint, StringComparison.Ordinal);

        folder.File("a.key", Make("b.test").Key);
        var mismatched = await Typed.Run(["config", "check", .. sets]);
        Assert.Equal(ExitCodes.Configuration, mismatched.ExitCode);
        Assert.Contains("a.key is not the key of", mismatched.Complaint, StringComparison.Ordinal);
    }

    /// <summary>The subject of the certificate that a client sees now.</summary>
    private static async Task<string> Shown(RunningServer server)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        var address = System.Net.IPEndPoint.Parse(server.Address);
        await tcp.ConnectAsync(address);
        var stream = tcp.GetStream();
        var buffer = new byte[4096];
        await stream.ReadAtLeastAsync(buffer, 4);
        await stream.WriteAsync("EHLO c.test\r\n"u8.ToArray());
        for (var text = ""; !text.Contains("250 ", StringComparison.Ordinal);)
        {
            text += System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
        }

        await stream.WriteAsync("STARTTLS\r\n"u8.ToArray());
        await stream.ReadAtLeastAsync(buffer, 4);
        await using var ssl = new System.Net.Security.SslStream(stream, false, (_, _, _, _) => true);
        await ssl.AuthenticateAsClientAsync("any.test");
        return ssl.RemoteCertificate!.Subject;
    }

    private static (string Certificate, string Key) Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
        return (made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
