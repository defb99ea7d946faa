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
    /// <summary>Equal when all members are; addresses one by one.</summary>
    public bool Equals(UserAccount? other) =>
        other is not null && (Name, Password, Disabled, Admin) == (other.Name, other.Password, other.Disabled, other.Admin)
        && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Password, Disabled, Admin);

    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture,
            $"Name = {Name}, Password = ***, Addresses = [{string.Join(", ", Addresses)}], Disabled = {Disabled}, Admin = {Admin}");
        return true;
    }
}
