using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Storage;

/// <summary>Something in PEM files that TLS needs.</summary>
public abstract record CertificateSource;

/// <summary>A certificate with its chain in one file, its private key in another. Both names empty: the one the server makes for itself.</summary>
public sealed record CertificatePair(string Certificate, string Key) : CertificateSource
{
    /// <summary>The self-signed one under <c>data-dir/tls</c>.</summary>
    public static CertificatePair SelfSigned { get; } = new("", "");

    /// <summary>Whether it is the one the server makes for itself.</summary>
    public bool IsSelfSigned => Certificate.Length == 0;

    public override string ToString() => IsSelfSigned ? "the self-signed certificate" : Certificate;
}

/// <summary>The authorities whose certificates clients may show.</summary>
public sealed record AuthorityFile(string Path) : CertificateSource
{
    public override string ToString() => Path;
}

/// <summary>What a source held when it was read.</summary>
/// <param name="Mark">Of the very octets that were read; see <see cref="ICertificateStore.MarkAsync"/>.</param>
/// <param name="Certificate">With its private key; null for authorities.</param>
/// <param name="Chain">The authorities between it and a known one, as the file has them; of an <see cref="AuthorityFile"/>, its certificates.</param>
/// <param name="IsSelfSigned">It was made here and nobody vouches for it.</param>
public sealed record StoredCertificates(string Mark, X509Certificate2? Certificate, X509Certificate2Collection Chain, bool IsSelfSigned);

/// <summary>Certificates where the operator put them. They may be replaced at any time, one file after the other; so a reader looks twice.</summary>
public interface ICertificateStore
{
    /// <summary>
    /// A short text that is another whenever the content of the files is. A file that is missing or cannot be read has its mark too: this
    /// throws nothing. Reads the files, which are small, since neither their times nor their names tell of every way to replace them.
    /// </summary>
    Task<string> MarkAsync(CertificateSource source, CancellationToken cancellation);

    /// <summary>Reads the files; for <see cref="CertificatePair.SelfSigned"/> makes them first, where there are none or they are of no more use.</summary>
    /// <exception cref="StoreException">A file is missing, cut off, encrypted, or no PEM; or key and certificate do not belong together. Names the file.</exception>
    Task<StoredCertificates> LoadAsync(CertificateSource source, CancellationToken cancellation);
}
