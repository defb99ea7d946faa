using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Protocol.Tokens;

namespace ActorSmtp.Protocol.Tests.Tokens;

/// <summary>Which keys of a set are used: RFC 7517, RFC 7518 §6.</summary>
public sealed class IssuerKeysTests
{
    private static readonly Issuer Issuer = new();

    [Fact]
    public void A_set_is_read_and_its_keys_have_names()
    {
        var keys = Issuer.Keys;
        Assert.Equal(2, keys.Count);
        Assert.Equal(["r", "e"], keys.Names);
    }

    /// <summary>RFC 7517 §5: keys that are not understood are no reason to refuse the others.</summary>
    [Theory]
    [InlineData("""{"kty":"oct","kid":"r","k":"AAAA"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA"}""")]
    [InlineData("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""")]
    [InlineData("""{"kty":"RSA","e":"AQAB"}""")]
    [InlineData("""{"kty":5}""")]
    [InlineData("5")]
    public void Keys_of_other_kinds_are_skipped(string jwk) => Assert.Equal(["r"], Issuer.Parse(Issuer.Set(jwk, Issuer.RsaJwk)).Names);

    [Theory]
    [InlineData("\"use\":\"sig\"", "\"use\":\"enc\"")]
    [InlineData("\"use\":\"sig\"", "\"use\":5")]
    [InlineData("\"use\":\"sig\"", "\"key_ops\":[\"sign\"]")]
    [InlineData("\"alg\":\"RS256\"", "\"alg\":\"RS512\"")]
    [InlineData("\"alg\":\"RS256\"", "\"alg\":\"RSA-OAEP\"")]
    public void Keys_for_other_uses_are_skipped(string before, string after) =>
        Assert.Null(IssuerKeys.TryParse(Encoding.UTF8.GetBytes(Issuer.Set(Issuer.RsaJwk.Replace(before, after, StringComparison.Ordinal))), out _));

    [Fact]
    public void A_weak_key_and_a_point_beside_the_curve_are_skipped()
    {
        using var weak = RSA.Create(1024);
        var parameters = weak.ExportParameters(false);
        Assert.Null(IssuerKeys.TryParse(Encoding.UTF8.GetBytes(Issuer.Set(
            Issuer.Json(new { kty = "RSA", n = Issuer.Url(parameters.Modulus!), e = Issuer.Url(parameters.Exponent!) }))), out _));
        var beside = Issuer.Url([.. Enumerable.Repeat((byte)1, 32)]);
        Assert.Null(IssuerKeys.TryParse(Encoding.UTF8.GetBytes(Issuer.Set(Issuer.Json(new { kty = "EC", crv = "P-256", x = beside, y = beside }))), out _));
    }

    [Theory]
    [InlineData("", "no JWK Set")]
    [InlineData("[]", "no JWK Set")]
    [InlineData("{}", "no JWK Set")]
    [InlineData("""{"keys":{}}""", "no JWK Set")]
    [InlineData("""{"keys":[]}""", "no key for signatures")]
    [InlineData("<html>", "no JWK Set")]
    public void What_is_no_set_is_told(string text, string problem)
    {
        Assert.Null(IssuerKeys.TryParse(Encoding.UTF8.GetBytes(text), out var told));
        Assert.Contains(problem, told, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_without_end_is_refused_unread()
    {
        Assert.Null(IssuerKeys.TryParse(new byte[IssuerKeys.MaxOctets + 1], out var told));
        Assert.Contains("octets", told, StringComparison.Ordinal);
    }
}
