using System.Globalization;
using System.Text.Json;
using ActorSmtp.Hocon;
using ActorSmtp.Web.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ActorSmtp.Web.Routing;

/// <summary>
/// One request while it is served. Values are read by name and type; what is wrong with them is gathered, and <see cref="Check"/> answers all
/// mistakes at once.
/// </summary>
internal sealed class ApiCall
{
    public const int UsualLimit = 50;
    public const int LargestLimit = 200;

    private readonly ApiRoute _route;
    private readonly List<KeyValuePair<string, string>> _mistakes = [];
    private readonly string[] _segments;

    public ApiCall(HttpContext context, ApiRoute route)
    {
        Http = context;
        _route = route;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.StartsWith('/') ? target.AsSpan(0, target.AsSpan().IndexOf('?') is var end and >= 0 ? end : target.Length).ToString() : context.Request.Path.Value ?? "";
        _segments = path.Trim('/').Split('/');
    }

    public HttpContext Http { get; }

    /// <summary>Who asks.</summary>
    public Visitor Visitor => Http.Features.Get<Visitor>() ?? Visitor.Nobody;

    /// <summary>Whether who asks would still be let in: for answers that go on.</summary>
    public bool IsStillLetIn => Http.Features.Get<Standing>() is { Holds: true };

    /// <summary>Ends when the peer has gone or the server stops.</summary>
    public CancellationToken Cancellation => Http.RequestAborted;

    /// <summary>A varying part of the path, decoded; unlike the framework's it may hold a slash.</summary>
    public string Part(string name)
    {
        foreach (var (part, segment) in _route.Parts)
        {
            if (part == name)
            {
                return segment < _segments.Length ? Uri.UnescapeDataString(_segments[segment]) : "";
            }
        }

        throw new InvalidOperationException($"{_route.Pattern} has no {{{name}}}.");
    }

    /// <summary>A query parameter, or null.</summary>
    public string? Text(string name, int longest = 1000)
    {
        if (!_route.Query.Any(q => q.Name == name))
        {
            throw new InvalidOperationException($"{_route.Method} {_route.Pattern} does not name the parameter {name}.");
        }

        var values = Http.Request.Query[name];
        if (values.Count > 1)
        {
            Mistake(name, "given more than once");
        }

        var value = values.FirstOrDefault();
        if (value?.Length > longest)
        {
            Mistake(name, $"longer than {longest} characters");
            return null;
        }

        return string.IsNullOrEmpty(value) ? null : value;
    }

    public int Number(string name, int usual, int least, int most)
    {
        if (Text(name) is not { } text)
        {
            return usual;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Mistake(name, $"expected a whole number from {least} to {most}");
        return usual;
    }

    public bool Flag(string name)
    {
        var text = Text(name);
        if (text is not (null or "0" or "1" or "true" or "false"))
        {
            Mistake(name, "expected 1 or 0");
        }

        return text is "1" or "true";
    }

    /// <summary>A duration with its unit, such as <c>10s</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan usual, TimeSpan most) => Text(name) is { } text ? DurationOf(name, text, TimeSpan.Zero, most) ?? usual : usual;

    /// <summary>The same from a member of a body.</summary>
    public TimeSpan? DurationOf(string field, string? text, TimeSpan least, TimeSpan most)
    {
        if (text is null)
        {
            return null;
        }

        if (HoconUnits.TryDuration(text, out var duration, needsUnit: true) && duration >= least && duration <= most)
        {
            return duration;
        }

        Mistake(field, $"expected a duration with its unit, such as 500ms, 10s or 5m, from {HoconUnits.FormatDuration(least)} to {HoconUnits.FormatDuration(most)}");
        return null;
    }

    public int Limit() => Number("limit", UsualLimit, 1, LargestLimit);

    /// <summary>Takes note of a mistake.</summary>
    public void Mistake(string field, string what) => _mistakes.Add(new(field, what));

    /// <exception cref="ProblemException">A mistake was noted.</exception>
    public void Check()
    {
        if (_mistakes.Count > 0)
        {
            throw new ProblemException(Problem.Invalid(_mistakes));
        }
    }

    /// <summary>The body.</summary>
    /// <exception cref="ProblemException">It is not what it has to be.</exception>
    public async Task<T> BodyAsync<T>()
        where T : class
    {
        if (_route.Body != typeof(T))
        {
            throw new InvalidOperationException($"{_route.Method} {_route.Pattern} does not name the body {typeof(T).Name}.");
        }

        var isThere = Http.Request.ContentLength is > 0 || Http.Request.Headers.TransferEncoding.Count > 0;
        if (!isThere && _route.BodyIsOptional)
        {
            return (T)Activator.CreateInstance(typeof(T))!;
        }

        if (!Http.Request.HasJsonContentType())
        {
            throw new ProblemException(Problem.MediaType);
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<T>(Http.Request.Body, Json.Options, Cancellation).ConfigureAwait(false)
                ?? throw new ProblemException(Problem.Invalid("The body is null; expected an object"));
        }
        catch (JsonException wrong)
        {
            var where = wrong.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : "body";
            throw new ProblemException(Problem.Invalid(where, Words(wrong)));
        }
    }

    /// <summary>Answers with a document.</summary>
    /// <param name="status">Another status than the route's.</param>
    public Task AnswerAsync<T>(T value, int? status = null)
    {
        if (_route.Answer != typeof(T))
        {
            throw new InvalidOperationException($"{_route.Method} {_route.Pattern} does not name the answer {typeof(T).Name}.");
        }

        Http.Response.StatusCode = status ?? _route.Status;
        Http.Response.ContentType = "application/json; charset=utf-8";
        Http.Response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(Http.Response.Body, value, Json.Options, Cancellation);
    }

    /// <summary>Answers that it is done.</summary>
    public Task DoneAsync()
    {
        Http.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    /// <summary>The serializer's words name our types; a caller has no use for them.</summary>
    private static string Words(JsonException wrong)
    {
        if (wrong.InnerException is ProblemException inner)
        {
            return inner.Message;
        }

        var message = wrong.Message;
        var member = message.IndexOf("could not be mapped to any .NET member", StringComparison.Ordinal);
        return member > 0 ? $"unknown member {message[..member].Replace("The JSON property", "", StringComparison.Ordinal).Trim()}"
            : message.Contains("could not be converted", StringComparison.Ordinal) ? "a value of another kind was expected"
            : $"not JSON as it should be (line {wrong.LineNumber + 1}, octet {wrong.BytePositionInLine})";
    }
}
