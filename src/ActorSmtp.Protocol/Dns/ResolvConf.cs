using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace ActorSmtp.Protocol.Dns;

/// <summary>What /etc/resolv.conf says (resolv.conf(5)). Search lists do not count: names in mail are complete.</summary>
/// <param name="Servers">Whom to ask, in order, on port 53; 127.0.0.1 where the file names nobody, as its page says.</param>
/// <param name="Timeout">For one try, where it says so; at most 30 seconds.</param>
/// <param name="Attempts">How often all servers are tried, where it says so; at most 5.</param>
/// <param name="Rotate">Another server first each time.</param>
/// <param name="TrustsAd">The servers' word that an answer was verified is to be believed.</param>
/// <param name="UsesTcp">Never UDP.</param>
public sealed record ResolvConf(ImmutableArray<IPEndPoint> Servers, TimeSpan? Timeout, int? Attempts, bool Rotate, bool TrustsAd, bool UsesTcp)
{
    /// <summary>The port of DNS.</summary>
    public const int DnsPort = 53;

    /// <summary>Servers that are taken; more would only make failing slower.</summary>
    public const int MostServers = 8;

    private const int LongestTimeout = 30;
    private const int MostAttempts = 5;

    /// <summary>Reads the text; lines that make no sense are passed over, as the C library does.</summary>
    public static ResolvConf Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        TimeSpan? timeout = null;
        int? attempts = null;
        var (rotate, trust, tcp) = (false, false, false);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var words = line.ToString().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var server, ..] && servers.Count < MostServers && IPAddress.TryParse(server, out var address))
            {
                servers.Add(new IPEndPoint(address, DnsPort));
            }

            foreach (var option in words is ["options", .. var options] ? options : [])
            {
                timeout = Number(option, "timeout:", LongestTimeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : timeout;
                attempts = Number(option, "attempts:", MostAttempts) ?? attempts;
                rotate |= option == "rotate";
                trust |= option == "trust-ad";
                tcp |= option == "use-vc";
            }
        }

        return new ResolvConf(servers.Count > 0 ? servers.ToImmutable() : [new IPEndPoint(IPAddress.Loopback, DnsPort)], timeout, attempts, rotate, trust, tcp);
    }

    private static int? Number(string option, string key, int most) =>
        option.StartsWith(key, StringComparison.Ordinal) && int.TryParse(option.AsSpan(key.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, 1, most)
            : null;
}
