using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Protocol.Srs;
using ActorSmtp.Server.Addresses;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Auth;

/// <summary>
/// Who lives here: an immutable picture of domains and accounts that sessions read without asking an actor. The auth actor makes a new
/// one when the accounts change.
/// </summary>
/// <remarks>
/// An account <c>NAME</c> owns NAME@ every local domain, <c>NAME@DOMAIN</c> just that; both own their further addresses.
/// <c>NAME+tag</c> reaches NAME. Everything is compared without case. <c>postmaster</c> always has a mailbox (RFC 5321 §4.5.1). An alias counts
/// before an account of the same address; where it leads is found in <c>AccountDirectory.Aliases.cs</c>.
/// </remarks>
public sealed partial class AccountDirectory
{
    private readonly FrozenSet<string> _domains;
    private readonly string? _firstDomain;
    private readonly bool _everyDomain;
    private readonly bool _acceptUnknown;
    private readonly FrozenDictionary<string, UserAccount> _byAddress;
    private readonly FrozenDictionary<string, UserAccount> _byCertificate;
    private readonly UserTable _table;
    private readonly LentAccounts? _lent;
    private readonly AliasTable? _aliases;      // null: there are none, and nothing is looked up

    /// <param name="lent">Accounts for a while; they come and go without a new picture.</param>
    /// <param name="rules">Aliases and tags.</param>
    public AccountDirectory(IEnumerable<string> domains, bool acceptUnknown, UserTable table, LentAccounts? lent = null, AddressRules? rules = null)
    {
        _lent = lent;
        Rules = rules ?? AddressRules.Default;
        _aliases = Rules.Aliases.IsEmpty ? null : Rules.Aliases;
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

    /// <summary>The same accounts, and other aliases and tags.</summary>
    private AccountDirectory(AccountDirectory other, AddressRules rules)
    {
        (_domains, _firstDomain, _everyDomain, _acceptUnknown) = (other._domains, other._firstDomain, other._everyDomain, other._acceptUnknown);
        (_byAddress, _byCertificate, _table, _lent) = (other._byAddress, other._byCertificate, other._table, other._lent);
        (Rules, Time) = (rules, other.Time);
        _aliases = rules.Aliases.IsEmpty ? null : rules.Aliases;
    }

    /// <summary>Aliases and tags.</summary>
    public AddressRules Rules { get; }

    /// <summary>By which rewritten senders age.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The same accounts under other rules.</summary>
    internal AccountDirectory With(AddressRules rules) => new(this, rules);

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

    /// <summary>Whether this account is one for a while.</summary>
    public bool IsLent(UserAccount? account) => account is not null && ReferenceEquals(_lent?.Find(account.Name), account);

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
            return local != Postmaster ? Residence.Unknown.Instance
                : _aliases?.Find(local, $"{local}@{HomeDomain}") is { } alias ? Follow(alias, $"{local}@{HomeDomain}", localPart, HomeDomain)
                : Known(Postmaster) ?? new Residence.Mailbox(Postmaster);
        }

        domain = domain.ToLowerInvariant();
        if (!IsLocal(domain))
        {
            return Residence.Foreign.Instance;
        }

        if (Rules.Senders is { } senders && SenderRewriter.IsMade(localPart))
        {
            return ReturnOf(senders, localPart);
        }

        return Stop(local, domain, followed: null, out var leadsOn) ?? Follow(leadsOn.Alias, leadsOn.Address, localPart, domain);
    }

    /// <summary>
    /// Where an address's mail stays by what is known of accounts, or the alias that counts before; its own before that of its name without the tag, and
    /// those for nobody's addresses last.
    /// </summary>
    /// <param name="followed">Addresses that are being followed: their own aliases do not count again.</param>
    /// <param name="leadsOn">The alias, and the address by which it was found.</param>
    /// <returns>Null where an alias leads on.</returns>
    private Residence? Stop(string local, string domain, List<string>? followed, out (Alias Alias, string Address) leadsOn)
    {
        leadsOn = default;
        var length = AddressTag.BaseLength(local, Rules.Delimiters);
        var name = length == local.Length ? local : local[..length];
        var address = $"{local}@{domain}";
        if (AliasOf(local, address, followed) is { } exact)
        {
            leadsOn = (exact, address);
            return null;
        }

        if (Owner(local, address) is { } direct)
        {
            return direct;
        }

        if (length < local.Length)
        {
            var untagged = $"{name}@{domain}";
            if (AliasOf(name, untagged, followed) is { } tagless)
            {
                leadsOn = (tagless, untagged);
                return null;
            }

            if (Owner(name, untagged) is { } tagged)
            {
                return tagged;
            }
        }

        if (_aliases is { NobodysLeadOn: true } && _aliases.ForNobody(domain) is { } all && followed?.Contains(address) != true)
        {
            leadsOn = (all, address);
            return null;
        }

        return WithoutOwner(name, domain);
    }

    /// <summary>
    /// Whether an account may send as this address: one that is its own (its name at a domain of ours, its further addresses wherever they
    /// are, each with any +tag), an alias all of whose mail goes to it, or one that its <c>sends-as</c> names.
    /// </summary>
    public bool MaySendAs(string user, string localPart, string domain)
    {
        if (Account(user) is not { Disabled: false } account)
        {
            return false;
        }

        if (IsLocal(domain) && (IsOwner(account, localPart, domain) || (_aliases is not null && Find(localPart, domain) is Residence.Alias { Leads: [{ Account: { } only }] } && only == account.Name)))
        {
            return true;
        }

        var address = $"{localPart}@{domain}".ToLowerInvariant();
        return IsOf(account, address)
            || account.SendsAs.Any(s => s == "*" || (s.StartsWith('@') ? address.EndsWith(s, StringComparison.OrdinalIgnoreCase) : s.Equals(address, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>A further address of it, also at a domain that is not ours.</summary>
    private bool IsOf(UserAccount account, string address)
    {
        var at = address.LastIndexOf('@');
        var untagged = string.Concat(address.AsSpan(0, AddressTag.BaseLength(address.AsSpan(0, at), Rules.Delimiters)), address.AsSpan(at));
        return account.Addresses.Any(a => a.Equals(address, StringComparison.OrdinalIgnoreCase) || a.Equals(untagged, StringComparison.OrdinalIgnoreCase));
    }

    private const string Postmaster = "postmaster";

    /// <summary>A quoted local part may hold an @; it never names an account of another domain.</summary>
    private Residence? Owner(string local, string address)
    {
        return _byAddress.TryGetValue(address, out var byAddress) ? Open(byAddress)
            : Known(address) ?? (local.Contains('@') ? null : Known(local));
    }

    /// <summary>Where mail stays that is no account's.</summary>
    private Residence WithoutOwner(string name, string domain) =>
        name == Postmaster ? new Residence.Mailbox(Postmaster)
        : _acceptUnknown ? new Residence.Mailbox($"{name}@{domain}") : Residence.Unknown.Instance;

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

    /// <summary>To others: the address is an alias.</summary>
    /// <param name="Key">The alias that was followed first, as it is configured.</param>
    /// <param name="Leads">Where, at least one, no two alike.</param>
    /// <param name="Lost">Targets that are nobody's, or disabled, and get nothing.</param>
    public sealed record Alias(string Key, ImmutableArray<Destination> Leads, ImmutableArray<string> Lost) : Residence;

    /// <summary>It says that it is a rewritten sender of ours, and leads back to nobody.</summary>
    public sealed record NoReturn(SrsFault Why) : Residence;

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

/// <summary>One end of an alias: an account's mailbox, or an address of another domain.</summary>
public readonly record struct Destination(string? Account, Mailbox? Foreign)
{
    public override string ToString() => Account ?? Foreign!.ToString();
}
