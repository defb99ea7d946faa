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

    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Real-IP"];

    /// <summary>Finds out who asks; answers why the request is refused, or null.</summary>
    public Problem? Look(HttpContext context, bool isStream)
    {
        var request = context.Request;
        if (rules.IsSocket)
        {
            context.Features.Set(Visitor.Socket);
            context.Features.Set(Standing.Always);
            return null;
        }

        context.Connection.RemoteIpAddress = rules.ClientOf(context.Connection.RemoteIpAddress, request.Headers);
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

        var visitor = WhoIs(request, isUse: true);
        if (visitor is null)
        {
            return Problem.LoginRequired;
        }

        if (visitor == Visitor.Loopback && ProxyMark(request) is { } mark && !request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            return Problem.Proxied(mark);
        }

        if (changes && visitor.Csrf.Length > 0 && !Logins.AreSame(visitor.Csrf, request.Headers[CsrfHeader].ToString()))
        {
            return Problem.Csrf;
        }

        context.Features.Set(visitor);
        context.Features.Set(new Standing(() => WhoIs(request, isUse: false) is { IsLetIn: true }));
        return null;
    }

    /// <summary>Whether the browser speaks TLS, with us or with a proxy before us.</summary>
    public static bool IsOverTls(HttpRequest request) => request.IsHttps || IsProxied(request, request.Headers.Origin.ToString());

    /// <summary>
    /// What shows that a request came through a proxy, or null. A proxy that puts its own idea of the host into the request would let in everybody
    /// who reaches it; some say nothing of themselves but that they speak HTTP/1.0, which no browser does.
    /// </summary>
    private static string? ProxyMark(HttpRequest request) =>
        request.Headers.Keys.FirstOrDefault(name =>
            name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || ProxyHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
        ?? (request.Protocol == HttpProtocol.Http10 ? HttpProtocol.Http10 : null);

    /// <summary>Null: brought a token that is none.</summary>
    /// <param name="isUse">Whether a login counts as used by it.</param>
    private Visitor? WhoIs(HttpRequest request, bool isUse)
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

        return logins.Find(request, isUse) ?? Visitor.Nobody;
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
