using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Signing;

/// <summary>The keys that sign, by domain. Immutable.</summary>
internal sealed class SigningTable
{
    private readonly FrozenDictionary<string, DomainKeys> _domains;

    /// <param name="keys">In any order.</param>
    public SigningTable(IEnumerable<KeptSigningKey> keys)
    {
        _domains = keys.GroupBy(k => k.Domain, StringComparer.Ordinal).ToFrozenDictionary(
            g => g.Key,
            g => new DomainKeys(g.Key, [.. g.OrderBy(k => k.ActiveFrom).Select(k => (DkimSigner.TryMake(k.Domain, k.Selector, k.Key, out _), k.ActiveFrom)).Where(k => k.Item1 is not null)!]),
            StringComparer.Ordinal);
    }

    public static SigningTable Empty { get; } = new([]);

    public bool IsEmpty => _domains.Count == 0;

    /// <summary>Those that sign mail from a domain: its own keys, else those of the nearest domain above it that has some.</summary>
    /// <param name="domain">In its canonical form.</param>
    public DomainKeys? Find(string domain)
    {
        for (var name = domain; ;)
        {
            if (_domains.TryGetValue(name, out var keys))
            {
                return keys;
            }

            var dot = name.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0)
            {
                return null;
            }

            name = name[(dot + 1)..];
        }
    }
}

/// <summary>The keys of one domain.</summary>
/// <param name="Domain">In its canonical form.</param>
/// <param name="Signers">By the time from which they sign.</param>
internal sealed record DomainKeys(string Domain, ImmutableArray<(DkimSigner Signer, DateTimeOffset From)> Signers)
{
    /// <summary>Who signs at a time: of each kind of key the one that began last, RSA first.</summary>
    public IEnumerable<DkimSigner> At(DateTimeOffset now) =>
        Signers.Where(s => s.From <= now).GroupBy(s => s.Signer.Algorithm).OrderBy(g => g.Key).Select(g => g.Last().Signer);
}

/// <summary>The table that counts now. The signing actor writes it; sessions and reports read it from their own threads.</summary>
internal sealed class SigningBoard
{
    private volatile SigningTable _current = SigningTable.Empty;

    public SigningTable Current
    {
        get => _current;
        set => _current = value;
    }
}
