using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>
/// Accounts. Read whole, changed whole: the file is small, and a reader sees the table before or after a change, never
/// half of one.
/// </summary>
public interface IUserStore : IAsyncDisposable
{
    /// <summary>The accounts; an empty table where there is none yet.</summary>
    /// <exception cref="StoreException">Cannot be read, or a line is wrong: the message says which and why.</exception>
    Task<UserTable> LoadAsync(CancellationToken cancellation);

    /// <summary>
    /// Loads, lets <paramref name="change"/> make the new table, and saves it durably (written aside, synced, renamed,
    /// directory synced; mode 0600). Other processes' changes wait meanwhile. Answers the saved table.
    /// </summary>
    Task<UserTable> UpdateAsync(Func<UserTable, UserTable> change, CancellationToken cancellation);

    /// <summary>
    /// A random secret of <see cref="SecretLength"/> octets that lives as long as the accounts do, made at the first asking; the same for
    /// all servers that share the accounts. Who knows it can tell which accounts exist.
    /// </summary>
    /// <exception cref="StoreException">It cannot be read, or not be made.</exception>
    Task<ReadOnlyMemory<byte>> LoadSecretAsync(CancellationToken cancellation);

    /// <summary>Octets of the secret.</summary>
    const int SecretLength = 32;

    /// <summary>Called, from any thread, when another process (or this one) changed the accounts. Load again then.</summary>
    event Action? Changed;
}

/// <summary>All accounts, by name.</summary>
public sealed record UserTable(ImmutableSortedDictionary<string, UserAccount> Accounts)
{
    public static UserTable Empty { get; } = new(ImmutableSortedDictionary.Create<string, UserAccount>(StringComparer.Ordinal));

    public UserTable With(UserAccount account) => new(Accounts.SetItem(account.Name, account));

    public UserTable Without(string name) => new(Accounts.Remove(name));
}

/// <summary>One account.</summary>
/// <param name="Name">NAME or NAME@DOMAIN, lower case; no colon, no white space, no control character.</param>
/// <param name="Password">The verifier, <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>; empty: cannot log in.</param>
/// <param name="Addresses">Further addresses that reach it, and from which it may send.</param>
public sealed record UserAccount(string Name, string Password, ImmutableArray<string> Addresses, bool Disabled, bool Admin)
{
    /// <summary>Addresses that it may send from besides its own: <c>NAME@DOMAIN</c>, <c>@DOMAIN</c> for all of a domain, <c>*</c> for all.</summary>
    public ImmutableArray<string> SendsAs { get; init; } = [];

    /// <summary>Certificates that log in as it: SHA-256 fingerprints, 64 hexadecimal digits in lower case.</summary>
    public ImmutableArray<string> Certificates { get; init; } = [];

    /// <summary>A fingerprint as it is kept, of any spelling that tools print (capitals, colons between the pairs); null for what is none.</summary>
    public static string? FingerprintOf(string text)
    {
        var digits = text.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? digits : null;
    }

    /// <summary>Equal when all members are; lists one by one.</summary>
    public bool Equals(UserAccount? other) =>
        other is not null && (Name, Password, Disabled, Admin) == (other.Name, other.Password, other.Disabled, other.Admin)
        && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) && SendsAs.AsSpan().SequenceEqual(other.SendsAs.AsSpan())
        && Certificates.AsSpan().SequenceEqual(other.Certificates.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Password, Disabled, Admin);

    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture,
            $"Name = {Name}, Password = ***, Addresses = [{string.Join(", ", Addresses)}], Disabled = {Disabled}, Admin = {Admin}");
        return true;
    }
}
