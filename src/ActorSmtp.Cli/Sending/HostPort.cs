using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Sending;

/// <summary>A server as <c>--server</c> names it: HOST, HOST:PORT, [::1]:PORT or unix:PATH.</summary>
/// <param name="Host">Name or address, without brackets; for a Unix socket its path.</param>
/// <param name="Port">Null where none was given.</param>
internal sealed record HostPort(string Host, int? Port, bool IsUnix = false)
{
    /// <summary>What is expected where it is none.</summary>
    public const string Expected = "expected HOST:PORT, [IPv6]:PORT or unix:PATH";

    public static HostPort? TryParse(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            return text.Length > 5 ? new HostPort(text[5..], null, IsUnix: true) : null;
        }

        if (text.StartsWith('['))
        {
            var close = text.IndexOf(']', StringComparison.Ordinal);
            return close > 1 && IPAddress.TryParse(text[1..close], out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6
                ? WithPort(text[1..close], text[(close + 1)..])
                : null;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon != text.LastIndexOf(':'))
        {
            return IPAddress.TryParse(text, out _) ? new HostPort(text, null) : null;       // a bare IPv6 address
        }

        return colon < 0 ? WithPort(text, "") : WithPort(text[..colon], text[colon..]);
    }

    /// <summary>The addresses it stands for.</summary>
    /// <exception cref="CommandFailedException">There is no such host.</exception>
    public async Task<ImmutableArray<EndPoint>> ResolveAsync(int defaultPort, CancellationToken cancellation)
    {
        if (IsUnix)
        {
            return [new UnixDomainSocketEndPoint(Host)];
        }

        var port = Port ?? defaultPort;
        if (IPAddress.TryParse(Host, out var address))
        {
            return [new IPEndPoint(address, port)];
        }

        try
        {
            var found = await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
            return found.Length > 0
                ? [.. found.Select(a => new IPEndPoint(a, port))]
                : throw new CommandFailedException(ExitCodes.Unavailable, $"{Host} has no address");
        }
        catch (SocketException unknown)
        {
            var mayRetry = unknown.SocketErrorCode == SocketError.TryAgain;
            throw new CommandFailedException(
                mayRetry ? ExitCodes.TemporaryFailure : ExitCodes.Unavailable,
                $"the address of {Host} cannot be found: {unknown.Message}{(mayRetry ? "; try again later" : "; check --server")}");
        }
    }

    public override string ToString() => IsUnix ? $"unix:{Host}" : Port is { } port ? $"{Shown}:{port}" : Shown;

    private string Shown => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Printable.Line(Host);

    private static HostPort? WithPort(string host, string rest)
    {
        if (host.Length is 0 or > 255 || !(IPAddress.TryParse(host, out _) || Uri.CheckHostName(host) == UriHostNameType.Dns))
        {
            return null;
        }

        return rest.Length == 0 ? new HostPort(host, null)
            : rest[0] == ':' && int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? new HostPort(host, port)
                : null;
    }
}
