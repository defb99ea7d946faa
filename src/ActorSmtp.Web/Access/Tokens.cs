using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Storage;

namespace ActorSmtp.Web.Access;

/// <summary>
/// Tokens for programs: <c>asmtp_</c> and 32 random octets. Only their hash is kept, in the file <c>tokens</c> of the data directory, so a copy
/// of the file lets nobody in; the random part is long enough that a plain hash is all it needs.
/// </summary>
internal sealed class Tokens(ITokenStore store, TimeProvider time)
{
    private const string Prefix = "asmtp_";

    private readonly Dictionary<string, DateTimeOffset> _used = [];
    private readonly Lock _gate = new();

    /// <summary>The name of a token, or null where it is none.</summary>
    public string? Find(string token)
    {
        if (!token.StartsWith(Prefix, StringComparison.Ordinal) || token.Length > 200)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var hash = Hashed(token);
        if (store.Current.FirstOrDefault(t => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(t.Hash), Encoding.ASCII.GetBytes(hash))) is not { } found
            || found.ExpiresAt <= now)
        {
            return null;
        }

        lock (_gate)
        {
            _used[found.Id] = now;
        }

        return found.Name;
    }

    public DateTimeOffset? LastUsed(string id)
    {
        lock (_gate)
        {
            return _used.TryGetValue(id, out var at) ? at : null;
        }
    }

    /// <summary>A new token and what is kept of it. The token itself is never seen again.</summary>
    public static (string Token, KeptToken Kept) Make(string name, DateTimeOffset now, TimeSpan? lifetime)
    {
        var token = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        return (token, new KeptToken(id, name, Hashed(token), now, now + lifetime));
    }

    private static string Hashed(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
}
