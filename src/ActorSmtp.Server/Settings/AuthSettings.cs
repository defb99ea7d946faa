using System.Collections.Immutable;

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
/// <param name="Mechanisms">The mechanisms that may be used, as EHLO names them, where what they need is there.</param>
/// <param name="SenderMustMatch">MAIL FROM of somebody logged in has to be an address of theirs.</param>
/// <param name="CertificatesBy">The ways from a client certificate to an account, in the order in which they are tried.</param>
/// <param name="Guesses">How guessing is slowed.</param>
/// <param name="OAuth">Logins by token.</param>
public sealed record AuthSettings(
    PlaintextAuth AllowPlaintext,
    int AttemptsPerSession,
    bool AcceptAny,
    TimeSpan RememberFor,
    int ParallelVerifications,
    int WaitingVerifications,
    ImmutableArray<string> Mechanisms,
    bool SenderMustMatch,
    ImmutableArray<CertificateMapping> CertificatesBy,
    GuessSettings Guesses,
    OAuthSettings OAuth)
{
    internal static AuthSettings From(SettingsReader r) => new(
        AllowPlaintext: r.Choice("allow-plaintext",
            ("false", PlaintextAuth.Never), ("loopback", PlaintextAuth.Loopback), ("true", PlaintextAuth.Always)),
        AttemptsPerSession: r.Int("attempts-per-session", min: 1, max: 1000),
        AcceptAny: r.Flag("accept-any"),
        RememberFor: r.Duration("remember-for", TimeSpan.Zero, TimeSpan.FromDays(1)),
        ParallelVerifications: r.Int("parallel-verifications", min: 1, max: 256),
        WaitingVerifications: r.Int("waiting-verifications", min: 0, max: 100_000),
        Mechanisms: ReadMechanisms(r),
        SenderMustMatch: r.Flag("sender-must-match"),
        CertificatesBy: ReadMappings(r),
        Guesses: GuessSettings.From(r.Section("guesses")),
        OAuth: OAuthSettings.From(r.Section("oauth")));

    private static ImmutableArray<string> ReadMechanisms(SettingsReader r)
    {
        ImmutableArray<string> named = [.. r.TextList("mechanisms").Select(m => m.ToUpperInvariant())];
        if (named.FirstOrDefault(m => !Protocol.Sasl.Mechanisms.StrongestFirst.Contains(m)) is { } unknown)
        {
            r.Refuse("mechanisms", $"\"{unknown}\" is none that is spoken here: expected some of {string.Join(", ", Protocol.Sasl.Mechanisms.StrongestFirst)}");
        }

        return [.. Protocol.Sasl.Mechanisms.StrongestFirst.Where(named.Contains)];
    }

    private static ImmutableArray<CertificateMapping> ReadMappings(SettingsReader r)
    {
        var ways = ImmutableArray.CreateBuilder<CertificateMapping>();
        foreach (var word in r.TextList("certificates-by"))
        {
            CertificateMapping? way = word switch
            {
                "fingerprint" => CertificateMapping.Fingerprint,
                "email" => CertificateMapping.Email,
                "common-name" => CertificateMapping.CommonName,
                _ => null,
            };
            if (way is { } known)
            {
                ways.Add(known);
            }
            else
            {
                r.Refuse("certificates-by", $"\"{word}\": expected some of fingerprint, email, common-name");
            }
        }

        return ways.ToImmutable();
    }
}

/// <summary>A way from a client certificate to an account.</summary>
public enum CertificateMapping
{
    /// <summary>The account that names its fingerprint.</summary>
    Fingerprint,

    /// <summary>The account that owns a mail address of its subjectAltName.</summary>
    Email,

    /// <summary>The account that its CN names.</summary>
    CommonName,
}
