using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Protocol.Dns;
using ActorSmtp.Server.Tests.Certificates;
using ActorSmtp.Testing.Dns;

namespace ActorSmtp.Server.Tests.Outbound.Relaying;

/// <summary>
/// A zone that is really signed (ldns, with keys made for it), and one that is not, in a real validating resolver (unbound) that has the key of the first as its trust anchor. Some of its
/// records were changed after they had been signed.
/// </summary>
public sealed class SignedZone : IAsyncLifetime
{
    private const string Signer = "/usr/bin/ldns-signzone";
    private const string Forger = "192.0.2.66";

    private Unbound? _unbound;

    /// <summary>Why there is none; null: there is.</summary>
    public static string? Missing => !Unbound.IsInstalled ? Unbound.NotInstalled : !File.Exists(Signer) ? $"{Signer} is not installed (Debian: ldnsutils); ./test.sh installs it" : null;

    /// <summary>Of the servers that the records name rightly.</summary>
    public X509Certificate2 Certificate { get; } = Issued.For("whatever.test");

    public System.Net.IPEndPoint Server => _unbound!.Server;

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        var folder = Directory.CreateTempSubdirectory("actorsmtp-signed-");
        var (good, bad, forged) = (Convert.ToHexString(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo())), new string('b', 64), new string('c', 64));
        var zone = Path.Combine(folder.FullName, "signed.zone");
        await File.WriteAllTextAsync(zone, $"""
            signed.example. 300 IN SOA ns.signed.example. hostmaster.signed.example. 1 3600 600 86400 60
            signed.example. 300 IN NS ns.signed.example.
            ns.signed.example. 300 IN A 192.0.2.53
            good.signed.example. 300 IN MX 10 mxg.signed.example.
            mxg.signed.example. 300 IN A 192.0.2.1
            _25._tcp.mxg.signed.example. 300 IN TLSA 3 1 1 {good}
            wrong.signed.example. 300 IN MX 10 mxw.signed.example.
            mxw.signed.example. 300 IN A 192.0.2.1
            _25._tcp.mxw.signed.example. 300 IN TLSA 3 1 1 {bad}
            plain.signed.example. 300 IN MX 10 mxp.signed.example.
            mxp.signed.example. 300 IN A 192.0.2.1
            host.signed.example. 300 IN MX 10 mxh.signed.example.
            mxh.signed.example. 300 IN A 192.0.2.33
            forged.signed.example. 300 IN MX 10 mxf.signed.example.
            mxf.signed.example. 300 IN A 192.0.2.1
            _25._tcp.mxf.signed.example. 300 IN TLSA 3 1 1 {new string('d', 64)}
            hosted.signed.example. 300 IN MX 10 mxa.signed.example.
            mxa.signed.example. 300 IN CNAME mx.unsigned.example.
            _25._tcp.mxa.signed.example. 300 IN TLSA 3 1 1 {good}

            """);
        var keys = new List<string>();
        foreach (var role in (string[][])[["-k"], []])
        {
            keys.Add((await RunAsync(folder, "/usr/bin/ldns-keygen", ["-r", "/dev/urandom", "-a", "ECDSAP256SHA256", .. role, "signed.example"])).Trim());
        }

        await RunAsync(folder, Signer, ["-f", "signed.zone", "signed.zone", .. keys]);
        var signed = await File.ReadAllTextAsync(zone);
        Assert.Contains("RRSIG", signed, StringComparison.Ordinal);
        await File.WriteAllTextAsync(zone, signed.Replace("192.0.2.33", Forger, StringComparison.Ordinal).Replace(new string('d', 64), forged, StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "unsigned.zone"), $"""
            unsigned.example. 300 IN SOA ns.unsigned.example. hostmaster.unsigned.example. 1 3600 600 86400 60
            unsigned.example. 300 IN NS ns.unsigned.example.
            ns.unsigned.example. 300 IN A 192.0.2.53
            unsigned.example. 300 IN MX 10 mx.unsigned.example.
            mx.unsigned.example. 300 IN A 192.0.2.1
            _25._tcp.mx.unsigned.example. 300 IN TLSA 3 1 1 {bad}

            """);
        _unbound = await Unbound.StartAsync(
            "validator iterator",
            $"  trust-anchor-file: \"{folder.FullName}/{keys[0]}.key\"\n",
            string.Concat(((string[])["signed", "unsigned"]).Select(z =>
                $"auth-zone:\n  name: \"{z}.example.\"\n  zonefile: \"{folder.FullName}/{z}.zone\"\n  for-upstream: yes\n  for-downstream: no\n  fallback-enabled: no\n")),
            new DnsQuestion(DnsName.Parse("good.signed.example"), DnsType.Mx),
            folder);
    }

    public async Task DisposeAsync()
    {
        if (_unbound is not null)
        {
            await _unbound.DisposeAsync();
        }

        Certificate.Dispose();
    }

    private static async Task<string> RunAsync(DirectoryInfo folder, string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await errors}");
    }
}
