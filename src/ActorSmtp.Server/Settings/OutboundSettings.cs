using System.Collections.Immutable;
using System.Globalization;

namespace ActorSmtp.Server.Settings;

/// <summary>How a route reaches its next server.</summary>
public enum RouteKind
{
    /// <summary>The servers which the domain's MX records name.</summary>
    Mx,

    /// <summary><c>smtp://HOST:PORT</c></summary>
    Smtp,

    /// <summary><c>smtps://HOST:PORT</c>: TLS from the first byte.</summary>
    Smtps,

    /// <summary><c>lmtp://HOST:PORT</c></summary>
    Lmtp,

    /// <summary><c>lmtp+unix:PATH</c></summary>
    LmtpUnix,
}

/// <summary>Where mail for a domain goes.</summary>
/// <param name="Domain">The domain in lower case; <c>*</c>: all that have no route of their own.</param>
/// <param name="Kind">How.</param>
/// <param name="Host">The host or address, or the path of a Unix socket; empty for <see cref="RouteKind.Mx"/>.</param>
/// <param name="Port">The port; 0 where there is none.</param>
public sealed record Route(string Domain, RouteKind Kind, string Host, int Port)
{
    internal const string Expected = "expected mx, smtp://HOST:PORT, smtps://HOST:PORT, lmtp://HOST:PORT or lmtp+unix:PATH";

    /// <summary>Reads the right side of a route; null when it is none.</summary>
    internal static Route? Parse(string domain, string text)
    {
        domain = domain.ToLowerInvariant();
        const string unix = "lmtp+unix:";
        if (text == "mx")
        {
            return new Route(domain, RouteKind.Mx, "", 0);
        }

        if (text.StartsWith(unix, StringComparison.Ordinal))
        {
            return text.Length > unix.Length ? new Route(domain, RouteKind.LmtpUnix, text[unix.Length..], 0) : null;
        }

        (string Scheme, RouteKind Kind)[] schemes = [("smtp://", RouteKind.Smtp), ("smtps://", RouteKind.Smtps), ("lmtp://", RouteKind.Lmtp)];
        foreach (var (scheme, kind) in schemes)
        {
            if (text.StartsWith(scheme, StringComparison.Ordinal))
            {
                return At(domain, kind, text[scheme.Length..]);
            }
        }

        return null;
    }

    private static Route? At(string domain, RouteKind kind, string target)
    {
        var colon = target.LastIndexOf(':');
        var host = colon > 0 ? target[..colon] : "";
        var isAddress = host.StartsWith('[') && host.EndsWith(']') && System.Net.IPAddress.TryParse(host[1..^1], out _);
        return (isAddress || DomainName.IsValid(host))
            && ushort.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new Route(domain, kind, isAddress ? host[1..^1] : host, port)
            : null;
    }
}

/// <summary>Mail that leaves.</summary>
/// <param name="Routes">Without a route for it, a domain's mail is refused.</param>
/// <param name="Retry">The waits between attempts; the last one repeats.</param>
/// <param name="Expire">After so long a message is returned to its sender.</param>
public sealed record OutboundSettings(ImmutableArray<Route> Routes, ImmutableArray<TimeSpan> Retry, TimeSpan Expire)
{
    internal static OutboundSettings From(SettingsReader r)
    {
        var routes = ImmutableArray.CreateBuilder<Route>();
        var map = r.Section("routes");
        foreach (var name in map.Keys)
        {
            var text = map.Text(name);
            if (name != "*" && !DomainName.IsValid(name))
            {
                map.Refuse(name, $"the key of a route is none: {DomainName.Expected}, or \"*\"; write it in quotes");
            }
            else if (Route.Parse(name, text) is { } route)
            {
                routes.Add(route);
            }
            else
            {
                map.Refuse(name, Route.Expected);
            }
        }

        return new OutboundSettings(
            routes.ToImmutable(),
            r.DurationList("retry", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),                  // RFC 5321 §4.5.4.1
            r.Duration("expire", TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)));
    }
}
