using System.Net;

namespace ActorSmtp.Transport;

/// <summary>
/// One small document at an https address, read again and again: bounded in size and time, no redirects (who may send us elsewhere may as well
/// answer himself), the certificate verified by the system's roots.
/// </summary>
public sealed class HttpDocument : IDisposable
{
    private readonly Uri _url;
    private readonly int _mostOctets;
    private readonly HttpClient _client;

    /// <param name="url">https, or http where the caller allows that.</param>
    /// <param name="mostOctets">Of the document; a longer one is refused while it arrives.</param>
    /// <param name="within">For all of it: name, connection, handshake, document.</param>
    public HttpDocument(Uri url, int mostOctets, TimeSpan within)
    {
        _url = url;
        _mostOctets = mostOctets;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),         // so that a change of the name's address is seen
        })
        {
            Timeout = within,
            MaxResponseContentBufferSize = mostOctets,
        };
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="IOException">It cannot be had in time, is too long, or the answer is not 200; the message says which.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _url);
            request.Headers.Accept.ParseAdd("application/json");
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK
                ? await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false)
                : throw new IOException($"the answer is {(int)response.StatusCode}, expected 200");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"no answer within {_client.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException failed)
        {
            throw new IOException(
                failed.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? $"the document has more than {_mostOctets} octets" : (failed.InnerException ?? failed).Message,
                failed);
        }
    }

    public void Dispose() => _client.Dispose();
}
