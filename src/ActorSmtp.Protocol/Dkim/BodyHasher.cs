namespace ActorSmtp.Protocol.Dkim;

/// <summary>The SHA-256 of a body that streams by, canonicalised (RFC 6376 §3.4.3, §3.4.4); holds some kilobytes, whatever the body is. One caller at a time.</summary>
/// <param name="how">The canonicalisation.</param>
public sealed class BodyHasher(Canonicalization how) : IDisposable
{
    private readonly BodyHash _hash = new(how, null);

    /// <summary>Takes what comes next.</summary>
    public void Take(ReadOnlySpan<byte> body) => _hash.Take(body);

    /// <summary>The body is over: its hash. Once.</summary>
    public byte[] Complete() => _hash.Complete();

    public void Dispose() => _hash.Dispose();
}
