using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Routing;

/// <summary>
/// What is answered where a request cannot be served, as RFC 9457 wants it: <c>application/problem+json</c>. The code is for programs and never
/// changes its meaning; the detail is for people and says what to do.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Ends the problem's type: <c>urn:actorsmtp:problem:CODE</c>.</param>
internal sealed record Problem(int Status, string Code, string Title, string Detail)
{
    /// <summary>What is wrong with which field or query parameter.</summary>
    public ImmutableDictionary<string, string[]>? Errors { get; init; }

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Problem Invalid(string detail) => new(400, "invalid", "The request is wrong", detail);

    public static Problem Invalid(IEnumerable<KeyValuePair<string, string>> mistakes)
    {
        var errors = mistakes.GroupBy(m => m.Key, m => m.Value).ToImmutableDictionary(g => g.Key, g => g.ToArray());
        return Invalid(string.Join("; ", errors.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {string.Join(", ", e.Value)}"))) with { Errors = errors };
    }

    public static Problem Invalid(string field, string mistake) => Invalid([new(field, mistake)]);

    public static Problem LoginRequired { get; } =
        new(401, "login-required", "Log in first", "This needs a login: POST /api/session with user and password, or a token in Authorization: Bearer");

    public static Problem WrongLogin { get; } =
        new(401, "wrong-login", "Not let in", "The name or the password is wrong, or the account is not an administrator's (actorsmtp user add NAME --admin)");

    public static Problem CrossSite { get; } =
        new(403, "cross-site", "Not from another site", "The request came from a page of another site; open the console itself");

    public static Problem Csrf { get; } =
        new(403, "csrf", "The page is out of date", "The header X-CSRF-Token is missing or wrong; take it from GET /api/session");

    public static Problem WrongHost(string host) =>
        new(421, "wrong-host", "Wrong host", $"This is not {host}; open the console by its own address, or name this one in actorsmtp.console.hosts");

    /// <param name="mark">What shows it.</param>
    public static Problem Proxied(string mark) => new(
        403, "proxied", "Not through a proxy",
        $"The request came through a proxy ({mark}), and here nobody has to log in: name the host under which browsers reach the proxy in actorsmtp.console.hosts, then a login is needed; or open the console without the proxy");

    public static Problem NotFound(string what) => new(404, "not-found", "Not there", what);

    public static Problem Gone(string what) => new(410, "gone", "Not there any more", what);

    public static Problem TooLarge(string detail) => new(413, "too-large", "Too large", detail);

    public static Problem MediaType { get; } = new(415, "media-type", "Wrong kind of content", "Send Content-Type: application/json");

    public static Problem TooMany(string detail, TimeSpan retryAfter) => new(429, "too-many", "Too many", detail) { RetryAfter = retryAfter };

    public static Problem Limit(string detail) => new(409, "limit", "A limit is reached", detail);

    public static Problem NotAvailable(string what) => new(501, "not-available", "Not available", what);

    public static Problem Busy(string detail) => new(503, "busy", "Not now", detail);

    public static Problem Failed(string detail) => new(500, "failed", "It failed", detail);

    /// <summary>Writes it, where nothing was written yet.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            context.Abort();                                // half an answer must not look like a whole one
            return Task.CompletedTask;
        }

        response.Clear();
        SecurityHeaders.Put(response);
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (Status == 401)
        {
            response.Headers.WWWAuthenticate = "Bearer realm=\"actorsmtp\"";
        }

        return JsonSerializer.SerializeAsync(
            response.Body,
            new ProblemDocument($"urn:actorsmtp:problem:{Code}", Title, Status, Detail, Code, Errors),
            Json.Options,
            context.RequestAborted);
    }
}

/// <summary>The document of a problem (RFC 9457 §3).</summary>
internal sealed record ProblemDocument(string Type, string Title, int Status, string Detail, string Code, ImmutableDictionary<string, string[]>? Errors);

/// <summary>Ends the work on a request; the problem is the answer.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem => problem;
}
