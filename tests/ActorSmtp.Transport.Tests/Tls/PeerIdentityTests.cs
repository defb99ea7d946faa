using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>What is read out of a certificate that was verified.</summary>
public sealed class PeerIdentityTests
{
    [Fact]
    public void Names_of_every_kind_are_read()
    {
        var peer = PeerIdentity.Of(Make("O=Mattel, OU=x, CN=Barbie", w =>
        {
            w.WriteCharacterString(UniversalTagNumber.IA5String, "barbie@example.com", new Asn1Tag(TagClass.ContextSpecific, 1));
            w.WriteCharacterString(UniversalTagNumber.IA5String, "host.example.com", new Asn1Tag(TagClass.ContextSpecific, 2));
            Utf8Mailbox(w, "jörg@example.com");
            w.WriteOctetString([127, 0, 0, 1], new Asn1Tag(TagClass.ContextSpecific, 7));
            w.WriteCharacterString(UniversalTagNumber.IA5String, "ken@example.com", new Asn1Tag(TagClass.ContextSpecific, 1));
        }));
        Assert.Equal("Barbie", peer.CommonName);
        Assert.Equal(["barbie@example.com", "jörg@example.com", "ken@example.com"], peer.Emails.ToArray());
        Assert.Equal(["host.example.com"], peer.DnsNames.ToArray());
        Assert.Contains("CN=Barbie", peer.Subject, StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{64}$", peer.Fingerprint);
    }

    [Fact]
    public void A_name_with_a_control_character_in_it_is_left_out()
    {
        var peer = PeerIdentity.Of(Make("CN=\"ann\nbob\"", w =>
        {
            w.WriteCharacterString(UniversalTagNumber.IA5String, "ann@example.com\0.evil.test", new Asn1Tag(TagClass.ContextSpecific, 1));
            w.WriteCharacterString(UniversalTagNumber.IA5String, "", new Asn1Tag(TagClass.ContextSpecific, 1));
        }));
        Assert.Null(peer.CommonName);
        Assert.Empty(peer.Emails);
    }

    [Fact]
    public void A_certificate_without_names_has_none()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var peer = PeerIdentity.Of(Sign(new CertificateRequest("O=Mattel", key, HashAlgorithmName.SHA256)));
        Assert.Null(peer.CommonName);
        Assert.Empty(peer.Emails);
        Assert.Empty(peer.DnsNames);
    }

    [Fact]
    public void Names_that_are_not_well_formed_do_no_harm()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (byte[] junk in new byte[][] { [], [0x30], [0x30, 0x7f, 1], [0x30, 4, 0x81, 2, 0xff, 0xfe], [0x30, 4, 0xa0, 2, 0x06, 0x00], [4, 1, 0] })
        {
            var request = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509Extension("2.5.29.17", junk, critical: false));
            Assert.Empty(PeerIdentity.Of(Sign(request)).Emails);
        }
    }

    private static void Utf8Mailbox(AsnWriter w, string address)
    {
        using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            w.WriteObjectIdentifier("1.3.6.1.5.5.7.8.9");
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            {
                w.WriteCharacterString(UniversalTagNumber.UTF8String, address);
            }
        }
    }

    private static X509Certificate2 Make(string subject, Action<AsnWriter> names)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            names(writer);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", writer.Encode(), critical: false));
        return Sign(request);
    }

    private static X509Certificate2 Sign(CertificateRequest request) => request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UtcNow.AddDays(1));
}
