using System.Globalization;
using System.Net;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.Delivery;

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
/// <param name="Domain">
/// The domain in lower case; <c>.example.com</c>: every domain below example.com, itself not; <c>*</c>: all that have no route of their own.
/// </param>
/// <param name="Kind">How.</param>
/// <param name="Host">The host or address, or the path of a Unix socket; empty for <see cref="RouteKind.Mx"/>.</param>
/// <param name="Port">The port; 0 where there is none.</param>
public sealed record Route(string Domain, RouteKind Kind, string Host, int Port)
{
    /// <summary>What <see cref="Parse"/> expects, for messages.</summary>
    public const string Expected = "expected mx, smtp://HOST:PORT, smtps://HOST:PORT, lmtp://HOST:PORT or lmtp+unix:PATH";

    private const string Unix = "lmtp+unix:";
    private const int LongestUnixPath = 107;                            // sun_path without its NUL

    private static readonly (string Scheme, RouteKind Kind)[] _schemes = [("smtp://", RouteKind.Smtp), ("smtps://", RouteKind.Smtps), ("lmtp://", RouteKind.Lmtp)];

    /// <summary>The host where it is an address; null for names and paths.</summary>
    public IPAddress? Address => Kind is RouteKind.Mx or RouteKind.LmtpUnix || !IPAddress.TryParse(Host, out var address) ? null : address;

    /// <summary>The right side as it is written in the configuration.</summary>
    public string Target => Kind switch
    {
        RouteKind.Mx => "mx",
        RouteKind.LmtpUnix => Unix + Host,
        _ => string.Create(CultureInfo.InvariantCulture, $"{_schemes.First(s => s.Kind == Kind).Scheme}{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}"),
    };

    /// <summary>Reads the right side of a route; null when it is none.</summary>
    /// <param name="domain">The left side, which is the caller's to check.</param>
    public static Route? Parse(string domain, string text)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(text);
        domain = domain.ToLowerInvariant();
        if (text == "mx")
        {
            return new Route(domain, RouteKind.Mx, "", 0);
        }

        if (text.StartsWith(Unix, StringComparison.Ordinal))
        {
            var path = text[Unix.Length..];
            return path.Length > 0 && !path.Contains('\0') && System.Text.Encoding.UTF8.GetByteCount(path) <= LongestUnixPath
                ? new Route(domain, RouteKind.LmtpUnix, path, 0)
                : null;
        }

        var (scheme, kind) = _schemes.FirstOrDefault(s => text.StartsWith(s.Scheme, StringComparison.Ordinal));
        return scheme is null ? null : At(domain, kind, text[scheme.Length..]);
    }

    public override string ToString() => $"\"{Domain}\" = \"{Target}\"";

    private static Route? At(string domain, RouteKind kind, string target)
    {
        var colon = target.LastIndexOf(':');
        var host = colon > 0 ? target[..colon] : "";
        var isV6 = host.StartsWith('[') && host.EndsWith(']') && host.Contains(':') && IPAddress.TryParse(host[1..^1], out _);
        return (isV6 || IsHost(host))
            && ushort.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new Route(domain, kind, isV6 ? host[1..^1] : host, port)
            : null;
    }

    // A name whose last label is a number is an address, or a mistake.
    private static bool IsHost(string host) => !host.EndsWith('.') && DnsName.TryParse(host) is { IsHost: true } name
        && (!name.LooksLikeAddress || (name.Labels == 4 && IPAddress.TryParse(host, out _)));
}
