using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ActorSmtp.Server.Settings;

/// <summary>
/// Where to listen: <c>HOST:PORT</c> with an IP address or <c>localhost</c>, <c>[::1]:PORT</c>, <c>*:PORT</c> (every address, IPv6 and
/// IPv4), or <c>unix:PATH</c>. Names are not looked up: a server should not depend on DNS to come up.
/// </summary>
public sealed record BindAddress
{
    /// <summary>What <see cref="Parse"/> expects, for messages.</summary>
    public const string Expected = "an address to listen on: IP:PORT such as 127.0.0.1:2525, [::1]:2525, *:25, or unix:PATH";

    private const int LongestUnixPath = 107; // sun_path without its NUL

    private BindAddress()
    {
    }

    /// <summary>The address; null for a Unix socket.</summary>
    public IPAddress? Address { get; private init; }

    /// <summary>The port; 0: any free one.</summary>
    public int Port { get; private init; }

    /// <summary>The path of a Unix socket, as it was given; null for TCP.</summary>
    public string? UnixPath { get; private init; }

    /// <summary>An IPv6 any-address which takes IPv4 peers as well: <c>*:PORT</c>.</summary>
    public bool DualMode { get; private init; }

    /// <summary>Only peers on this machine can reach it: a loopback address or a Unix socket.</summary>
    public bool IsLocal => UnixPath is not null || IPAddress.IsLoopback(Address!);

    /// <summary>The address, or null when the text is none.</summary>
    public static BindAddress? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        const string unix = "unix:";
        if (text.StartsWith(unix, StringComparison.Ordinal))
        {
            var path = text[unix.Length..];
            return path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(path) <= LongestUnixPath
                ? new BindAddress { UnixPath = path }
                : null;
        }

        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }

        var host = text[..colon];
        if (host == "*")
        {
            return new BindAddress { Address = IPAddress.IPv6Any, Port = port, DualMode = true };
        }

        return Host(host) is { } address ? new BindAddress { Address = address, Port = port } : null;
    }

    /// <summary>The end point to bind.</summary>
    public EndPoint ToEndPoint() => UnixPath is not null ? new UnixDomainSocketEndPoint(UnixPath) : new IPEndPoint(Address!, Port);

    /// <summary>The text which <see cref="Parse"/> reads back.</summary>
    public override string ToString() =>
        UnixPath is not null ? "unix:" + UnixPath
        : DualMode ? "*:" + Port.ToString(CultureInfo.InvariantCulture)
        : new IPEndPoint(Address!, Port).ToString();

    private static IPAddress? Host(string host)
    {
        if (host == "localhost")
        {
            return IPAddress.Loopback;
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return IPAddress.TryParse(host[1..^1], out var six) && six.AddressFamily == AddressFamily.InterNetworkV6 ? six : null;
        }

        // Four numbers, else "1" would be 0.0.0.1.
        return host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var four) && four.AddressFamily == AddressFamily.InterNetwork
            ? four
            : null;
    }
}
