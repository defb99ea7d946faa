using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ActorSmtp.Protocol.Dns;

namespace ActorSmtp.Protocol.TransportSecurity;

/// <summary>What a domain wants of who sends to it (RFC 8461 §5).</summary>
public enum MtaStsMode
{
    /// <summary>Nothing: it had a policy and takes it back.</summary>
    None,

    /// <summary>As <see cref="Enforce"/>, but what fails is sent nevertheless, and only counted.</summary>
    Testing,

    /// <summary>Only to servers that it names, only over TLS with their certificate.</summary>
    Enforce,
}

/// <summary>A domain's policy for the way to it (RFC 8461 §3.2).</summary>
/// <param name="Servers">Names of servers, <c>*.example.com</c> for those directly below; at least one but in <see cref="MtaStsMode.None"/>.</param>
/// <param name="MaxAge">How long it may be kept.</param>
public sealed record MtaStsPolicy(MtaStsMode Mode, ImmutableArray<string> Servers, TimeSpan MaxAge)
{
    /// <summary>The most octets of a policy that are read (RFC 8461 §3.3 proposes 64 KiB).</summary>
    public const int MostOctets = 64 * 1024;

    /// <summary>RFC 8461 §3.2: about a year.</summary>
    private const int LongestAge = 31_557_600;

    /// <summary>
    /// Reads one: lines of <c>key: value</c>, ended by LF or CRLF. Of a key that comes twice the first counts, <c>mx</c> aside; unknown ones count for nothing.
    /// </summary>
    /// <param name="problem">What is wrong with it; null where nothing is.</param>
    public static MtaStsPolicy? TryParse(ReadOnlySpan<byte> octets, out string? problem)
    {
        problem = null;
        if (octets.Length > MostOctets)
        {
            problem = $"it has more than {MostOctets} octets";
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var servers = ImmutableArray.CreateBuilder<string>();
        foreach (var line in Encoding.UTF8.GetString(octets).Split('\n'))
        {
            var text = line.Trim(' ', '\t', '\r');
            var colon = text.IndexOf(':');
            if (text.Length == 0)
            {
                continue;
            }

            if (colon <= 0)
            {
                problem = "a line is no 'key: value'";
                return null;
            }

            var (key, value) = (text[..colon].TrimEnd(' ', '\t'), text[(colon + 1)..].Trim(' ', '\t'));
            if (key != "mx")
            {
                fields.TryAdd(key, value);
            }
            else if (IsServer(value))
            {
                servers.Add(value.ToLowerInvariant());
            }
            else
            {
                problem = "an mx is no name of a server";
                return null;
            }
        }

        if (fields.GetValueOrDefault("version") != "STSv1")
        {
            problem = "its version is not STSv1";
            return null;
        }

        MtaStsMode? mode = fields.GetValueOrDefault("mode") switch
        {
            "enforce" => MtaStsMode.Enforce,
            "testing" => MtaStsMode.Testing,
            "none" => MtaStsMode.None,
            _ => null,
        };
        if (mode is null)
        {
            problem = "its mode is none of enforce, testing and none";
            return null;
        }

        if (!long.TryParse(fields.GetValueOrDefault("max_age"), NumberStyles.None, CultureInfo.InvariantCulture, out var age))
        {
            problem = "it has no max_age in seconds";
            return null;
        }

        if (servers.Count == 0 && mode != MtaStsMode.None)
        {
            problem = "it names no mx";
            return null;
        }

        return new MtaStsPolicy(mode.Value, servers.ToImmutable(), TimeSpan.FromSeconds(Math.Min(age, LongestAge)));
    }

    /// <summary>The policy as it is written, a line each.</summary>
    public ImmutableArray<string> Lines =>
    [
        "version: STSv1",
        $"mode: {Mode switch { MtaStsMode.Enforce => "enforce", MtaStsMode.Testing => "testing", _ => "none" }}",
        .. Servers.Select(s => $"mx: {s}"),
        string.Create(CultureInfo.InvariantCulture, $"max_age: {(long)MaxAge.TotalSeconds}"),
    ];

    /// <summary>Whether a server is one of those named; the asterisk stands for one whole label (RFC 8461 §4.1).</summary>
    public bool Names(string server)
    {
        ArgumentNullException.ThrowIfNull(server);
        var name = server.TrimEnd('.');
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return Servers.Any(s => s.StartsWith("*.", StringComparison.Ordinal)
            ? dot > 0 && name.AsSpan(dot).Equals(s.AsSpan(1), StringComparison.OrdinalIgnoreCase)
            : s.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    public bool Equals(MtaStsPolicy? other) =>
        other is not null && Mode == other.Mode && MaxAge == other.MaxAge && Servers.AsSpan().SequenceEqual(other.Servers.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Mode, MaxAge, Servers.Length);

    private static bool IsServer(string text) => DnsName.TryParse(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) is { IsHost: true, IsRoot: false };
}
