using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport.Tests;

/// <summary>Self-signed certificates, made once per name.</summary>
internal static class Certificates
{
    private static readonly Dictionary<string, X509Certificate2> _made = [];

    public static X509Certificate2 For(string name)
    {
        lock (_made)
        {
            if (_made.TryGetValue(name, out var made))
            {
                return made;
            }

            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
            using var signed = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
            return _made[name] = X509CertificateLoader.LoadPkcs12(signed.Export(X509ContentType.Pkcs12), null);
        }
    }
}
