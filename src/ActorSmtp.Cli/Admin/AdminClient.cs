using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using ActorSmtp.Transport;

namespace ActorSmtp.Cli.Admin;

/// <summary>
/// Asks a running server by its HTTP interface: over <c>data-dir/admin.sock</c>, where whoever may open the file may ask everything, or over the
/// console's address with a token. Whatever is in the way becomes one line and an exit code.
/// </summary>
internal sealed class AdminClient : IDisposable
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) } };

    private readonly HttpClient _http;
    private readonly string _where;

    private AdminClient(HttpClient http, string where)
    {
        _http = http;
        _where = where;
    }

    /// <summary>The server that runs on a data directory.</summary>
    public static AdminClient OfDataDirectory(string dataDirectory)
    {
        var path = Path.GetFullPath(Path.Combine(dataDirectory, "admin.sock"));
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) => await LocalStream.ConnectAsync(ShortPath(path), cancellation).ConfigureAwait(false),
        };
        return new AdminClient(
            new HttpClient(handler) { BaseAddress = new Uri("http://localhost/"), Timeout = Timeout.InfiniteTimeSpan },
            $"no server runs on {Path.GetFullPath(dataDirectory)} (nobody answers at admin.sock there); start it with `actorsmtp serve`, or say which one is meant: --config, --set data-dir=…, --url");
    }

    /// <summary>Whether a server answers that runs on a data directory, or one of another user might.</summary>
    public static async Task<bool> RunsAsync(string dataDirectory, CancellationToken cancellation)
    {
        try
        {
            await using var answers = await LocalStream.ConnectAsync(ShortPath(Path.GetFullPath(Path.Combine(dataDirectory, "admin.sock"))), cancellation).ConfigureAwait(false);
            return true;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.AccessDenied;
        }
    }

    /// <summary>The server with this console.</summary>
    public static AdminClient OfUrl(Uri url, string? token)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority) + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return new AdminClient(http, $"nobody answers at {url.GetLeftPart(UriPartial.Authority)}: is the server running, and is that its console.bind?");
    }

    /// <summary>Asks; null where there is no such thing (404).</summary>
    /// <param name="alsoUnavailable">An answer that comes with 503 is one, too: that is how health says no.</param>
    public async Task<T?> GetAsync<T>(string path, CancellationToken cancellation, bool alsoUnavailable = false)
        where T : class
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        within.CancelAfter(TimeSpan.FromSeconds(30));
        using var response = await SendAsync(HttpMethod.Get, path, null, within.Token, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        if (!alsoUnavailable || response.StatusCode != HttpStatusCode.ServiceUnavailable)
        {
            await Check(response, within.Token).ConfigureAwait(false);
        }

        return await ReadAsync<T>(response, path, within.Token).ConfigureAwait(false);
    }

    /// <summary>Has something made, or done; answers what came of it.</summary>
    /// <param name="longest">How long it may take; null: as long as any question.</param>
    public async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellation, TimeSpan? longest = null)
        where T : class
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        within.CancelAfter(longest ?? TimeSpan.FromSeconds(30));
        using var content = JsonContent.Create(body, options: Form);
        await content.LoadIntoBufferAsync(within.Token).ConfigureAwait(false);
        using var response = await SendAsync(HttpMethod.Post, path, content, within.Token, cancellation).ConfigureAwait(false);
        await Check(response, within.Token).ConfigureAwait(false);
        return await ReadAsync<T>(response, path, within.Token).ConfigureAwait(false)
            ?? throw new CommandFailedException(ExitCodes.Unavailable, $"the server answered nothing to /{path}: it is another version than this program");
    }

    /// <summary>Has something taken away; false: there was no such thing.</summary>
    public async Task<bool> DeleteAsync(string path, CancellationToken cancellation)
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        within.CancelAfter(TimeSpan.FromSeconds(30));
        using var response = await SendAsync(HttpMethod.Delete, path, null, within.Token, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        await Check(response, within.Token).ConfigureAwait(false);
        return true;
    }

    /// <summary>The data of server-sent events, one after the other, until the server ends or it is cancelled.</summary>
    /// <returns>The event's name and its data.</returns>
    public async IAsyncEnumerable<(string Event, string Data)> EventsAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellation, cancellation).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new CommandFailedException(ExitCodes.Unavailable, "the server does not know events: it is another version than this program");
        }

        await Check(response, cancellation).ConfigureAwait(false);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        var (name, data) = ("message", "");
        while (await Line(reader, cancellation).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    yield return (name, data);
                }

                (name, data) = ("message", "");
            }
            else if (line.StartsWith("event:", StringComparison.Ordinal))
            {
                name = line[6..].Trim();
            }
            else if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data += (data.Length > 0 ? "\n" : "") + line[5..].TrimStart(' ');
            }
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>How the server writes and reads JSON.</summary>
    public static T? Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Form);

    private static async Task<string?> Line(StreamReader reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadLineAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;                                            // the server has gone
        }
    }

    private static async Task<T?> ReadAsync<T>(HttpResponseMessage response, string path, CancellationToken within)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(await response.Content.ReadAsStreamAsync(within).ConfigureAwait(false), Form, within).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            throw new CommandFailedException(ExitCodes.Unavailable, $"what answers for /{path} is no server of ours: it sent something else than was asked for");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken within, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, within).ConfigureAwait(false);
        }
        catch (HttpRequestException denied) when (denied.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw new CommandFailedException(ExitCodes.Permission, "the server's admin.sock is another user's: ask as that user");
        }
        catch (Exception cannot) when (cannot is HttpRequestException || (cannot is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new CommandFailedException(ExitCodes.Unavailable, _where);
        }
    }

    private static async Task Check(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var text = await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        string? detail = null;
        try
        {
            using var problem = JsonDocument.Parse(text);
            detail = problem.RootElement.TryGetProperty("detail", out var said) ? said.GetString() : null;
        }
        catch (JsonException)
        {
            // no problem document: the status says it
        }

        var (code, words) = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => (ExitCodes.Permission, "the server asks for a token: --token, or ACTORSMTP_TOKEN"),
            HttpStatusCode.Forbidden => (ExitCodes.Permission, "the server refuses it"),
            HttpStatusCode.BadRequest => (ExitCodes.Usage, "the server does not understand the question"),
            HttpStatusCode.NotImplemented => (ExitCodes.Unavailable, "the server cannot tell: that part is switched off"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => (ExitCodes.TemporaryFailure, "the server is busy: try again"),
            var other => (ExitCodes.Unavailable, $"the server answered {(int)other}"),
        };
        throw new CommandFailedException(code, detail ?? words);
    }

    /// <summary>The system takes short names of sockets only; the one from where we are may be shorter.</summary>
    private static string ShortPath(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length ? relative : path;
    }
}
