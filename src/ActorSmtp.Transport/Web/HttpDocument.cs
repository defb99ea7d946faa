namespace ActorSmtp.Transport;

/// <summary>One small document at an https address, read again and again, as <see cref="WebDocuments"/> reads them.</summary>
public sealed class HttpDocument : IDisposable
{
    private readonly Uri _url;
    private readonly WebDocuments _documents;

    /// <param name="url">https, or http where the caller allows that.</param>
    /// <param name="mostOctets">Of the document; a longer one is refused while it arrives.</param>
    /// <param name="within">For all of it: name, connection, handshake, document.</param>
    public HttpDocument(Uri url, int mostOctets, TimeSpan within)
    {
        _url = url;
        _documents = new WebDocuments(new WebOptions { MostOctets = mostOctets, Within = within });
    }

    /// <inheritdoc cref="WebDocuments.ReadAsync"/>
    public Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) => _documents.ReadAsync(_url, cancellation);

    public void Dispose() => _documents.Dispose();
}
