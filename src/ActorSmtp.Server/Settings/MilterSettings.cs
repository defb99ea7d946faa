using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace ActorSmtp.Server.Settings;

/// <summary>What becomes of mail while a milter fails.</summary>
public enum MilterDefault
{
    /// <summary>It goes on without it.</summary>
    Accept,

    /// <summary>451 4.7.1.</summary>
    TempFail,

    /// <summary>550 5.7.1.</summary>
    Reject,
}

/// <summary>Where a milter listens.</summary>
/// <param name="EndPoint">An IP address or a Unix socket.</param>
/// <param name="Text">As it was given.</param>
public sealed record MilterAddress(EndPoint EndPoint, string Text)
{
    /// <summary>What <see cref="Parse"/> expects, for messages.</summary>
    public const string Expected = "where the milter listens: unix:PATH, inet:IP:PORT, IP:PORT or inet:PORT@IP, with an IP address or localhost";

    /// <summary>Reads Postfix's and sendmail's forms; null: it is none.</summary>
    public static MilterAddress? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (kind, rest) = text.IndexOf(':', StringComparison.Ordinal) is var colon && colon > 0 ? (text[..colon], text[(colon + 1)..]) : ("", text);
        var address = kind switch
        {
            "unix" or "local" => BindAddress.Parse("unix:" + rest),
            "inet" or "inet6" => BindAddress.Parse(Turned(rest)),
            _ => BindAddress.Parse(text),
        };
        return address is { DualMode: false } and not { Port: 0, UnixPath: null } ? new MilterAddress(address.ToEndPoint(), text) : null;
    }

    public override string ToString() => Text;

    /// <summary>sendmail puts the port first: <c>8891@localhost</c>.</summary>
    private static string Turned(string text) =>
        text.IndexOf('@', StringComparison.Ordinal) is var at && at > 0
            ? (text[(at + 1)..] is var host && host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host) + ":" + text[..at]
            : text;
}

/// <summary>One milter.</summary>
/// <param name="Name">Its key in the map: in <c>milters</c> of listeners, findings and log lines.</param>
/// <param name="Failing">What becomes of mail while it fails.</param>
/// <param name="ConnectTimeout">For a connection, or until one of those that there may be is free.</param>
/// <param name="CommandTimeout">For the answer to what comes before the content.</param>
/// <param name="ContentTimeout">For the answer to a field, to a piece of the body, and between signs of life at the end.</param>
/// <param name="EndTimeout">From the content's last octet to the verdict, whatever signs of life it gives.</param>
/// <param name="Connections">Connections to it at a time.</param>
/// <param name="DaemonName">What it is told as <c>{daemon_name}</c>; empty: the listener's name.</param>
public sealed record MilterSettings(
    string Name,
    MilterAddress Address,
    MilterDefault Failing,
    TimeSpan ConnectTimeout,
    TimeSpan CommandTimeout,
    TimeSpan ContentTimeout,
    TimeSpan EndTimeout,
    int Connections,
    string DaemonName)
{
    private const int Most = 32;

    /// <summary>The milters of <c>gatekeeping.milters</c>; r stands at <c>gatekeeping</c>.</summary>
    internal static ImmutableArray<MilterSettings> FromAll(SettingsReader r)
    {
        var milters = ImmutableArray.CreateBuilder<MilterSettings>();
        var defaults = r.Section("milter-defaults");
        Read(defaults, "", null);
        foreach (var (name, section) in r.Sections("milters", defaults))
        {
            var address = section.Parsed("address", MilterAddress.Expected, MilterAddress.Parse);
            var (isEnabled, milter) = Read(section, name, address);
            if (name.Length > 32 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                section.Refuse("address", $"the milter's name \"{name}\" is none: expected letters, digits and '-', at most 32");
            }
            else if (isEnabled && milter is not null)
            {
                milters.Add(milter);
            }
        }

        if (milters.Count > Most)
        {
            r.Refuse("milters", string.Create(CultureInfo.InvariantCulture, $"expected at most {Most} milters"));
        }

        return milters.ToImmutable();
    }

    private static (bool IsEnabled, MilterSettings? Milter) Read(SettingsReader r, string name, MilterAddress? address)
    {
        var settings = new MilterSettings(
            name,
            address!,
            Failing: r.Choice("default-action", ("accept", MilterDefault.Accept), ("tempfail", MilterDefault.TempFail), ("reject", MilterDefault.Reject)),
            ConnectTimeout: r.Duration("connect-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(2)),
            CommandTimeout: r.Duration("command-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(4)),      // clients wait 5m: RFC 5321 §4.5.3.2
            ContentTimeout: r.Duration("content-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(9)),
            EndTimeout: r.Duration("end-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(9)),              // clients wait 10m: §4.5.3.2.6
            Connections: r.Int("max-connections", min: 1, max: 100_000),
            DaemonName: r.Text("daemon-name"));
        return (r.Flag("enabled"), address is null ? null : settings);
    }
}
