using System.Formats.Asn1;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>A key as a domain publishes it (RFC 6376 §3.6.1, RFC 8463 §4.2), that can be used.</summary>
internal sealed class DkimKey
{
    /// <summary>RFC 8301 §3.2 wants up to these taken. Twice as many cost four times the work, fifty times over in a hostile chain.</summary>
    private const int MostRsaBits = 4096;
    private const string RsaEncryption = "1.2.840.113549.1.1.1";

    /// <summary>Keys that are kept ready. Whose record stands in the place of another's takes it: so there are never more.</summary>
    private const int MostKept = 512;

    /// <summary>Characters of a record that is kept: one of 4,096 bits has some 750. Strangers say what stands there.</summary>
    private const int MostKeptText = 4096;

    private static readonly Kept?[] s_kept = new Kept?[MostKept];

    private readonly byte[] _octets;
    private readonly RSAParameters? _rsa;
    private RSA? _ready;                // OpenSSL's key, made once: that takes longer than to verify with it

    private DkimKey(byte[] octets, RSAParameters? rsa, bool isTesting, bool isStrict) => (_octets, _rsa, IsTesting, IsStrict) = (octets, rsa, isTesting, isStrict);

    /// <summary>t=y: the domain only tries.</summary>
    public bool IsTesting { get; }

    /// <summary>t=s: i= must be of the very domain in d=.</summary>
    public bool IsStrict { get; }

    /// <summary>Of an RSA key; 0: it is one of Ed25519.</summary>
    public int RsaBits => (_rsa?.Modulus?.Length ?? 0) * 8;

    /// <summary>What the key is for.</summary>
    public DkimAlgorithm Algorithm => _rsa is null ? DkimAlgorithm.Ed25519Sha256 : DkimAlgorithm.RsaSha256;

    /// <summary>The key in an answer: the first record that is one, of three at most (RFC 6376 §3.6.2.2: more than one are undefined).</summary>
    /// <param name="problem">Empty: the key can be used. Else what is wrong, also with a key that comes back.</param>
    public static DkimKey? Of(DnsOutcome answer, DkimAlgorithm algorithm, int leastRsaBits, out string problem)
    {
        problem = answer is DnsFailed failed ? $"the key cannot be looked up now: {failed.Words}" : "there is no such key";
        DkimKey? key = null;
        foreach (var record in answer is DnsFound found ? found.Records.OfType<TxtRecord>().Take(3) : [])
        {
            key ??= Read(record.Text, out problem);
        }

        if (key is null)
        {
            return null;
        }

        problem = key.Algorithm != algorithm ? "the key is of another kind"
            : key.RsaBits is > 0 and var bits && bits < Math.Max(1024, leastRsaBits) ? $"an RSA key of {bits} bits is too short"       // RFC 8301 §3.2
            : "";
        return key;
    }

    /// <summary>Reads a record, or knows it from before; what is wrong where null comes back.</summary>
    public static DkimKey? Read(string text, out string problem)
    {
        if (text.Length > MostKeptText)
        {
            return TryParse(text, out problem);
        }

        ref var place = ref s_kept[(uint)text.GetHashCode(StringComparison.Ordinal) % MostKept];
        if (Volatile.Read(ref place) is not { } kept || kept.Text != text)
        {
            var key = TryParse(text, out problem);
            Volatile.Write(ref place, kept = new Kept(text, key, problem));
        }

        problem = kept.Problem;
        return kept.Key;
    }

    /// <summary>Reads a record; what is wrong where null comes back.</summary>
    public static DkimKey? TryParse(string text, out string problem)
    {
        if (!TagList.TryParse(text, out var tags, out problem))
        {
            problem = $"the key cannot be read: {problem}";
            return null;
        }

        if (tags["v"] is { } version && (version != "DKIM1" || tags.FirstName != "v"))
        {
            problem = "the key's version is not DKIM1";
            return null;
        }

        if (tags.List("h") is { } hashes && !hashes.Contains("sha256", StringComparer.Ordinal))
        {
            problem = "the key is not for sha256";
            return null;
        }

        if (tags.List("s") is { } services && !services.Contains("*", StringComparer.Ordinal) && !services.Contains("email", StringComparer.Ordinal))
        {
            problem = "the key is not for mail";
            return null;
        }

        var encoded = tags.Compact("p");
        if (string.IsNullOrEmpty(encoded))
        {
            problem = encoded is null ? "the key is missing (p=)" : "the key was revoked";
            return null;
        }

        if (!DkimSignature.TryBase64(encoded, out var octets))
        {
            problem = "the key is no base64";
            return null;
        }

        var flags = tags.List("t") ?? [];
        var (isTesting, isStrict) = (flags.Contains("y", StringComparer.Ordinal), flags.Contains("s", StringComparer.Ordinal));
        switch (tags["k"] ?? "rsa")
        {
            case "ed25519" when octets.Length == Ed25519.KeyOctets:
                return new DkimKey(octets, null, isTesting, isStrict);
            case "rsa" when ReadRsa(octets) is { } rsa:
                return new DkimKey(octets, rsa, isTesting, isStrict);
            case "rsa" or "ed25519":
                problem = "the key is none of its kind";
                return null;
            default:
                problem = $"nobody knows keys of the kind {DkimSignature.Shown(tags["k"]!)}";
                return null;
        }
    }

    /// <summary>Whether its public half is this one; a bare RSAPublicKey is the same as its SubjectPublicKeyInfo.</summary>
    public bool IsSameAs(ReadOnlySpan<byte> publicKey)
    {
        if (_octets.AsSpan().SequenceEqual(publicKey) || _rsa is not { } parameters)
        {
            return _octets.AsSpan().SequenceEqual(publicKey);
        }

        using var rsa = RSA.Create(parameters);
        return rsa.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey);
    }

    /// <summary>Whether the signature is this key's over the hash.</summary>
    public bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        if (_rsa is not { } parameters)
        {
            return Ed25519.Verify(_octets, hash, signature);        // RFC 8463 §3: it signs the hash
        }

        try
        {
            var rsa = Interlocked.Exchange(ref _ready, null) ?? RSA.Create(parameters);            // one thread at a time has it
            var isRight = rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            if (Interlocked.CompareExchange(ref _ready, rsa, null) is not null)
            {
                rsa.Dispose();
            }

            return isRight;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>
    /// A SubjectPublicKeyInfo, or a bare RSAPublicKey, which some publish. A huge exponent, or modulus, would cost us time: it is none. Read by hand: the runtime would make a whole key
    /// of it first, which takes longer than to verify with it.
    /// </summary>
    private static RSAParameters? ReadRsa(byte[] octets)
    {
        try
        {
            var key = new AsnReader(octets, AsnEncodingRules.BER).ReadSequence();
            if (key.PeekTag() == Asn1Tag.Sequence)
            {
                if (key.ReadSequence().ReadObjectIdentifier() != RsaEncryption)
                {
                    return null;
                }

                key = new AsnReader(key.ReadBitString(out _), AsnEncodingRules.BER).ReadSequence();
            }

            var (modulus, exponent) = (Unsigned(key.ReadIntegerBytes().Span), Unsigned(key.ReadIntegerBytes().Span));
            return modulus.Length is > 0 and <= MostRsaBits / 8 && exponent.Length is > 0 and <= 4 ? new RSAParameters { Modulus = modulus, Exponent = exponent } : null;
        }
        catch (AsnContentException)
        {
            return null;
        }

        static byte[] Unsigned(ReadOnlySpan<byte> integer) => integer[0] >= 0x80 ? [] : integer.TrimStart((byte)0).ToArray();
    }

    /// <summary>What came of reading a record. It is published whole: nobody sees half of one.</summary>
    private sealed record Kept(string Text, DkimKey? Key, string Problem);
}
