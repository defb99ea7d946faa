using System.Collections.Immutable;
using ActorSmtp.Protocol.Dkim;
using ActorSmtp.Storage.Signing;

namespace ActorSmtp.Storage.Memory;

/// <summary>Keys that are forgotten with the process, for tests.</summary>
public sealed class MemorySigningKeys : ISigningKeyStore
{
    private readonly Lock _gate = new();
    private SigningKeys _keys = SigningKeys.None;

    /// <summary>A private key of a PEM text: RSA or Ed25519.</summary>
    public static DkimPrivateKey KeyOf(string pem) =>
        KeyFile.TryRead(System.Text.Encoding.ASCII.GetBytes(pem), out var problem)?.Key ?? throw new StoreException(problem);

    /// <summary>Puts a key there as if somebody had copied a file.</summary>
    public void Put(string domain, string selector, DkimPrivateKey key, DateTimeOffset activeFrom)
    {
        lock (_gate)
        {
            _keys = _keys with { Keys = _keys.Keys.RemoveAll(k => k.Domain == domain && k.Selector == selector).Add(new KeptSigningKey(domain, selector, key, null, activeFrom, $"{selector}.{domain}")) };
        }
    }

    /// <summary>Says from now on that these are wrong.</summary>
    public void Say(params ImmutableArray<string> problems)
    {
        lock (_gate)
        {
            _keys = _keys with { Problems = problems };
        }
    }

    public Task<SigningKeys> LoadAsync(ImmutableArray<SigningKeyFile> elsewhere, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult(_keys);
        }
    }

    public Task<KeptSigningKey> MakeAsync(string domain, string selector, DkimAlgorithm algorithm, int bits, DateTimeOffset activeFrom, CancellationToken cancellation)
    {
        var key = new KeptSigningKey(domain, selector, KeyOf(KeyFile.Make(algorithm, bits)), null, activeFrom, $"{selector}.{domain}");
        lock (_gate)
        {
            _keys = _keys with { Keys = _keys.Keys.Add(key) };
        }

        return Task.FromResult(key);
    }

    public Task ActivateAsync(KeptSigningKey key, DateTimeOffset from, CancellationToken cancellation)
    {
        Put(key.Domain, key.Selector, key.Key, from);
        return Task.CompletedTask;
    }

    public Task<bool> RemoveAsync(KeptSigningKey key, CancellationToken cancellation)
    {
        lock (_gate)
        {
            var was = _keys.Keys.Contains(key);
            _keys = _keys with { Keys = _keys.Keys.Remove(key) };
            return Task.FromResult(was);
        }
    }
}
