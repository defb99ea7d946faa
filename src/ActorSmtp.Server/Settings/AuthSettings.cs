namespace ActorSmtp.Server.Settings;

/// <summary>Whether passwords may come without TLS.</summary>
public enum PlaintextAuth
{
    Never,

    /// <summary>On loopback addresses and Unix sockets.</summary>
    Loopback,

    Always,
}

/// <summary>Logins.</summary>
/// <param name="AllowPlaintext">Passwords without TLS; what it means for one listener is in <see cref="ListenerSettings.AllowPlaintext"/>.</param>
/// <param name="AttemptsPerSession">Wrong passwords before 421 4.7.0.</param>
/// <param name="AcceptAny">Every password is right on local addresses; what it means for one listener is in <see cref="ListenerSettings.AcceptAny"/>.</param>
/// <param name="RememberFor">How long a verified password is not verified again.</param>
/// <param name="ParallelVerifications">Passwords verified at once.</param>
/// <param name="WaitingVerifications">Logins that may wait for their turn; more get 454.</param>
public sealed record AuthSettings(
    PlaintextAuth AllowPlaintext,
    int AttemptsPerSession,
    bool AcceptAny,
    TimeSpan RememberFor,
    int ParallelVerifications,
    int WaitingVerifications)
{
    internal static AuthSettings From(SettingsReader r) => new(
        AllowPlaintext: r.Choice("allow-plaintext",
            ("false", PlaintextAuth.Never), ("loopback", PlaintextAuth.Loopback), ("true", PlaintextAuth.Always)),
        AttemptsPerSession: r.Int("attempts-per-session", min: 1, max: 1000),
        AcceptAny: r.Flag("accept-any"),
        RememberFor: r.Duration("remember-for", TimeSpan.Zero, TimeSpan.FromDays(1)),
        ParallelVerifications: r.Int("parallel-verifications", min: 1, max: 256),
        WaitingVerifications: r.Int("waiting-verifications", min: 0, max: 100_000));
}

/// <summary>The certificate of the listeners with TLS.</summary>
/// <param name="Certificate">A PEM file with the certificate and its chain; empty: one is made under the data directory.</param>
/// <param name="Key">A PEM file with its key; empty exactly if the certificate is.</param>
/// <param name="MinVersion">12 or 13: TLS 1.2 or 1.3.</param>
public sealed record TlsSettings(string Certificate, string Key, int MinVersion)
{
    internal static TlsSettings From(SettingsReader r)
    {
        var tls = new TlsSettings(r.Text("certificate"), r.Text("key"), r.Choice("min-version", ("1.2", 12), ("1.3", 13)));
        if (tls.Certificate.Length == 0 != (tls.Key.Length == 0))
        {
            r.Refuse(tls.Key.Length == 0 ? "key" : "certificate", "expected both certificate and key, each the name of a PEM file, or neither");
        }

        return tls;
    }
}
