using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Transport;

namespace ActorSmtp.Testing.Peers;

/// <summary>An authority that the tests trust, and certificates of every kind that servers show.</summary>
public static class PeerCertificates
{
    private static readonly ConcurrentDictionary<string, X509Certificate2> _made = new();
    private static readonly X509Certificate2 _root = Root("peers' root");
    private static readonly X509Certificate2 _stranger = Root("nobody's root");

    /// <summary>What a client of these tests trusts.</summary>
    public static X509Certificate2Collection Trusted { get; } = [X509CertificateLoader.LoadCertificate(_root.RawData)];

    /// <summary>What a peer of this kind takes a handshake with: good, wrong (another name), expired, stranger, none (an alert).</summary>
    /// <exception cref="FormatException">There is no such kind.</exception>
    public static TlsServerOptions For(string kind, string name) => kind switch
    {
        "none" => new TlsServerOptions { Certificate = _ => null },
        "good" => TlsServerOptions.For(Made(name, false, false)),
        "wrong" => TlsServerOptions.For(Made("elsewhere.test", false, false)),
        "expired" => TlsServerOptions.For(Made(name, true, false)),
        "stranger" => TlsServerOptions.For(Made(name, false, true)),
        _ => throw new FormatException($"'tls {kind}': expected good, wrong, expired, stranger or none"),
    };

    private static X509Certificate2 Made(string name, bool expired, bool stranger) => _made.GetOrAdd($"{name} {expired} {stranger}", _ =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var until = expired ? DateTimeOffset.UnixEpoch.AddYears(40) : DateTimeOffset.UnixEpoch.AddYears(150);
        using var signed = request.Create(stranger ? _stranger : _root, DateTimeOffset.UnixEpoch.AddYears(1), until, RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    });

    private static X509Certificate2 Root(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
