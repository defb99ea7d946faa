namespace ActorSmtp.Server.Settings;

/// <summary>How a listener meets its peers: how many, in whose name, and how patiently.</summary>
/// <param name="Connections">Connections of this listener; 0: only the limits of all listeners count.</param>
/// <param name="GreetingDelay">The greeting is held back so long; whoever speaks meanwhile is no mail server.</param>
/// <param name="DropsEarlyTalkers">554 5.5.1 and the end, rather than a line in the log.</param>
/// <param name="ProxyRequired">Every connection begins with a PROXY header.</param>
/// <param name="ProxyTrusted">The only ones who may connect then.</param>
/// <param name="XClientTrusted">Who may say XCLIENT.</param>
/// <param name="RelayFrom">Who sends to other domains without a login.</param>
public sealed record PeerSettings(
    int Connections,
    TimeSpan GreetingDelay,
    bool DropsEarlyTalkers,
    bool ProxyRequired,
    TrustedNetworks ProxyTrusted,
    TrustedNetworks XClientTrusted,
    TrustedNetworks RelayFrom)
{
    /// <summary>r stands at a listener, or at the defaults of all.</summary>
    internal static PeerSettings From(SettingsReader r) => new(
        Connections: r.Int("connections", min: 0, max: 1_000_000),
        GreetingDelay: r.Duration("greeting-delay", TimeSpan.Zero, TimeSpan.FromMinutes(1)),          // clients wait 5m: RFC 5321 §4.5.3.2.1
        DropsEarlyTalkers: r.Choice("early-talkers", ("drop", true), ("log", false)),
        ProxyRequired: r.Choice("proxy-protocol", ("off", false), ("required", true)),
        ProxyTrusted: TrustedNetworks.From(r, "proxy-trusted"),
        XClientTrusted: TrustedNetworks.From(r, "xclient-trusted"),
        RelayFrom: TrustedNetworks.From(r, "relay-from"));
}
