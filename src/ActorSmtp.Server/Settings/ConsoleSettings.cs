using System.Collections.Immutable;
using System.Net;

namespace ActorSmtp.Server.Settings;

/// <summary>Who has to log in to the console.</summary>
public enum ConsoleLogin
{
    /// <summary>Everybody, unless only this machine can reach it.</summary>
    Auto,

    /// <summary>Everybody.</summary>
    Always,
}

/// <summary>TLS on the console.</summary>
public enum ConsoleTls
{
    /// <summary>Where other machines can reach it.</summary>
    Auto,

    On,

    /// <summary>None: something before it has TLS.</summary>
    Off,
}

/// <summary>The web console.</summary>
/// <param name="Bind">Where it listens; null: there is none.</param>
/// <param name="Hosts">Further names under which browsers reach it, in lower case, without ports.</param>
/// <param name="ProxyTrusted">Proxies that are believed for whom they ask.</param>
/// <param name="Login">Who has to log in.</param>
/// <param name="Tls">Whether it speaks HTTPS itself.</param>
/// <param name="SessionIdle">A login that was not used for so long is over.</param>
/// <param name="SendElsewhere">Whether mail may be sent through other servers from it.</param>
public sealed record ConsoleSettings(
    BindAddress? Bind, ImmutableArray<string> Hosts, TrustedNetworks ProxyTrusted, ConsoleLogin Login, ConsoleTls Tls, TimeSpan SessionIdle, bool SendElsewhere)
{
    /// <summary>Only this machine can reach it, and no proxy was named that brings others.</summary>
    public bool IsLocal => Bind is { IsLocal: true } && Hosts.All(IsLoopbackName);

    public bool LoginIsNeeded => Login == ConsoleLogin.Always || !IsLocal;

    public bool HasTls => Bind is { UnixPath: null } && Tls switch
    {
        ConsoleTls.On => true,
        ConsoleTls.Auto => !Bind.IsLocal,
        _ => false,
    };

    internal static ConsoleSettings From(SettingsReader r)
    {
        var hosts = r.TextList("hosts");
        foreach (var wrong in hosts.Where(h => !DomainName.IsValid(h) && !IPAddress.TryParse(h, out _)))
        {
            r.Refuse("hosts", $"\"{wrong}\": expected the name or address that stands in a browser's address line, without port");
        }

        return new ConsoleSettings(
            r.Text("bind") is "" or "off" ? null : r.Parsed("bind", BindAddress.Expected + ", or \"\" for no console", BindAddress.Parse),
            [.. hosts.Select(h => h.ToLowerInvariant())],
            TrustedNetworks.From(r, "proxy-trusted"),
            r.Choice("login", ("auto", ConsoleLogin.Auto), ("always", ConsoleLogin.Always)),
            r.Choice("tls", ("auto", ConsoleTls.Auto), ("on", ConsoleTls.On), ("off", ConsoleTls.Off)),
            r.Duration("session-idle", TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            r.Flag("send-elsewhere"));
    }

    /// <summary>Names and addresses that mean this machine to everybody (RFC 6761 §6.3).</summary>
    public static bool IsLoopbackName(string host) =>
        host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
