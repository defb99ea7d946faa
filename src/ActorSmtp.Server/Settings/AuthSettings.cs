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
