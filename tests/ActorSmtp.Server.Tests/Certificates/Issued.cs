using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Tests.Certificates;

/// <summary>Certificates for tests, self-signed or by an authority.</summary>
internal static class Issued
{
    public static StoredCertificates Stored(string name, DateTimeOffset? notAfter = null) => new("", For(name, notAfter), [], IsSelfSigned: false);

    public static StoredCertificates Authorities(params X509Certificate2[] certificates) => new("", null, [.. certificates], IsSelfSigned: false);

    public static X509Certificate2 For(string name, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var end = notAfter ?? DateTimeOffset.UtcNow.AddYears(1);
        return Usable(Request($"CN={name}", key, n => n.AddDnsName(name)).CreateSelfSigned(end.AddYears(-5), end));
    }

    /// <summary>An authority of the test's own.</summary>
    public static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return Usable(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddYears(2)));
    }

    /// <summary>A person's certificate.</summary>
    public static X509Certificate2 Person(X509Certificate2 authority, string name, string email, TimeSpan validFor)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request($"CN={name}", key, n => n.AddEmailAddress(email));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var end = DateTimeOffset.UtcNow + validFor;
        using var made = request.Create(authority, end.AddDays(-1.5) > authority.NotBefore ? end.AddDays(-1.5) : authority.NotBefore, end, RandomNumberGenerator.GetBytes(8));
        using var both = made.CopyWithPrivateKey(key);
        return Usable(both);
    }

    private static CertificateRequest Request(string subject, ECDsa key, Action<SubjectAlternativeNameBuilder> name)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        name(names);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
