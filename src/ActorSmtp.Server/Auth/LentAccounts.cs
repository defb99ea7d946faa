using System.Collections.Immutable;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Accounts for a while, beside those of the table: the test inbox lends them, and they receive and log in like any other. Reading is one field and,
/// where nothing is lent, no more.
/// </summary>
public sealed class LentAccounts
{
    private ImmutableDictionary<string, UserAccount> _all = ImmutableDictionary.Create<string, UserAccount>(StringComparer.Ordinal);

    /// <summary>The account of this name, in lower case, or null.</summary>
    public UserAccount? Find(string name)
    {
        var all = Volatile.Read(ref _all);
        return all.IsEmpty ? null : all.GetValueOrDefault(name);
    }

    /// <summary>False: the name is lent already.</summary>
    public bool TryLend(UserAccount account)
    {
        var isNew = false;
        ImmutableInterlocked.Update(ref _all, all => (isNew = !all.ContainsKey(account.Name)) ? all.Add(account.Name, account) : all);
        return isNew;
    }

    /// <summary>Nobody has this name any more.</summary>
    public void TakeBack(string name) => ImmutableInterlocked.TryRemove(ref _all, name, out _);
}
