using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Storage.Certificates;

/// <summary>
/// The certificate a server makes for itself at the first start, under <c>data-dir/tls</c>, and keeps, so that a client which remembers it is
/// not frightened by every restart.
/// </summary>
internal static class SelfSignedCertificate
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(3650);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(1);

    /// <summary>Where it lies.</summary>
    public static string PathIn(string dataDirectory) => Path.Combine(dataDirectory, "tls", "self-signed.crt");

    /// <summary>Where its key lies, for the server's user alone.</summary>
    public static string KeyPathIn(string dataDirectory) => Path.Combine(dataDirectory, "tls", "self-signed.key");

    /// <summary>Makes it where there is none, where it is about to expire, and where the server's name is another now.</summary>
    /// <param name="hostname">The name it is for; localhost and the loopback addresses besides.</param>
    /// <exception cref="StoreException">It cannot be read or written.</exception>
    public static void MakeIfNeeded(string dataDirectory, string hostname, TimeProvider time)
    {
        var (certificate, key) = (PathIn(dataDirectory), KeyPathIn(dataDirectory));
        try
        {
            if (File.Exists(certificate) && File.Exists(key))
            {
                var text = File.ReadAllText(certificate);
                using var kept = PemFiles.ReadPair(certificate, text, key, File.ReadAllText(key)).Certificate;
                if (kept.NotAfter.ToUniversalTime() > time.GetUtcNow().UtcDateTime + RenewBefore
                    && kept.MatchesHostname(hostname, allowWildcards: false, allowCommonName: false))
                {
                    return;
                }
            }

            MakeFolder(Path.GetDirectoryName(certificate)!);
            Make(hostname, time, out var certificatePem, out var keyPem);
            Write(key, keyPem, isSecret: true);
            Write(certificate, certificatePem, isSecret: false);
        }
        catch (Exception cannot) when (cannot is (IOException or UnauthorizedAccessException) and not StoreException)
        {
            throw new StoreException($"a certificate cannot be written to {Path.GetDirectoryName(certificate)}: {cannot.Message}", cannot);
        }
    }

    private static void Make(string hostname, TimeProvider time, out string certificatePem, out string keyPem)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={hostname}"), pair, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostname);
        if (hostname != "localhost")
        {
            names.AddDnsName("localhost");
        }

        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));     // server
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now + Validity);
        certificatePem = made.ExportCertificatePem() + "\n";
        keyPem = pair.ExportPkcs8PrivateKeyPem() + "\n";
    }

    private static void MakeFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Written aside and renamed: a start that is cut off leaves no half certificate.</summary>
    private static void Write(string path, string text, bool isSecret)
    {
        var aside = path + ".new";
        File.Delete(aside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
                | (isSecret ? UnixFileMode.None : UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        using (var writer = new StreamWriter(new FileStream(aside, options)))
        {
            writer.Write(text);
        }

        File.Move(aside, path, overwrite: true);
    }
}
