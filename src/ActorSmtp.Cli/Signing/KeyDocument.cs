using System.Collections.Immutable;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Signing;

/// <summary>What <c>dkim</c> tells of a key: all but its private half.</summary>
/// <param name="Algorithm">rsa-sha256 or ed25519-sha256.</param>
/// <param name="Bits">Of an RSA key.</param>
/// <param name="State">signs | waits | retired.</param>
/// <param name="ActiveFrom">From when on it signs.</param>
/// <param name="RecordUntil">Of one that is retired: until when its record has to stay in the DNS.</param>
/// <param name="Name">Of its record, a TXT.</param>
/// <param name="Record">The record in one piece.</param>
/// <param name="Strings">The same in strings of at most 255 octets, as it goes over the wire.</param>
/// <param name="Zone">The same as a zone file has it.</param>
/// <param name="File">Where it is kept.</param>
internal sealed record KeyDocument(
    string Domain, string Selector, string Algorithm, int? Bits, string State, DateTimeOffset? MadeAt, DateTimeOffset ActiveFrom, DateTimeOffset? RecordUntil,
    string Name, string Record, ImmutableArray<string> Strings, string Zone, string File)
{
    private const int MostInString = 255;

    /// <summary>What was found of the record in the DNS: published, or what is wrong; null: nobody looked.</summary>
    public string? Dns { get; init; }

    /// <summary>The name servers could not be asked.</summary>
    public bool? DnsFailed { get; init; }

    /// <summary>Of all keys.</summary>
    /// <param name="keepFor">How long a record is needed after its key was taken over from.</param>
    public static ImmutableArray<KeyDocument> Of(ImmutableArray<KeptSigningKey> keys, TimeSpan keepFor, DateTimeOffset now) =>
        [.. keys.Select(key => Of(key, keys, keepFor, now))];

    /// <summary>Of one among all.</summary>
    public static KeyDocument Of(KeptSigningKey key, ImmutableArray<KeptSigningKey> all, TimeSpan keepFor, DateTimeOffset now)
    {
        var after = SuccessorOf(key, all, now);
        var strings = key.Key.Record.Chunk(MostInString).Select(c => new string(c)).ToImmutableArray();
        return new KeyDocument(
            key.Domain, key.Selector, key.Key.AlgorithmWord, key.Key.Bits == 0 ? null : key.Key.Bits,
            key.ActiveFrom > now ? "waits" : after is null ? "signs" : "retired",
            key.MadeAt, key.ActiveFrom, after?.ActiveFrom + keepFor, key.DnsName, key.Key.Record, strings,
            $"{key.DnsName}. IN TXT (\n{string.Concat(strings.Select(s => $"    \"{s}\"\n"))})",
            key.Place);
    }

    /// <summary>Who signs in its place now; null: nobody does.</summary>
    public static KeptSigningKey? SuccessorOf(KeptSigningKey key, ImmutableArray<KeptSigningKey> all, DateTimeOffset now) =>
        all.Where(k => IsOfSameKind(k, key) && k != key && k.ActiveFrom <= now && k.ActiveFrom >= key.ActiveFrom && (k.ActiveFrom > key.ActiveFrom || string.CompareOrdinal(k.Selector, key.Selector) > 0))
            .OrderBy(k => k.ActiveFrom).FirstOrDefault();

    /// <summary>Of the same domain and algorithm.</summary>
    public static bool IsOfSameKind(KeptSigningKey one, KeptSigningKey other) => one.Domain == other.Domain && one.Key.Algorithm == other.Key.Algorithm;

    /// <summary>The word of an algorithm in arguments.</summary>
    public static DkimAlgorithm? AlgorithmOf(string word) => word switch { "rsa" => DkimAlgorithm.RsaSha256, "ed25519" => DkimAlgorithm.Ed25519Sha256, _ => null };
}
