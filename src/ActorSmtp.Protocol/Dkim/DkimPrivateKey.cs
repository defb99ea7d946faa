using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace ActorSmtp.Protocol.Dkim;

/// <summary>The private half of a key that signs mail. Safe from any thread; shows nothing of itself but what the world may know.</summary>
public abstract class DkimPrivateKey
{
    /// <summary>What it signs by.</summary>
    public abstract DkimAlgorithm Algorithm { get; }

    /// <summary>The length of an RSA key; 0: it is one of Ed25519.</summary>
    public abstract int Bits { get; }

    /// <summary>The algorithm's word in a=.</summary>
    public string AlgorithmWord => Algorithm == DkimAlgorithm.RsaSha256 ? "rsa-sha256" : "ed25519-sha256";

    /// <summary>The public half as it belongs into the DNS: a TXT of this text, in strings of at most 255 octets (RFC 6376 §3.6.1, RFC 8463 §4.2).</summary>
    public string Record => $"v=DKIM1; k={(Algorithm == DkimAlgorithm.RsaSha256 ? "rsa" : "ed25519")}; p={Convert.ToBase64String(PublicKey)}";

    /// <summary>The public half: a SubjectPublicKeyInfo of RSA, the 32 octets of Ed25519.</summary>
    protected abstract byte[] PublicKey { get; }

    /// <summary>Signs a SHA-256.</summary>
    /// <exception cref="CryptographicException">The machine cannot.</exception>
    public abstract byte[] Sign(ReadOnlySpan<byte> hash);

    /// <summary>Whether a record that was found in the DNS is this key's.</summary>
    public bool IsPublishedBy(string record) =>
        DkimKey.TryParse(record, out _) is { } found && found.Algorithm == Algorithm && found.IsSameAs(PublicKey);
}

/// <summary>A private key of RSA, by the runtime's cryptography.</summary>
public sealed class RsaPrivateKey : DkimPrivateKey
{
    /// <summary>RFC 8301 §3.2: signers must not use shorter ones, and should not use any below 2048.</summary>
    public const int LeastBits = 1024;

    private const int MostIdle = 16;

    private readonly RSAParameters _parameters;
    private readonly ConcurrentBag<RSA> _idle = [];                 // making one costs a fifth of a signature, and one is used by one thread at a time

    private RsaPrivateKey(RSA rsa)
    {
        Bits = rsa.KeySize;
        _parameters = rsa.ExportParameters(includePrivateParameters: true);
        PublicKey = rsa.ExportSubjectPublicKeyInfo();
    }

    public override DkimAlgorithm Algorithm => DkimAlgorithm.RsaSha256;

    public override int Bits { get; }

    protected override byte[] PublicKey { get; }

    /// <summary>Reads PEM (PKCS #8 or PKCS #1); null, and what is wrong.</summary>
    public static RsaPrivateKey? TryRead(ReadOnlySpan<char> pem, out string problem)
    {
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            problem = rsa.KeySize < LeastBits ? $"an RSA key of {rsa.KeySize} bits is worth nothing; make one of 2048" : "";
            return problem.Length == 0 ? new RsaPrivateKey(rsa) : null;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            problem = "it is no private RSA key in PEM without a password";
            return null;
        }
    }

    public override byte[] Sign(ReadOnlySpan<byte> hash)
    {
        var rsa = _idle.TryTake(out var idle) ? idle : RSA.Create(_parameters);
        var signature = rsa.SignHash(hash, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (_idle.Count < MostIdle)
        {
            _idle.Add(rsa);
        }
        else
        {
            rsa.Dispose();
        }

        return signature;
    }
}
