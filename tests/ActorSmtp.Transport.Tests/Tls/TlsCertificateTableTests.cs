using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport.Tests.Tls;

/// <summary>Which certificate a client gets for the name that it asks for.</summary>
public sealed class TlsCertificateTableTests
{
    private static readonly TlsCertificate Default = Make("mx.test"), Wild = Make("*.wild.test", "wild.test"), One = Make("one.wild.test"), Old = MakeOld("old.test");

    private readonly TlsCertificateTable _table = new(Default, [Wild, One, Old, Make("mx.test")]);

    [Theory]
    [InlineData(null, "mx.test")]
    [InlineData("", "mx.test")]
    [InlineData("mx.test", "mx.test")]
    [InlineData("MX.Test.", "mx.test")]
    [InlineData("nobody.test", "mx.test")]
    [InlineData("wild.test", "*.wild.test")]
    [InlineData("a.wild.test", "*.wild.test")]
    [InlineData("A.WILD.TEST", "*.wild.test")]
    [InlineData("one.wild.test", "one.wild.test")]      // the very name before the wildcard
    [InlineData("a.b.wild.test", "mx.test")]            // a wildcard is one label
    [InlineData(".wild.test", "mx.test")]
    [InlineData("*.wild.test", "*.wild.test")]
    [InlineData("old.test", "old.test")]                // no subjectAltName: the common name
    public void A_name_has_its_certificate(string? name, string expected) => Assert.Equal(expected, _table.Choose(name).Names[0]);

    [Fact]
    public void The_first_of_two_for_one_name_is_taken() => Assert.Same(Default, _table.Choose("mx.test"));

    private static TlsCertificate Make(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        Array.ForEach(names, alternatives.AddDnsName);
        request.CertificateExtensions.Add(alternatives.Build());
        return TlsCertificate.Of(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)));
    }

    private static TlsCertificate MakeOld(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TlsCertificate.Of(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)));
    }
}
