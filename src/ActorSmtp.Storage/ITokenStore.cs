using System.Collections.Immutable;

namespace ActorSmtp.Storage;

/// <summary>Tokens by which programs use the API. Read whole, changed whole, as the accounts are.</summary>
public interface ITokenStore
{
    /// <summary>All of them; read again where another program has changed them, at most once a second. Costs a field's read between.</summary>
    ImmutableArray<KeptToken> Current { get; }

    /// <summary>Changes them durably; answers all.</summary>
    /// <exception cref="StoreException">They cannot be read or saved.</exception>
    Task<ImmutableArray<KeptToken>> UpdateAsync(Func<ImmutableArray<KeptToken>, ImmutableArray<KeptToken>> change, CancellationToken cancellation);
}

/// <summary>What is kept of a token.</summary>
/// <param name="Id">By which it is taken away.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="Hash">SHA-256 of the token, in lower-case hexadecimal.</param>
/// <param name="ExpiresAt">Null: never.</param>
public sealed record KeptToken(string Id, string Name, string Hash, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
