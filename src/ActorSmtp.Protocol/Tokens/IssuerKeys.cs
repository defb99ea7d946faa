using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace ActorSmtp.Protocol.Tokens;

/// <summary>The algorithms of signatures that are taken (RFC 7518 §3.1); none with a shared secret, and never "none".</summary>
internal enum SignatureAlgorithm
{
    Rs256,
    Es256,
}

/// <summary>
/// An issuer's public keys: a JWK Set (RFC 7517 §5). Keys of other kinds or for other uses are skipped, as §5 asks; so are those too weak to
/// be believed (RSA below 2048 bits) and too large to be checked in good time.
/// </summary>
public sealed class IssuerKeys
{
    /// <summary>Most octets of a key set that is read.</summary>
    public const int MaxOctets = 256 * 1024;

    private const int MostKeys = 64;

    private readonly ImmutableArray<Key> _keys;

    private IssuerKeys(ImmutableArray<Key> keys) => _keys = keys;

    /// <summary>No keys: nothing can be verified.</summary>
    public static IssuerKeys None { get; } = new([]);

    /// <summary>How many keys can be used.</summary>
    public int Count => _keys.Length;

    /// <summary>Their names ("kid"), for logs; those that have none are left out.</summary>
    public IEnumerable<string> Names => _keys.Select(k => k.Id).OfType<string>();

    /// <summary>Reads a key set; null, and what is wrong with it, where it is none or holds no key that can be used.</summary>
    public static IssuerKeys? TryParse(ReadOnlyMemory<byte> octets, out string problem)
    {
        problem = "";
        if (octets.Length > MaxOctets)
        {
            problem = $"it has more than {MaxOctets} octets";
            return null;
        }

        using var document = StrictJson.Parse(octets);
        if (document is null || !document.RootElement.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            problem = "it is no JWK Set: an object with a list \"keys\" was expected";
            return null;
        }

        ImmutableArray<Key> keys = [.. list.EnumerateArray().Take(MostKeys).Select(Read).OfType<Key>()];
        if (keys.IsEmpty)
        {
            problem = "it holds no key for signatures by RS256 (2048 bits or more) or ES256";
            return null;
        }

        return new IssuerKeys(keys);
    }

    /// <summary>Whether some key of this name, or some key at all where none is named, is for the algorithm.</summary>
    internal bool Has(SignatureAlgorithm algorithm, string? id) => _keys.Any(k => k.Algorithm == algorithm && (id is null || k.Id == id));

    /// <summary>Whether one of those keys made this signature.</summary>
    internal bool Verify(SignatureAlgorithm algorithm, string? id, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        foreach (var key in _keys)
        {
            if (key.Algorithm == algorithm && (id is null || key.Id == id) && key.Verify(signed, signature))
            {
                return true;
            }
        }

        return false;
    }

    private static Key? Read(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object
            || (jwk.TryGetProperty("use", out _) && StrictJson.Text(jwk, "use") != "sig")
            || (jwk.TryGetProperty("key_ops", out _) && StrictJson.Texts(jwk, "key_ops")?.Contains("verify") != true))
        {
            return null;
        }

        var algorithm = StrictJson.Text(jwk, "alg");
        var id = StrictJson.Text(jwk, "kid");
        return StrictJson.Text(jwk, "kty") switch
        {
            "RSA" when algorithm is null or "RS256" => ReadRsa(jwk, id),
            "EC" when (algorithm is null or "ES256") && StrictJson.Text(jwk, "crv") == "P-256" => ReadEc(jwk, id),
            _ => null,
        };
    }

    /// <summary>RFC 7518 §6.3.1; §3.3 asks for 2048 bits at least.</summary>
    private static RsaKey? ReadRsa(JsonElement jwk, string? id) =>
        Octets(jwk, "n", 1024) is { } n && Octets(jwk, "e", 4) is { } e && n.Length >= 256 && n[0] >= 0x80 && e[0] != 0 && (e[^1] & 1) == 1 && (e.Length > 1 || e[0] >= 3)
            ? new RsaKey(id, new RSAParameters { Modulus = n, Exponent = e })
            : null;

    /// <summary>RFC 7518 §6.2.1.</summary>
    private static EcKey? ReadEc(JsonElement jwk, string? id)
    {
        if (Octets(jwk, "x", 32) is not { Length: 32 } x || Octets(jwk, "y", 32) is not { Length: 32 } y)
        {
            return null;
        }

        var key = new EcKey(id, new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        return key.IsSound() ? key : null;
    }

    private static byte[]? Octets(JsonElement jwk, string name, int most) =>
        StrictJson.Text(jwk, name) is { } text && Base64Url.TryDecode(text, most, out var octets) && octets.Length > 0 ? octets : null;

    private abstract record Key(string? Id, SignatureAlgorithm Algorithm)
    {
        public abstract bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature);
    }

    // Made anew for each signature: the objects are not promised to be used by several threads at once.
    private sealed record RsaKey(string? Id, RSAParameters Parameters) : Key(Id, SignatureAlgorithm.Rs256)
    {
        public override bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
        {
            using var rsa = RSA.Create(Parameters);
            return signature.Length == Parameters.Modulus!.Length
                && rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
    }

    private sealed record EcKey(string? Id, ECParameters Parameters) : Key(Id, SignatureAlgorithm.Es256)
    {
        /// <summary>Whether the point is on the curve.</summary>
        public bool IsSound()
        {
            try
            {
                using var key = ECDsa.Create(Parameters);
                return true;
            }
            catch (CryptographicException)
            {
                return false;
            }
        }

        public override bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
        {
            using var key = ECDsa.Create(Parameters);
            return signature.Length == 64
                && key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
