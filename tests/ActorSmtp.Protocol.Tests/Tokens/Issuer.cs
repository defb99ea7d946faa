using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorSmtp.Protocol.Tokens;

namespace ActorSmtp.Protocol.Tests.Tokens;

/// <summary>A token issuer for tests: two keys, the set that publishes them, and tokens as it (or somebody else) would sign them.</summary>
internal sealed class Issuer
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TokenRules Rules { get; } = new("https://issuer.example", ["smtp", "mail.example.com"], "", "email", TimeSpan.FromMinutes(1));

    public string RsaJwk => Json(new { kty = "RSA", kid = "r", use = "sig", alg = "RS256", n = Url(_rsa.ExportParameters(false).Modulus!), e = Url(_rsa.ExportParameters(false).Exponent!) });

    public string EcJwk => Json(new { kty = "EC", kid = "e", crv = "P-256", x = Url(_ec.ExportParameters(false).Q.X!), y = Url(_ec.ExportParameters(false).Q.Y!) });

    public IssuerKeys Keys => Parse(Set(RsaJwk, EcJwk));

    public static string Set(params string[] keys) => $$"""{"keys":[{{string.Join(',', keys)}}]}""";

    public static IssuerKeys Parse(string set) => IssuerKeys.TryParse(Encoding.UTF8.GetBytes(set), out var problem) ?? throw new FormatException(problem);

    /// <summary>The claims of a good token, with some changed; null takes one out.</summary>
    public static string Claims(params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Rules.Issuer,
            ["aud"] = "smtp",
            ["exp"] = Now.ToUnixTimeSeconds() + 600,
            ["email"] = "barbie@example.com",
        };
        foreach (var (name, value) in changes)
        {
            claims[name] = value;
        }

        return Json(claims.Where(c => c.Value is not null).ToDictionary(c => c.Key, c => c.Value));
    }

    public string Rs256(string claims, string header = """{"alg":"RS256","kid":"r"}""") =>
        Join(header, claims, signed => _rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public string Es256(string claims, string header = """{"alg":"ES256","kid":"e"}""") =>
        Join(header, claims, signed => _ec.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    /// <summary>Signed with a secret that everybody knows: the public key (RFC 8725 §2.1).</summary>
    public string Hs256(string claims) => Join("""{"alg":"HS256","kid":"r"}""", claims, signed => HMACSHA256.HashData(_rsa.ExportSubjectPublicKeyInfo(), signed));

    public static string Join(string header, string claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Url(Encoding.UTF8.GetBytes(header))}.{Url(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Url(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Url(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static string Json(object value) => JsonSerializer.Serialize(value);
}
