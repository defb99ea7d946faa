using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>Reads small documents from the web, of addresses that others may have chosen.</summary>
public interface IWebDocuments
{
    /// <summary>Reads one.</summary>
    /// <exception cref="IOException">It cannot be had in time, is too long, of another kind, or the answer is not 200; the message says which.</exception>
    Task<ReadOnlyMemory<byte>> ReadAsync(Uri url, CancellationToken cancellation);
}

/// <summary>How documents are read.</summary>
public sealed record WebOptions
{
    /// <summary>Of one document; a longer one is refused while it arrives.</summary>
    public required int MostOctets { get; init; }

    /// <summary>For all of it: name, connection, handshake, document.</summary>
    public required TimeSpan Within { get; init; }

    /// <summary>The kind of document that is wanted.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>A document of another kind is refused.</summary>
    public bool RequiresMediaType { get; init; }

    /// <summary>Looks a name up, and leaves out where nobody shall be led to; none: it cannot be reached. Null: the system does.</summary>
    public Func<string, CancellationToken, Task<IReadOnlyList<IPAddress>>>? Resolve { get; init; }

    /// <summary>Roots to trust in place of the system's; null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Another port than the address says, for tests.</summary>
    public int? Port { get; init; }
}

/// <summary>
/// Documents over https: bounded in size and time, no redirects (who may send us elsewhere may as well answer himself), the certificate verified, no cookies, nothing cached.
/// </summary>
public sealed class WebDocuments : IWebDocuments, IDisposable
{
    private readonly WebOptions _options;
    private readonly HttpClient _client;

    public WebDocuments(WebOptions options)
    {
        _options = options;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = options.Resolve is null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),         // so that a change of the name's address is seen
        };
        if (options.Resolve is not null)
        {
            handler.ConnectCallback = ConnectAsync;
        }

        if (options.TrustedRoots is { } roots)
        {
            var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, TrustMode = X509ChainTrustMode.CustomRootTrust };
            policy.CustomTrustStore.AddRange(roots);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        _client = new HttpClient(handler) { Timeout = options.Within, MaxResponseContentBufferSize = options.MostOctets };
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Accept.ParseAdd(_options.MediaType);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation).ConfigureAwait(false);
            return response.StatusCode != HttpStatusCode.OK ? throw new IOException($"the answer is {(int)response.StatusCode}, expected 200")
                : _options.RequiresMediaType && response.Content.Headers.ContentType?.MediaType is var kind && !_options.MediaType.Equals(kind, StringComparison.OrdinalIgnoreCase)
                    ? throw new IOException($"the document is {kind ?? "of no kind"}, expected {_options.MediaType}")
                : await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"no answer within {_client.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException failed)
        {
            throw new IOException(
                failed.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? $"the document has more than {_options.MostOctets} octets" : (failed.InnerException ?? failed).Message,
                failed);
        }
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var addresses = await _options.Resolve!(context.DnsEndPoint.Host, cancellation).ConfigureAwait(false);
        Exception? last = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, _options.Port ?? context.DnsEndPoint.Port), cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                last = e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last ?? new IOException($"{context.DnsEndPoint.Host} has no address that may be used");
    }
}
