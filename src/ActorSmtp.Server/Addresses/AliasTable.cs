using System.Collections.Frozen;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Server.Addresses;

/// <summary>All aliases, to be looked up by address. It knows nothing of accounts: who follows an alias is <see cref="Auth.AccountDirectory"/>.</summary>
public sealed class AliasTable
{
    /// <summary>The key of every address of ours that is nobody's.</summary>
    public const string Others = "*";

    private readonly FrozenDictionary<string, Alias> _byKey;
    private readonly Alias? _others;

    /// <param name="aliases">No two with the same key.</param>
    public AliasTable(IEnumerable<Alias> aliases)
    {
        _byKey = aliases.ToFrozenDictionary(a => a.Key, StringComparer.Ordinal);
        _others = _byKey.GetValueOrDefault(Others);
        NobodysLeadOn = _byKey.Keys.Any(k => k == Others || k.StartsWith('@'));
    }

    /// <summary>No alias.</summary>
    public static AliasTable Empty { get; } = new([]);

    /// <summary>There is none.</summary>
    public bool IsEmpty => _byKey.Count == 0;

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<Alias> All => _byKey.Values;

    /// <summary>There are aliases for addresses that are nobody's.</summary>
    public bool NobodysLeadOn { get; }

    /// <summary>The alias of this very address, or of its name at every domain; null: none.</summary>
    /// <param name="localPart">In lower case, unquoted.</param>
    /// <param name="address">It and its domain in canonical form.</param>
    public Alias? Find(string localPart, string address) =>
        _byKey.TryGetValue(address, out var alias) || (!localPart.Contains('@') && localPart != Others && _byKey.TryGetValue(localPart, out alias)) ? alias : null;

    /// <summary>Where mail goes for addresses of this domain that are nobody's; null: nowhere.</summary>
    public Alias? ForNobody(string domain) => NobodysLeadOn && _byKey.TryGetValue("@" + domain, out var alias) ? alias : _others;

    /// <summary>Whether it is a local part that needs no quotes.</summary>
    public static bool IsName(string text) => text is { Length: > 0 } && !text.Contains('@') && !text.StartsWith('"') && Mailbox.TryParse(text + "@x") is not null;

    /// <summary>The form in which a key is looked up; null where it is none.</summary>
    public static string? KeyOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == Others)
        {
            return text;
        }

        if (text.StartsWith('@'))
        {
            return MailDomain.TryParse(text[1..]) is DomainName domain ? "@" + domain.Canonical : null;
        }

        return Mailbox.TryParse(text) is { Domain: DomainName } mailbox ? AddressOf(mailbox.LocalPart, mailbox.Domain.Canonical)
            : IsName(text) ? text.ToLowerInvariant() : null;
    }

    /// <summary>The domain that a key names; null: it is of every domain.</summary>
    public static string? DomainOf(string key) => key.LastIndexOf('@') is >= 0 and var at ? key[(at + 1)..] : null;

    /// <summary>The name that a key is of; null: it is of addresses that are nobody's.</summary>
    public static string? NameOf(string key) => key == Others || key.StartsWith('@') ? null : key.LastIndexOf('@') is > 0 and var at ? key[..at] : key;

    internal static string AddressOf(string localPart, string domain) => $"{localPart.ToLowerInvariant()}@{domain}";
}
