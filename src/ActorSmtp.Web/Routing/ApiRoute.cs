using System.Collections.Immutable;

namespace ActorSmtp.Web.Routing;

/// <summary>One thing that can be asked of the API. The table of routes is both what is served and what <c>/api/openapi.json</c> says.</summary>
/// <param name="Method">GET, POST, PATCH or DELETE.</param>
/// <param name="Pattern">With <c>{name}</c> for a part that varies.</param>
/// <param name="Group">The heading it stands under.</param>
/// <param name="Summary">One sentence.</param>
internal sealed record ApiRoute(string Method, string Pattern, string Group, string Summary, Func<ApiCall, Task> Handler)
{
    /// <summary>Query parameters; a handler can read no others.</summary>
    public ImmutableArray<QueryParameter> Query { get; init; } = [];

    /// <summary>What the body has to be; null: there is none.</summary>
    public Type? Body { get; init; }

    /// <summary>Whether the body may be left out.</summary>
    public bool BodyIsOptional { get; init; }

    /// <summary>What is answered; null: no content, or what <see cref="Produces"/> says.</summary>
    public Type? Answer { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>The media type of the answer, where it is no JSON.</summary>
    public string? Produces { get; init; }

    /// <summary>The largest body taken, in octets; null: the usual limit.</summary>
    public long? MostOctets { get; init; }

    /// <summary>Works without a login.</summary>
    public bool IsOpen { get; init; }

    /// <summary>An answer that goes on: only the console's own pages may watch it.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether a path, cut at its slashes, is this route's.</summary>
    public bool IsAt(ReadOnlySpan<string> segments)
    {
        var own = Pattern.Trim('/').Split('/');
        if (own.Length != segments.Length)
        {
            return false;
        }

        for (var i = 0; i < own.Length; i++)
        {
            if (!own[i].StartsWith('{') && own[i] != segments[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Names of the parts that vary, with their place among the path's segments.</summary>
    public ImmutableArray<(string Name, int Segment)> Parts { get; } =
        [.. Pattern.Trim('/').Split('/').Select((segment, i) => (segment, i)).Where(s => s.segment.StartsWith('{')).Select(s => (s.segment.Trim('{', '}'), s.i))];
}

/// <summary>A query parameter.</summary>
/// <param name="Description">For the document.</param>
internal sealed record QueryParameter(string Name, string Description, string Type = "string");
