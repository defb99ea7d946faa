using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.TransportSecurity;

/// <summary>
/// The TLSA records of a mail server as RFC 7672 §3.1 reads them: those of usage 2 (an authority of its own) and 3 (its own certificate) count; of usages 0 and 1, of unknown
/// kinds or of impossible lengths, do not.
/// </summary>
public sealed class TlsaSet : IEquatable<TlsaSet>
{
    private const int MostRecords = 32;
    private readonly string _key;

    private TlsaSet(ImmutableArray<TlsaRecord> usable)
    {
        Usable = usable;
        _key = string.Join(' ', usable.Select(r => $"{r.Usage}{r.Selector}{r.Matching}{Convert.ToHexString(r.Data.AsSpan())}").Order(StringComparer.Ordinal));
    }

    /// <summary>The records that count; none: the server has to do TLS, and nobody can say with which certificate.</summary>
    public ImmutableArray<TlsaRecord> Usable { get; }

    /// <summary>Some record names an authority.</summary>
    public bool NamesAuthorities => Usable.Any(r => r.Usage == 2);

    /// <summary>
    /// Of what was found at <c>_25._tcp.HOST</c>; so many at most. Of hashes of the same thing the strongest kind counts, so that no weaker one is of use to anybody (RFC 7671 §9).
    /// </summary>
    public static TlsaSet Of(IEnumerable<TlsaRecord> records)
    {
        ImmutableArray<TlsaRecord> usable = [.. records.Where(IsUsable).Take(MostRecords)];
        return new([.. usable.Where(r => r.Matching != 1 || !usable.Any(s => s.Matching == 2 && s.Usage == r.Usage && s.Selector == r.Selector))]);
    }

    /// <summary>Whether a certificate is named by a record of this usage.</summary>
    /// <param name="usage">2 or 3.</param>
    /// <param name="certificate">In DER.</param>
    /// <param name="publicKey">Its SubjectPublicKeyInfo in DER.</param>
    public bool Matches(int usage, ReadOnlySpan<byte> certificate, ReadOnlySpan<byte> publicKey)
    {
        foreach (var record in Usable)
        {
            if (record.Usage == usage && Matches(record, record.Selector == 0 ? certificate : publicKey))
            {
                return true;
            }
        }

        return false;
    }

    public bool Equals(TlsaSet? other) => other is not null && _key == other._key;

    public override bool Equals(object? obj) => Equals(obj as TlsaSet);

    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);

    private static bool Matches(TlsaRecord record, ReadOnlySpan<byte> octets)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        switch (record.Matching)
        {
            case 0:
                return record.Data.AsSpan().SequenceEqual(octets);
            case 1:
                return record.Data.AsSpan().SequenceEqual(hash[..SHA256.HashData(octets, hash)]);
            default:
                return record.Data.AsSpan().SequenceEqual(hash[..SHA512.HashData(octets, hash)]);
        }
    }

    private static bool IsUsable(TlsaRecord r) => r.Usage is 2 or 3 && r.Selector is 0 or 1 && r.Matching switch
    {
        0 => r.Data.Length > 0,
        1 => r.Data.Length == SHA256.HashSizeInBytes,
        2 => r.Data.Length == SHA512.HashSizeInBytes,
        _ => false,
    };
}
