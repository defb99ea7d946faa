using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Web.Webhooks;

/// <summary>One attempt at telling a webhook. Whatever goes wrong is an answer, not an exception.</summary>
/// <remarks>
/// The address comes from the configuration, no redirect is followed, no proxy of the environment is asked, and of the answer only the status and
/// its header are read: what a webhook says can make the server call nobody else.
/// </remarks>
internal sealed class WebhookSender(HttpMessageHandler handler, TimeProvider time) : IDisposable
{
    private const int MostHeaderKilobytes = 16;

    private readonly HttpMessageInvoker _http = new(handler, disposeHandler: true);

    /// <summary>The way out to the network.</summary>
    public static HttpMessageHandler Network() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        MaxConnectionsPerServer = 4,
        MaxResponseHeadersLength = MostHeaderKilobytes,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),     // an address that has moved is found again
    };

    /// <summary><c>t=SECONDS,v1=HEX</c>: HMAC-SHA-256 of <c>SECONDS.BODY</c> with the secret.</summary>
    public static string Sign(string secret, long seconds, ReadOnlySpan<byte> body)
    {
        var stamp = seconds.ToString(CultureInfo.InvariantCulture);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes(stamp + "."));
        hmac.AppendData(body);
        return $"t={stamp},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }

    /// <param name="attempt">From 1.</param>
    public async Task<WebhookAnswer> PostAsync(WebhookSettings hook, WebhookEvent what, byte[] body, int attempt, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        request.Headers.TryAddWithoutValidation("User-Agent", "ActorSmtp");
        request.Headers.TryAddWithoutValidation("ActorSmtp-Event", what.Type);
        request.Headers.TryAddWithoutValidation("ActorSmtp-Delivery", what.Id);
        request.Headers.TryAddWithoutValidation("ActorSmtp-Attempt", attempt.ToString(CultureInfo.InvariantCulture));
        if (hook.Secret.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("ActorSmtp-Signature", Sign(hook.Secret, time.GetUtcNow().ToUnixTimeSeconds(), body));
        }

        using var patience = new CancellationTokenSource(hook.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            return status is >= 200 and < 300
                ? new WebhookAnswer(status, null, null)
                : new WebhookAnswer(status, string.Create(CultureInfo.InvariantCulture, $"answered {status}{(status is >= 300 and < 400 ? "; redirects are not followed" : "")}"), WaitOf(response));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new WebhookAnswer(null, string.Create(CultureInfo.InvariantCulture, $"no answer within {hook.Timeout.TotalSeconds:0.###} s"), null);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return new WebhookAnswer(null, (broken.InnerException ?? broken).Message, null);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Retry-After (RFC 9110 §10.2.3).</summary>
    private TimeSpan? WaitOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } wait } => wait,
        { Date: { } until } => until - time.GetUtcNow(),
        _ => null,
    };
}

/// <summary>What came of an attempt.</summary>
/// <param name="Status">The status of the answer; null: there was none.</param>
/// <param name="Wrong">Null: it was taken. Else what went wrong.</param>
/// <param name="RetryAfter">How long the other side wants to be left alone.</param>
internal readonly record struct WebhookAnswer(int? Status, string? Wrong, TimeSpan? RetryAfter);
