using System.Collections.Frozen;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Who lives here: an immutable picture of domains and accounts that sessions read without asking an actor. The auth actor makes a new
/// one when the accounts change.
/// </summary>
/// <remarks>
/// An account <c>NAME</c> owns NAME@ every local domain, <c>NAME@DOMAIN</c> just that; both own their further addresses.
/// <c>NAME+tag</c> reaches NAME. Everything is compared without case. <c>postmaster</c> always has a mailbox (RFC 5321 §4.5.1).
/// </remarks>
public sealed class AccountDirectory
{
    private readonly FrozenSet<string> _domains;
    private readonly string? _firstDomain;
    private readonly bool _everyDomain;
    private readonly bool _acceptUnknown;
    private readonly FrozenDictionary<string, UserAccount> _byAddress;
    private readonly FrozenDictionary<string, UserAccount> _byCertificate;
    private readonly UserTable _table;
    private readonly LentAccounts? _lent;

    /// <param name="lent">Accounts for a while; they come and go without a new picture.</param>
    public AccountDirectory(IEnumerable<string> domains, bool acceptUnknown, UserTable table, LentAccounts? lent = null)
    {
        _lent = lent;
        var all = domains.Select(d => d.ToLowerInvariant()).ToArray();
        _everyDomain = all.Contains("*");
        _firstDomain = all.FirstOrDefault(d => d != "*");
        _domains = all.ToFrozenSet(StringComparer.Ordinal);
        _acceptUnknown = acceptUnknown;
        _table = table;
        var byAddress = new Dictionary<string, UserAccount>(StringComparer.Ordinal);
        var byCertificate = new Dictionary<string, UserAccount>(StringComparer.Ordinal);
        foreach (var account in table.Accounts.Values)
        {
            foreach (var fingerprint in account.Certificates)
            {
                byCertificate.TryAdd(fingerprint, account);
            }

            foreach (var address in account.Addresses)
            {
                byAddress.TryAdd(address.ToLowerInvariant(), account);
            }
        }

        _byAddress = byAddress.ToFrozenDictionary(StringComparer.Ordinal);
        _byCertificate = byCertificate.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>How many accounts there are.</summary>
    public int Count => _table.Accounts.Count;

    /// <summary>Whether mail for this domain stays here.</summary>
    public bool IsLocal(string domain) => _everyDomain || _domains.Contains(domain.ToLowerInvariant());

    /// <summary>The account somebody logs in as: by its name, or by any address it owns. Null: none.</summary>
    public UserAccount? FindLogin(string name)
    {
        var key = name.ToLowerInvariant();
        if (_table.Accounts.TryGetValue(key, out var account) || _byAddress.TryGetValue(key, out account) || (account = _lent?.Find(key)) is not null)
        {
            return account;
        }

        var at = key.LastIndexOf('@');
        return at > 0 && IsLocal(key[(at + 1)..]) && _table.Accounts.TryGetValue(key[..at], out account) ? account : null;
    }

    /// <summary>The account of this name, lent ones too; null: none.</summary>
    public UserAccount? Account(string name) => _table.Accounts.GetValueOrDefault(name) ?? _lent?.Find(name);

    /// <summary>
    /// Whether who logged in as this account may still act: it is there, is not disabled, and has the password it had. Costs nothing while the
    /// table of accounts stays the same.
    /// </summary>
    /// <param name="then">The account as it was; becomes what it is now. Null: nobody's account is asked about.</param>
    public bool StillStands(ref UserAccount? then)
    {
        if (then is null)
        {
            return true;
        }

        var now = Account(then.Name);
        if (!ReferenceEquals(now, then) && (now is not { Disabled: false } || now.Password != then.Password))
        {
            return false;
        }

        then = now;
        return true;
    }

    /// <summary>The account that a certificate of this fingerprint logs in as; null: none.</summary>
    public UserAccount? FindByCertificate(string fingerprint) => _byCertificate.GetValueOrDefault(fingerprint);

    /// <summary>
    /// The one spelling of a login name that stands for all that would find the same account: the account's name, and where there is none as
    /// if there were one, in lower case and without a domain of ours.
    /// </summary>
    public string Spelling(string login)
    {
        var name = login.ToLowerInvariant();
        if (FindLogin(name) is { } account)
        {
            return account.Name;
        }

        var at = name.LastIndexOf('@');
        return at > 0 && IsLocal(name[(at + 1)..]) ? name[..at] : name;
    }

    /// <summary>Where mail goes that names this host by its address, <c>NAME@[192.0.2.1]</c>: to NAME of the first domain that is ours.</summary>
    public Residence FindHere(string localPart) => Find(localPart, _firstDomain);

    /// <summary>Where mail for an address goes.</summary>
    /// <param name="localPart">Unquoted local part.</param>
    /// <param name="domain">Domain, or null for <c>&lt;postmaster&gt;</c> without one (RFC 5321 §4.1.1.3).</param>
    public Residence Find(string localPart, string? domain)
    {
        var local = localPart.ToLowerInvariant();
        if (domain is null)
        {
            return local == Postmaster ? Known(Postmaster) ?? new Residence.Mailbox(Postmaster) : Residence.Unknown.Instance;
        }

        domain = domain.ToLowerInvariant();
        if (!IsLocal(domain))
        {
            return Residence.Foreign.Instance;
        }

        var plus = local.IndexOf('+');
        var name = plus > 0 ? local[..plus] : local;
        if (Owner(local, domain) is { } direct)
        {
            return direct;
        }

        if (plus > 0 && Owner(name, domain) is { } tagged)
        {
            return tagged;
        }

        if (name == Postmaster)
        {
            return new Residence.Mailbox(Postmaster);
        }

        return _acceptUnknown ? new Residence.Mailbox($"{name}@{domain}") : Residence.Unknown.Instance;
    }

    /// <summary>
    /// Whether an account may send as this address: one that is its own (its name at a domain of ours, its further addresses wherever they
    /// are, each with any +tag), or one that its <c>sends-as</c> names.
    /// </summary>
    public bool MaySendAs(string user, string localPart, string domain)
    {
        if (Account(user) is not { Disabled: false } account)
        {
            return false;
        }

        if (Find(localPart, domain) is Residence.Mailbox { Account: var owner } && owner == account.Name)
        {
            return true;
        }

        var address = $"{localPart}@{domain}".ToLowerInvariant();
        return IsOf(account, address)
            || account.SendsAs.Any(s => s == "*" || (s.StartsWith('@') ? address.EndsWith(s, StringComparison.OrdinalIgnoreCase) : s.Equals(address, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>A further address of it, also at a domain that is not ours.</summary>
    private static bool IsOf(UserAccount account, string address)
    {
        var at = address.LastIndexOf('@');
        var plus = address.IndexOf('+', StringComparison.Ordinal);
        var untagged = plus > 0 && plus < at ? string.Concat(address.AsSpan(0, plus), address.AsSpan(at)) : address;
        return account.Addresses.Any(a => a.Equals(address, StringComparison.OrdinalIgnoreCase) || a.Equals(untagged, StringComparison.OrdinalIgnoreCase));
    }

    private const string Postmaster = "postmaster";

    /// <summary>A quoted local part may hold an @; it never names an account of another domain.</summary>
    private Residence? Owner(string local, string domain)
    {
        var address = $"{local}@{domain}";
        return _byAddress.TryGetValue(address, out var byAddress) ? Open(byAddress)
            : Known(address) ?? (local.Contains('@') ? null : Known(local));
    }

    private Residence? Known(string name) =>
        _table.Accounts.TryGetValue(name, out var account) ? Open(account) : _lent?.Find(name) is { } lent ? Open(lent) : null;

    private static Residence Open(UserAccount account) =>
        account.Disabled ? Residence.Disabled.Instance : new Residence.Mailbox(account.Name);
}

/// <summary>Where mail for an address goes.</summary>
public abstract record Residence
{
    private Residence()
    {
    }

    /// <summary>Into this account's mailbox.</summary>
    public sealed record Mailbox(string Account) : Residence;

    /// <summary>The account is disabled.</summary>
    public sealed record Disabled : Residence
    {
        public static readonly Disabled Instance = new();
    }

    /// <summary>The domain is ours, the name is nobody's.</summary>
    public sealed record Unknown : Residence
    {
        public static readonly Unknown Instance = new();
    }

    /// <summary>The domain is not ours.</summary>
    public sealed record Foreign : Residence
    {
        public static readonly Foreign Instance = new();
    }
}
