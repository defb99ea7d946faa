using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>RFC 5929 §4.1: which hash of the certificate both sides bind to.</summary>
public sealed class EndPointBindingTests
{
    public static TheoryData<string, string> Hashes => new()
    {
        { "SHA256", "SHA256" },
        { "SHA384", "SHA384" },
        { "SHA512", "SHA512" },
    };

    [Theory]
    [MemberData(nameof(Hashes))]
    public void The_certificate_is_hashed_as_its_signature_is(string signature, string expected)
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var hash = new HashAlgorithmName(signature);
        Check(new CertificateRequest("CN=mx.test", ec, hash), expected);
        Check(new CertificateRequest("CN=mx.test", rsa, hash, RSASignaturePadding.Pkcs1), expected);
        Check(new CertificateRequest("CN=mx.test", rsa, hash, RSASignaturePadding.Pss), expected);
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.4")]    // MD5 with RSA
    [InlineData("1.2.840.113549.1.1.5")]    // SHA-1 with RSA
    [InlineData("1.2.840.10045.4.1")]       // SHA-1 with ECDSA
    public void For_a_hash_that_is_too_weak_SHA_256_stands_in(string algorithm)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=mx.test", key, HashAlgorithmName.SHA256).Create(
            new X500DistinguishedName("CN=old"), new Weak(algorithm, key), DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddDays(1), [1]);
        Assert.Equal(SHA256.HashData(certificate.RawData), EndPointBinding.Of(certificate));
    }

    [Fact]
    public void A_signature_without_a_hash_function_gives_no_binding()
    {
        using var certificate = X509Certificate2.CreateFromPem(Ed25519);
        Assert.Null(EndPointBinding.Of(certificate));
    }

    private static void Check(CertificateRequest request, string expected)
    {
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(CryptographicOperations.HashData(new HashAlgorithmName(expected), certificate.RawData), EndPointBinding.Of(certificate));
    }

    /// <summary>Signs nothing, and says that it did by an algorithm nobody should use any more.</summary>
    private sealed class Weak(string algorithm, ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(algorithm);
            }

            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => [1, 2, 3];

        protected override PublicKey BuildPublicKey() => new(key);
    }

    // openssl req -x509 -newkey ed25519 -nodes -subj /CN=mx.test -days 36500
    private const string Ed25519 = """
        -----BEGIN CERTIFICATE-----
        MIIBOjCB7aADAgECAhRpPmm9OOKTMmsbAFCJhXfnf1udizAFBgMrZXAwEjEQMA4G
        A1UEAwwHbXgudGVzdDAgFw0yNjExMjIwOTMyMDNaGA8yMTI2MTAyOTA5MzIwM1ow
        EjEQMA4GA1UEAwwHbXgudGVzdDAqMAUGAytlcAMhAOTaZZq61xyZYBeJVSJW6r+u
        QTStQlib6kaEPm0XSM2Ro1MwUTAdBgNVHQ4EFgQUN6ptF1k6bXVqSGDaAqnKhtVr
        vsMwHwYDVR0jBBgwFoAUN6ptF1k6bXVqSGDaAqnKhtVrvsMwDwYDVR0TAQH/BAUw
        AwEB/zAFBgMrZXADQQCln7vp/s9r9BEyeXxjeFI0siKN0JFRk5a6EwYsicFw3jxp
        V+ZHrxVUbYkv6fThycwAurmdL27tkawhcQR/xjEF
        -----END CERTIFICATE-----
        """;
}
