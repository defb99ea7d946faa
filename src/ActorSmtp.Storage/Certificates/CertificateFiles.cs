using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Storage;

/// <summary>A server's certificate as it lies on disk.</summary>
/// <param name="Certificate">With its private key.</param>
/// <param name="Chain">Those of the authorities between it and a known one, as the file has them.</param>
/// <param name="IsSelfSigned">It was made here and nobody vouches for it.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain, bool IsSelfSigned);

/// <summary>
/// Reads the certificate of the TLS listeners from PEM files, or makes a self-signed one under <c>data-dir/tls</c> at the first start and
/// keeps it, so that a client which remembers it is not frightened by every restart.
/// </summary>
public static class CertificateFiles
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(3650);

    /// <summary>Reads the configured files.</summary>
    /// <param name="certificate">PEM: the certificate, then its chain.</param>
    /// <param name="key">PEM: its private key, not encrypted.</param>
    /// <exception cref="StoreException">A file is missing, may not be read, holds no PEM, or the two do not belong together.</exception>
    public static ServerCertificate Load(string certificate, string key)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(File.ReadAllText(certificate));
            if (all.Count == 0)
            {
                throw new StoreException($"{certificate} holds no certificate in PEM form");
            }

            var leaf = X509Certificate2.CreateFromPem(File.ReadAllText(certificate), File.ReadAllText(key));
            return new ServerCertificate(leaf, [.. all.Skip(1)], IsSelfSigned: false);
        }
        catch (Exception cannot) when (cannot is CryptographicException or ArgumentException)
        {
            throw new StoreException($"{certificate} and {key} are no certificate and its key: {cannot.Message}", cannot);
        }
        catch (Exception cannot) when (cannot is (IOException or UnauthorizedAccessException) and not StoreException)
        {
            throw new StoreException(cannot.Message, cannot);
        }
    }

    /// <summary>The one made here: read again, or made if there is none, if it has expired, or if the server's name is another now.</summary>
    /// <param name="hostname">The name it is for; localhost and the loopback addresses besides.</param>
    /// <exception cref="StoreException">It cannot be read or written.</exception>
    public static ServerCertificate LoadOrMake(string dataDirectory, string hostname, TimeProvider time)
    {
        var folder = Path.Combine(dataDirectory, "tls");
        var (certificate, key) = (Path.Combine(folder, "self-signed.crt"), Path.Combine(folder, "self-signed.key"));
        if (File.Exists(certificate) && File.Exists(key))
        {
            var kept = Load(certificate, key).Certificate;
            if (kept.NotAfter > time.GetUtcNow().UtcDateTime && kept.MatchesHostname(hostname, allowWildcards: false, allowCommonName: false))
            {
                return new ServerCertificate(kept, [], IsSelfSigned: true);
            }

            kept.Dispose();
        }

        try
        {
            MakeFolder(folder);
            Make(hostname, time, out var certificatePem, out var keyPem);
            Write(key, keyPem, isSecret: true);
            Write(certificate, certificatePem, isSecret: false);
        }
        catch (Exception cannot) when (cannot is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"a certificate cannot be written to {folder}: {cannot.Message}", cannot);
        }

        return new ServerCertificate(Load(certificate, key).Certificate, [], IsSelfSigned: true);
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
