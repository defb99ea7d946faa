using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>
/// The channel binding <c>tls-server-end-point</c> (RFC 5929 §4.1): the server's certificate, hashed as its own signature is, but by
/// SHA-256 where that is by MD5 or SHA-1. A signature of no single hash function (Ed25519, say) has no such binding.
/// </summary>
internal static class EndPointBinding
{
    private const string Pss = "1.2.840.113549.1.1.10";

    /// <summary>The hash of the certificate, or null where there is none by the RFC, or none that this system computes.</summary>
    public static byte[]? Of(X509Certificate2 certificate)
    {
        var octets = certificate.RawDataMemory;
        return HashOf(octets) is not { } hash ? null
            : hash == HashAlgorithmName.SHA384 ? SHA384.HashData(octets.Span)
            : hash == HashAlgorithmName.SHA512 ? SHA512.HashData(octets.Span)
            : hash == HashAlgorithmName.SHA3_256 && SHA3_256.IsSupported ? SHA3_256.HashData(octets.Span)
            : hash == HashAlgorithmName.SHA3_384 && SHA3_384.IsSupported ? SHA3_384.HashData(octets.Span)
            : hash == HashAlgorithmName.SHA3_512 && SHA3_512.IsSupported ? SHA3_512.HashData(octets.Span)
            : hash == HashAlgorithmName.SHA256 ? SHA256.HashData(octets.Span)
            : null;
    }

    /// <summary>Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue } (RFC 5280 §4.1).</summary>
    private static HashAlgorithmName? HashOf(ReadOnlyMemory<byte> certificate)
    {
        try
        {
            var fields = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
            fields.ReadEncodedValue();
            var algorithm = fields.ReadSequence();
            var oid = algorithm.ReadObjectIdentifier();
            return oid == Pss ? HashOfPss(algorithm.ReadSequence()) : HashOfSignature(oid);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] AlgorithmIdentifier DEFAULT sha1, … } (RFC 4055 §3.1).</summary>
    private static HashAlgorithmName? HashOfPss(AsnReader parameters)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
        return parameters.HasData && parameters.PeekTag().HasSameClassAndValue(tag)
            ? HashNamed(parameters.ReadSequence(tag).ReadSequence().ReadObjectIdentifier())
            : HashAlgorithmName.SHA256;                                                     // SHA-1, so SHA-256
    }

    private static HashAlgorithmName? HashOfSignature(string oid) => oid switch
    {
        "1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" => HashAlgorithmName.SHA256,       // RSA with MD5, SHA-1
        "1.2.840.10045.4.1" or "1.2.840.10040.4.3" => HashAlgorithmName.SHA256,             // ECDSA, DSA with SHA-1
        "1.2.840.113549.1.1.11" or "1.2.840.10045.4.3.2" or "2.16.840.1.101.3.4.3.2" => HashAlgorithmName.SHA256,
        "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" or "2.16.840.1.101.3.4.3.3" => HashAlgorithmName.SHA384,
        "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" or "2.16.840.1.101.3.4.3.4" => HashAlgorithmName.SHA512,
        "2.16.840.1.101.3.4.3.10" or "2.16.840.1.101.3.4.3.14" => HashAlgorithmName.SHA3_256,
        "2.16.840.1.101.3.4.3.11" or "2.16.840.1.101.3.4.3.15" => HashAlgorithmName.SHA3_384,
        "2.16.840.1.101.3.4.3.12" or "2.16.840.1.101.3.4.3.16" => HashAlgorithmName.SHA3_512,
        _ => null,
    };

    private static HashAlgorithmName? HashNamed(string oid) => oid switch
    {
        "1.2.840.113549.2.5" or "1.3.14.3.2.26" => HashAlgorithmName.SHA256,                // MD5, SHA-1
        "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
        "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
        "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
        "2.16.840.1.101.3.4.2.8" => HashAlgorithmName.SHA3_256,
        "2.16.840.1.101.3.4.2.9" => HashAlgorithmName.SHA3_384,
        "2.16.840.1.101.3.4.2.10" => HashAlgorithmName.SHA3_512,
        _ => null,
    };
}
