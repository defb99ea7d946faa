namespace ActorSmtp.Server.Settings;

/// <summary>How listeners of the role pop3 serve.</summary>
/// <param name="IdleTimeout">Without a command, before the session ends without removing anything (RFC 1939 §3).</param>
/// <param name="LoginDelay">Between two logins of an account (RFC 2449 §6.5); zero: any.</param>
/// <param name="Memory">Octets for the lists of all open mailboxes together.</param>
public sealed record Pop3Settings(TimeSpan IdleTimeout, TimeSpan LoginDelay, long Memory)
{
    internal static Pop3Settings From(SettingsReader r) => new(
        IdleTimeout: r.Duration("idle-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        LoginDelay: r.Duration("login-delay", TimeSpan.Zero, TimeSpan.FromDays(1)),
        Memory: r.Bytes("memory", min: 1 << 20, max: 1L << 40));
}
