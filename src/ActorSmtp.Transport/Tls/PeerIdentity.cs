using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace ActorSmtp.Transport;

/// <summary>Whom a verified certificate was issued to. Only made of certificates that a configured authority vouches for.</summary>
/// <param name="Subject">Its distinguished name, as RFC 4514 writes it, for logs.</param>
/// <param name="CommonName">The most specific CN of the subject; null where it has none.</param>
/// <param name="Emails">Mail addresses of its subjectAltName, in their order: rfc822Name and SmtpUTF8Mailbox (RFC 9598). Printable, never empty.</param>
/// <param name="DnsNames">Host names of its subjectAltName.</param>
/// <param name="Fingerprint">SHA-256 of the certificate, 64 hexadecimal digits in lower case.</param>
public sealed record PeerIdentity(
    string Subject, string? CommonName, ImmutableArray<string> Emails, ImmutableArray<string> DnsNames, string Fingerprint)
{
    private const string SubjectAltName = "2.5.29.17";
    private const string SmtpUtf8Mailbox = "1.3.6.1.5.5.7.8.9";
    private const string CommonNameType = "2.5.4.3";

    /// <summary>Reads it; a name that is not well formed is left out.</summary>
    internal static PeerIdentity Of(X509Certificate2 certificate)
    {
        var emails = ImmutableArray.CreateBuilder<string>();
        var hosts = ImmutableArray.CreateBuilder<string>();
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == SubjectAltName))
        {
            ReadNames(extension.RawData, emails, hosts);
        }

        return new PeerIdentity(
            certificate.SubjectName.Name, ReadCommonName(certificate.SubjectName), emails.ToImmutable(), hosts.ToImmutable(),
            certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());
    }

    /// <summary>GeneralNames ::= SEQUENCE OF GeneralName: otherName [0], rfc822Name [1], dNSName [2] … (RFC 5280 §4.2.1.6).</summary>
    private static void ReadNames(ReadOnlyMemory<byte> extension, ImmutableArray<string>.Builder emails, ImmutableArray<string>.Builder hosts)
    {
        try
        {
            var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                var tag = names.PeekTag();
                switch (tag)
                {
                    case { TagClass: TagClass.ContextSpecific, TagValue: 0 }:
                        Add(emails, OtherName(names.ReadSequence(tag)));
                        break;
                    case { TagClass: TagClass.ContextSpecific, TagValue: 1 }:
                        Add(emails, names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    case { TagClass: TagClass.ContextSpecific, TagValue: 2 }:
                        Add(hosts, names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                        break;
                    default:
                        names.ReadEncodedValue();
                        break;
                }
            }
        }
        catch (Exception e) when (e is AsnContentException or DecoderFallbackException or ArgumentException)
        {
            // What was read so far is right; the rest is left out.
        }
    }

    private static string OtherName(AsnReader name) =>
        name.ReadObjectIdentifier() == SmtpUtf8Mailbox
            ? name.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadCharacterString(UniversalTagNumber.UTF8String)
            : "";

    /// <summary>No authority should sign a name with a NUL or a line end in it; one that has them must not pass for another.</summary>
    private static void Add(ImmutableArray<string>.Builder names, string name)
    {
        if (name.Length > 0 && !name.Any(char.IsControl))
        {
            names.Add(name);
        }
    }

    private static string? ReadCommonName(X500DistinguishedName subject)
    {
        string? found = null;
        foreach (var part in subject.EnumerateRelativeDistinguishedNames(reversed: false))
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonNameType && part.GetSingleElementValue() is { } name
                && name.Length > 0 && !name.Any(char.IsControl))
            {
                found = name;
            }
        }

        return found;
    }
}
