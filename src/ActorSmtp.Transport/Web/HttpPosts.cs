using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;

namespace ActorSmtp.Transport;

/// <summary>A question by HTTP.</summary>
/// <param name="Headers">Besides those of the content.</param>
/// <param name="Body">JSON in UTF-8.</param>
/// <param name="MostOctets">Of the answer; a longer one is refused while it arrives.</param>
public sealed record HttpPost(Uri Url, ImmutableArray<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body, int MostOctets);

/// <summary>What came of it.</summary>
/// <param name="Status">Of HTTP.</param>
/// <param name="Body">Empty where there is none.</param>
public readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>Asks others by HTTP, at addresses that the configuration names.</summary>
public interface IHttpPosts
{
    /// <summary>Asks, and holds no thread meanwhile.</summary>
    /// <exception cref="IOException">There is no answer, or too long a one; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The caller has no more time.</exception>
    Task<HttpAnswer> PostAsync(HttpPost post, CancellationToken cancellation);
}

/// <summary>
/// By a pool of connections that are used again: no redirects, no cookies, no proxy of the environment, certificates verified. How many there are is bounded for each
/// server, and by whoever asks.
/// </summary>
/// <param name="connections">To one server at most.</param>
/// <param name="connect">How long a connection may take to come about.</param>
public sealed class HttpPosts(int connections, TimeSpan connect) : IHttpPosts, IDisposable
{
    private const int MostHeaderKilobytes = 16;

    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxConnectionsPerServer = connections,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            ConnectTimeout = connect,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),     // an address that has moved is found again
        },
        disposeHandler: true);

    public async Task<HttpAnswer> PostAsync(HttpPost post, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(post);
        using var request = new HttpRequestMessage(HttpMethod.Post, post.Url) { Content = new ReadOnlyMemoryContent(post.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "ActorSmtp");
        foreach (var (name, value) in post.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            return new HttpAnswer((int)response.StatusCode, await ReadAsync(response.Content, post.MostOctets, cancellation).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"no connection within {connect.TotalSeconds:0.###} s"));
        }
        catch (HttpRequestException failed)
        {
            throw new IOException((failed.InnerException ?? failed).Message, failed);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int most, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > most)
        {
            throw TooLong(most);
        }

        using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var octets = new byte[Math.Min(most, (int?)content.Headers.ContentLength ?? 1024) + 1];
        var length = 0;
        for (int read; (read = await stream.ReadAsync(octets.AsMemory(length), cancellation).ConfigureAwait(false)) > 0;)
        {
            length += read;
            if (length > most)
            {
                throw TooLong(most);
            }

            if (length == octets.Length)
            {
                Array.Resize(ref octets, Math.Min(2 * length, most + 1));
            }
        }

        return octets.AsMemory(0, length);
    }

    private static IOException TooLong(int most) => new($"the answer has more than {most} octets");
}
