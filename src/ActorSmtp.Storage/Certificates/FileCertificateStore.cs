using System.Security.Cryptography;

namespace ActorSmtp.Storage.Certificates;

/// <summary>Certificates in PEM files, and the self-signed one under <c>data-dir/tls</c>.</summary>
/// <param name="dataDirectory">The server's folder.</param>
/// <param name="hostname">Whom a self-signed certificate is for.</param>
internal sealed class FileCertificateStore(string dataDirectory, string hostname, TimeProvider time) : ICertificateStore
{
    /// <summary>No certificate, chain or list of authorities is larger; a device or a log file put there by mistake may be.</summary>
    private const int MaxLength = 1 << 20;

    public async Task<string> MarkAsync(CertificateSource source, CancellationToken cancellation)
    {
        using var mark = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in FilesOf(source))
        {
            try
            {
                mark.AppendData(await ReadAsync(path, cancellation).ConfigureAwait(false));
                mark.AppendData([0]);
            }
            catch (StoreException cannot)
            {
                mark.AppendData(System.Text.Encoding.UTF8.GetBytes(cannot.Message));
                mark.AppendData([1]);
            }
        }

        return Convert.ToHexStringLower(mark.GetHashAndReset());
    }

    public async Task<StoredCertificates> LoadAsync(CertificateSource source, CancellationToken cancellation)
    {
        if (source is CertificatePair { IsSelfSigned: true })
        {
            SelfSignedCertificate.MakeIfNeeded(dataDirectory, hostname, time);
        }

        var files = FilesOf(source);
        var texts = new string[files.Length];
        using var mark = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < files.Length; i++)
        {
            var octets = await ReadAsync(files[i], cancellation).ConfigureAwait(false);
            mark.AppendData(octets);
            mark.AppendData([0]);
            texts[i] = System.Text.Encoding.UTF8.GetString(octets);
        }

        var isSelfSigned = source is CertificatePair { IsSelfSigned: true };
        var (certificate, chain) = source is AuthorityFile
            ? (null, PemFiles.ReadAuthorities(files[0], texts[0]))
            : PemFiles.ReadPair(files[0], texts[0], files[1], texts[1]);
        return new StoredCertificates(Convert.ToHexStringLower(mark.GetHashAndReset()), certificate, chain, isSelfSigned);
    }

    private string[] FilesOf(CertificateSource source) => source switch
    {
        AuthorityFile authorities => [authorities.Path],
        CertificatePair { IsSelfSigned: false } pair => [pair.Certificate, pair.Key],
        _ => [SelfSignedCertificate.PathIn(dataDirectory), SelfSignedCertificate.KeyPathIn(dataDirectory)],
    };

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            using var content = new MemoryStream();
            var piece = new byte[16 * 1024];
            for (int got; (got = await file.ReadAsync(piece, cancellation).ConfigureAwait(false)) > 0;)
            {
                content.Write(piece, 0, got);
                if (content.Length > MaxLength)
                {
                    throw new StoreException($"{path} is larger than any certificate");
                }
            }

            return content.ToArray();
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StoreException($"{path} does not exist");
        }
        catch (Exception cannot) when (cannot is (IOException or UnauthorizedAccessException) and not StoreException)
        {
            throw new StoreException($"{path} cannot be read: {cannot.Message}", cannot);
        }
    }
}
