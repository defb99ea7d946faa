using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>
/// A password as it is stored: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>, the three in base64 (RFC 5803's parts in
/// PostgreSQL's spelling). It serves SCRAM and clear passwords alike, and nobody can log in with it alone. Prints masked;
/// <see cref="Format"/> writes it out.
/// </summary>
public sealed class StoredPassword : IEquatable<StoredPassword>
{
    /// <summary>Fewest iterations to create one with (RFC 7677 §4).</summary>
    public const int MinIterations = 4096;

    /// <summary>Most iterations that are believed when read: more would be an attack on ourselves.</summary>
    public const int MaxIterations = 10_000_000;

    private const string Prefix = "SCRAM-SHA-256$";
    private const int KeyLength = SHA256.HashSizeInBytes;
    private const int MaxSalt = 256;

    private readonly byte[] _salt;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    private StoredPassword(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey)
    {
        Iterations = iterations;
        _salt = salt;
        _storedKey = storedKey;
        _serverKey = serverKey;
    }

    /// <summary>Rounds of PBKDF2.</summary>
    public int Iterations { get; }

    /// <summary>The salt.</summary>
    public ReadOnlySpan<byte> Salt => _salt;

    internal ReadOnlySpan<byte> StoredKey => _storedKey;

    internal ReadOnlySpan<byte> ServerKey => _serverKey;

    /// <summary>Makes one of a clear password. Takes as long as the iterations ask: not for an actor's thread.</summary>
    /// <param name="salt">Random, at least 16 octets.</param>
    /// <exception cref="ArgumentException">The password is empty or holds what SASLprep prohibits, the salt is short, the iterations out of range.</exception>
    public static StoredPassword Create(string password, ReadOnlySpan<byte> salt, int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, MinIterations);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iterations, MaxIterations);
        if (salt.Length is < 16 or > MaxSalt)
        {
            throw new ArgumentException($"A salt has 16 to {MaxSalt} octets.", nameof(salt));
        }

        if (!SaslPrep.TryPrepare(password, out var prepared))
        {
            throw new ArgumentException("The password is empty or holds characters that are not allowed (RFC 4013).", nameof(password));
        }

        var (storedKey, serverKey) = Keys(Salted(prepared, salt, iterations));
        return new StoredPassword(iterations, salt.ToArray(), storedKey, serverKey);
    }

    /// <summary>
    /// A stored password that nothing matches, for a user who does not exist: the same for the same user, so that neither its salt nor the
    /// time it takes tells. <paramref name="secret"/> is random, kept by the server.
    /// </summary>
    /// <param name="saltLength">Octets of salt, 1 to 256.</param>
    public static StoredPassword Decoy(string user, ReadOnlySpan<byte> secret, int iterations, int saltLength = 16)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(saltLength, MaxSalt);
        var name = Encoding.UTF8.GetBytes(user);
        var salt = HKDF.Expand(HashAlgorithmName.SHA256, HMACSHA256.HashData(secret, [1, .. name]), saltLength);
        return new StoredPassword(iterations, salt, HMACSHA256.HashData(secret, [2, .. name]), HMACSHA256.HashData(secret, [3, .. name]));
    }

    /// <summary>Reads the written form; null for anything else.</summary>
    public static StoredPassword? TryParse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = text[Prefix.Length..].Split('$');
        if (parts.Length != 2)
        {
            return null;
        }

        var head = parts[0].Split(':');
        var keys = parts[1].Split(':');
        return head.Length == 2 && keys.Length == 2
            && int.TryParse(head[0], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) && iterations is > 0 and <= MaxIterations
            && Base64Text.TryDecode(head[1], MaxSalt, out var salt) && salt.Length > 0
            && Base64Text.TryDecode(keys[0], KeyLength, out var storedKey) && storedKey.Length == KeyLength
            && Base64Text.TryDecode(keys[1], KeyLength, out var serverKey) && serverKey.Length == KeyLength
                ? new StoredPassword(iterations, salt, storedKey, serverKey)
                : null;
    }

    /// <summary>
    /// Whether the clear password is this one. Takes the same time for each password and as long as the iterations ask: not for an
    /// actor's thread.
    /// </summary>
    public bool Verify(string password)
    {
        var good = SaslPrep.TryPrepare(password, out var prepared);
        var (storedKey, serverKey) = Keys(Salted(good ? prepared : "\0", _salt, Iterations));
        return CryptographicOperations.FixedTimeEquals(storedKey, _storedKey)
            & CryptographicOperations.FixedTimeEquals(serverKey, _serverKey) & good;
    }

    /// <summary>The written form, for the user table.</summary>
    public string Format() => string.Create(CultureInfo.InvariantCulture,
        $"{Prefix}{Iterations}:{Base64Text.Encode(_salt)}${Base64Text.Encode(_storedKey)}:{Base64Text.Encode(_serverKey)}");

    public bool Equals(StoredPassword? other) => other is not null && Iterations == other.Iterations
        && Salt.SequenceEqual(other.Salt) && CryptographicOperations.FixedTimeEquals(_storedKey, other._storedKey)
        && CryptographicOperations.FixedTimeEquals(_serverKey, other._serverKey);

    public override bool Equals(object? obj) => Equals(obj as StoredPassword);

    public override int GetHashCode() => HashCode.Combine(Iterations, Base64Text.Encode(_salt));

    /// <summary>Masked: for logs.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Iterations}:***");

    /// <summary>SaltedPassword = Hi(Normalize(password), salt, i) (RFC 5802 §3).</summary>
    internal static byte[] Salted(string prepared, ReadOnlySpan<byte> salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(prepared), salt, iterations, HashAlgorithmName.SHA256, KeyLength);

    private static (byte[] StoredKey, byte[] ServerKey) Keys(byte[] salted) =>
        (SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)), HMACSHA256.HashData(salted, "Server Key"u8));
}
