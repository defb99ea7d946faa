using System.Collections.Concurrent;

namespace ActorSmtp.Storage.Memory;

/// <summary>Certificates that a test puts there, replaces and breaks.</summary>
public sealed class MemoryCertificateStore : ICertificateStore
{
    private readonly ConcurrentDictionary<CertificateSource, (StoredCertificates? Content, string? Fault)> _sources = new();
    private int _writes;

    /// <summary>Puts something there.</summary>
    public void Put(CertificateSource source, StoredCertificates content) =>
        _sources[source] = (content with { Mark = Interlocked.Increment(ref _writes).ToString(System.Globalization.CultureInfo.InvariantCulture) }, null);

    /// <summary>Makes what is there unreadable.</summary>
    public void Break(CertificateSource source, string fault) => _sources[source] = (null, fault);

    public Task<string> MarkAsync(CertificateSource source, CancellationToken cancellation) =>
        Task.FromResult(_sources.TryGetValue(source, out var found) ? found.Content?.Mark ?? found.Fault! : "");

    public Task<StoredCertificates> LoadAsync(CertificateSource source, CancellationToken cancellation) =>
        _sources.TryGetValue(source, out var found) && found.Content is { } content
            ? Task.FromResult(content)
            : Task.FromException<StoredCertificates>(new StoreException(found.Fault ?? $"{source} does not exist"));
}
