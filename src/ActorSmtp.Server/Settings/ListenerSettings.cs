using System.Collections.Immutable;

namespace ActorSmtp.Server.Settings;

/// <summary>What a listener is for.</summary>
public enum ListenerRole
{
    /// <summary>Mail from other servers, for our domains.</summary>
    Mx,

    /// <summary>Mail from our users (RFC 6409).</summary>
    Submission,

    /// <summary>Mail from a neighbour on this machine, a reply per recipient (RFC 2033).</summary>
    Lmtp,

    /// <summary>Our users take their mail away (RFC 1939).</summary>
    Pop3,
}

/// <summary>TLS on a listener.</summary>
public enum ListenerTls
{
    /// <summary>None.</summary>
    Off,

    /// <summary>STARTTLS is offered.</summary>
    StartTls,

    /// <summary>STARTTLS is offered, and nothing else goes before it.</summary>
    Required,

    /// <summary>TLS from the first byte.</summary>
    Implicit,
}

/// <summary>AUTH on a listener.</summary>
public enum ListenerAuth
{
    /// <summary>None.</summary>
    Off,

    /// <summary>Offered.</summary>
    Offered,

    /// <summary>No mail without it.</summary>
    Required,
}

/// <summary>One listener.</summary>
/// <param name="Name">Its key in the map: the actor's name, in logs and in <c>listeners.json</c>.</param>
/// <param name="Bind">Where it listens.</param>
/// <param name="AllowPlaintext">Passwords may come over it without TLS: <c>auth.allow-plaintext</c> applied to this address.</param>
/// <param name="AcceptAny">Every name and password is right on it: <c>auth.accept-any</c>, and the address is a local one.</param>
/// <param name="OwnTls">What it has of its own for TLS.</param>
/// <param name="Peers">How it meets its peers.</param>
public sealed record ListenerSettings(
    string Name,
    BindAddress Bind,
    ListenerRole Role,
    ListenerTls Tls,
    ListenerAuth Auth,
    bool AllowPlaintext,
    bool AcceptAny,
    ListenerTlsSettings OwnTls,
    PeerSettings Peers)
{
    /// <summary>Who is asked about its sessions, in this order.</summary>
    public ImmutableArray<CheckChoice> Checks { get; init; } = [];

    /// <summary>The milters that are asked about its sessions, behind all checks, in this order.</summary>
    public ImmutableArray<CheckChoice> Milters { get; init; } = [];

    /// <summary>Who connects there is one of ours, and may use what is kept for them of the connections.</summary>
    public bool IsForOurUsers => Role is ListenerRole.Submission or ListenerRole.Pop3;

    /// <summary>Mail is sent to it, rather than taken from it.</summary>
    public bool TakesMail => Role != ListenerRole.Pop3;

    /// <summary>The enabled ones of <c>listeners</c>; r stands at <c>actorsmtp</c>.</summary>
    internal static ImmutableArray<ListenerSettings> FromAll(SettingsReader r, AuthSettings auth)
    {
        var listeners = ImmutableArray.CreateBuilder<ListenerSettings>();
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        var defaults = r.Section("listener-defaults");
        ReadShared(defaults);
        CheckChoice.From(defaults, "checks");
        CheckChoice.MiltersFrom(defaults, "milters");
        foreach (var (name, section) in r.Sections("listeners", defaults))
        {
            var (isEnabled, listener) = From(name, section, auth);
            if (!IsName(name))
            {
                section.Refuse("bind", $"the listener's name \"{name}\" is none: expected letters, digits and '-', at most 32");
            }
            else if (name == "console")
            {
                section.Refuse("bind", "the name \"console\" is the web console's in listeners.json: choose another");
            }

            if (!isEnabled || listener is null)
            {
                continue;
            }

            if ((listener.Bind.UnixPath is not null || listener.Bind.Port != 0) && !taken.TryAdd(listener.Bind.ToString(), name))
            {
                section.Refuse("bind", $"listener {taken[listener.Bind.ToString()]} has this address already; give it another");
            }

            listeners.Add(listener);
        }

        if (listeners.Count == 0 && r.Mistakes.Count == 0)
        {
            r.Refuse("listeners", "no listener is enabled; name at least one: listeners { mx { bind = \"0.0.0.0:25\" } }");
        }

        return listeners.ToImmutable();
    }

    private static (bool IsEnabled, ListenerSettings? Listener) From(string name, SettingsReader r, AuthSettings auth)
    {
        var bind = r.Parsed("bind", BindAddress.Expected, BindAddress.Parse);
        var (enabled, role, tls, login, ownTls, peers) = ReadShared(r);
        var checks = CheckChoice.From(r, "checks");
        var milters = CheckChoice.MiltersFrom(r, "milters");
        if (bind is null)
        {
            return (enabled, null);
        }

        var isHome = bind.IsLocal && !peers.ProxyRequired && peers.XClientTrusted.IsEmpty;   // through a proxy anybody comes
        var plaintext = auth.AllowPlaintext == PlaintextAuth.Always || (auth.AllowPlaintext == PlaintextAuth.Loopback && isHome);
        if (enabled && login == ListenerAuth.Required && tls == ListenerTls.Off && !plaintext)
        {
            r.Refuse("auth", "nobody could log in: set tls, or actorsmtp.auth.allow-plaintext = true to take passwords in clear text");
        }

        if (role == ListenerRole.Lmtp && bind.Port == 25)
        {
            r.Refuse("bind", "expected another port: LMTP must not be spoken on port 25 (RFC 2033)");
        }

        if (role is ListenerRole.Lmtp or ListenerRole.Pop3 && !peers.RelayFrom.IsEmpty)
        {
            r.Refuse("relay-from", $"expected []: with role = {role.ToString().ToLowerInvariant()} nobody sends mail to other domains without a login; use a listener with role = mx or submission");
        }

        if (role == ListenerRole.Pop3)
        {
            CheckPop3(r, login, peers);
            if (!checks.IsEmpty)
            {
                r.Refuse("checks", "expected []: with role = pop3 no mail comes in");
            }

            if (!milters.IsEmpty)
            {
                r.Refuse("milters", "expected []: with role = pop3 no mail comes in");
            }
        }

        if (enabled && peers.ProxyRequired && peers.ProxyTrusted.IsEmpty && bind.UnixPath is null)
        {
            r.Refuse("proxy-trusted", "nobody could connect: name the proxies' networks, such as [10.0.0.0/8]");
        }

        if (ownTls.ClientAuthorities is not null && tls == ListenerTls.Off)
        {
            r.Refuse("client-ca", "clients can show no certificate here: set tls, or leave this empty");
        }

        return (enabled, new ListenerSettings(name, bind, role, tls, login, plaintext, auth.AcceptAny && isHome, ownTls, peers) { Checks = checks, Milters = milters });
    }

    private static void CheckPop3(SettingsReader r, ListenerAuth login, PeerSettings peers)
    {
        if (login != ListenerAuth.Required)
        {
            r.Refuse("auth", "expected required: with role = pop3 nobody gets mail without a login");
        }

        if (!peers.XClientTrusted.IsEmpty)
        {
            r.Refuse("xclient-trusted", "expected []: POP3 knows no XCLIENT; proxy-protocol = required does the same");
        }
    }

    // What a listener takes from listener-defaults where it says nothing.
    private static (bool Enabled, ListenerRole Role, ListenerTls Tls, ListenerAuth Auth, ListenerTlsSettings OwnTls, PeerSettings Peers)
        ReadShared(SettingsReader r) =>
    (
        r.Flag("enabled"),
        r.Choice("role", ("mx", ListenerRole.Mx), ("submission", ListenerRole.Submission), ("lmtp", ListenerRole.Lmtp), ("pop3", ListenerRole.Pop3)),
        r.Choice("tls", ("off", ListenerTls.Off), ("starttls", ListenerTls.StartTls), ("required", ListenerTls.Required),
            ("implicit", ListenerTls.Implicit)),
        r.Choice("auth", ("off", ListenerAuth.Off), ("offered", ListenerAuth.Offered), ("required", ListenerAuth.Required)),
        ListenerTlsSettings.From(r),
        PeerSettings.From(r)
    );

    // It becomes an actor's name and a part of a variable's name.
    private static bool IsName(string name) => name.Length is > 0 and <= 32 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
