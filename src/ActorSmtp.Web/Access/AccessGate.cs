using ActorSmtp.Web.Routing;
using Microsoft.AspNetCore.Http;

namespace ActorSmtp.Web.Access;

/// <summary>
/// Stands before everything that is served: is the request meant for us, does it come from our own pages, who sends it? Nothing behind it asks
/// again. The order matters: what another site's page made a browser send is refused before anybody looks at its cookie.
/// </summary>
internal sealed class AccessGate(AccessRules rules, Logins logins, Tokens tokens)
{
    public const string CsrfHeader = "X-CSRF-Token";

    /// <summary>Finds out who asks; answers why the request is refused, or null.</summary>
    public Problem? Look(HttpContext context, bool isStream)
    {
        var request = context.Request;
        if (rules.IsSocket)
        {
            context.Features.Set(Visitor.Socket);
            return null;
        }

        if (!rules.IsOurs(request.Host, context.Connection.LocalIpAddress))
        {
            return Problem.WrongHost(Shown(request.Host.Value));
        }

        var isApi = request.Path.StartsWithSegments("/api", StringComparison.Ordinal);
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        if (IsFromElsewhere(request, isApi || changes || isStream))
        {
            return Problem.CrossSite;
        }

        var visitor = WhoIs(request);
        if (visitor is null)
        {
            return Problem.LoginRequired;
        }

        if (changes && visitor.Csrf.Length > 0 && !Logins.AreSame(visitor.Csrf, request.Headers[CsrfHeader].ToString()))
        {
            return Problem.Csrf;
        }

        context.Features.Set(visitor);
        return null;
    }

    /// <summary>Null: brought a token that is none.</summary>
    private Visitor? WhoIs(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return tokens.Find(authorization["Bearer ".Length..].Trim()) is { } name ? new Visitor(VisitorVia.Token, name, "") : null;
        }

        if (!rules.LoginIsNeeded)
        {
            return Visitor.Loopback;
        }

        return logins.Find(request) ?? Visitor.Nobody;
    }

    /// <summary>Whether a page of another origin made the browser send it. Programs that are no browsers send neither field.</summary>
    private static bool IsFromElsewhere(HttpRequest request, bool strictly)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "cross-site" or "same-site")            // another port of this machine is the same site
        {
            return strictly || request.Headers["Sec-Fetch-Mode"] != "navigate";
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)
            && !IsProxied(request, origin);
    }

    /// <summary>Behind a proxy with TLS the browser says https where we hear http; the host is the same and was looked at.</summary>
    private static bool IsProxied(HttpRequest request, string origin) =>
        request.Scheme == "http" && string.Equals(origin, $"https://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);

    private static string Shown(string? host) => host is { Length: > 0 } ? new string([.. host.Take(100).Where(c => !char.IsControl(c))]) : "a host without a name";
}
