using System.Collections.Immutable;
using ActorSmtp.Protocol.Dkim;

namespace ActorSmtp.Storage;

/// <summary>A key that signs mail, as it is kept.</summary>
/// <param name="Domain">Whose (d=), in ASCII and lower case.</param>
/// <param name="Selector">Which of the domain's (s=), in lower case.</param>
/// <param name="Key">The key itself.</param>
/// <param name="MadeAt">When it was made; null where nobody says.</param>
/// <param name="ActiveFrom">From when on it signs; of several of one kind that do, the latest does.</param>
/// <param name="Place">The file.</param>
public sealed record KeptSigningKey(string Domain, string Selector, DkimPrivateKey Key, DateTimeOffset? MadeAt, DateTimeOffset ActiveFrom, string Place)
{
    /// <summary>The name of its record in the DNS.</summary>
    public string DnsName => $"{Selector}._domainkey.{Domain}";

    public override string ToString() => DnsName;
}

/// <summary>A key that an administrator keeps elsewhere: a PEM file.</summary>
/// <param name="ActiveFrom">As of <see cref="KeptSigningKey"/>.</param>
public sealed record SigningKeyFile(string Domain, string Selector, string Path, DateTimeOffset ActiveFrom);

/// <summary>All keys there are, and what is wrong with those that cannot be used.</summary>
/// <param name="Keys">By domain, and within one by the time from which they sign.</param>
/// <param name="Problems">Each names a file and says what to do.</param>
public sealed record SigningKeys(ImmutableArray<KeptSigningKey> Keys, ImmutableArray<string> Problems)
{
    public static SigningKeys None { get; } = new([], []);
}

/// <summary>
/// The private keys that sign mail: PEM files in <c>data-dir/dkim</c>, each for its owner's eyes alone, named by their DNS name. Other programs may change
/// them at any time; a reader sees a key whole or not at all.
/// </summary>
public interface ISigningKeyStore
{
    /// <summary>Reads all keys; those that did not change since the last time are not read again.</summary>
    /// <param name="elsewhere">Keys that are kept in other places.</param>
    Task<SigningKeys> LoadAsync(ImmutableArray<SigningKeyFile> elsewhere, CancellationToken cancellation);

    /// <summary>Makes a key and keeps it, stable.</summary>
    /// <param name="bits">Of RSA.</param>
    /// <exception cref="StoreException">There is one of this name, this machine has no such algorithm, or it cannot be saved.</exception>
    Task<KeptSigningKey> MakeAsync(string domain, string selector, DkimAlgorithm algorithm, int bits, DateTimeOffset activeFrom, CancellationToken cancellation);

    /// <summary>Has a key of this store sign from another time on.</summary>
    /// <exception cref="StoreException">It is not there, or cannot be saved.</exception>
    Task ActivateAsync(KeptSigningKey key, DateTimeOffset from, CancellationToken cancellation);

    /// <summary>Removes a key of this store; false: it was not there.</summary>
    /// <exception cref="StoreException">It cannot be removed.</exception>
    Task<bool> RemoveAsync(KeptSigningKey key, CancellationToken cancellation);
}
