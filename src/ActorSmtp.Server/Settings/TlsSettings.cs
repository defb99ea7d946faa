using System.Collections.Immutable;
using System.Security.Authentication;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Settings;

/// <summary>What all listeners with TLS share.</summary>
/// <param name="Certificate">For clients that name no host, or one that no other certificate is for.</param>
/// <param name="Further">Chosen by the name a client asks for.</param>
/// <param name="Protocols">TLS 1.2 and 1.3, or 1.3 alone.</param>
/// <param name="LookEvery">How often the files are looked at for changes.</param>
public sealed record TlsSettings(CertificatePair Certificate, ImmutableArray<CertificatePair> Further, SslProtocols Protocols, TimeSpan LookEvery)
{
    private const string BothOrNeither = "expected both certificate and key, each the name of a PEM file, or neither";

    internal static TlsSettings From(SettingsReader r) => new(
        ReadPair(r, "certificate", "key"),
        [.. r.SectionList("certificates").Select(ReadFurther)],
        From(r.Choice("min-version", ("1.2", 12), ("1.3", 13))),
        r.Duration("look-every", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)));

    /// <summary>Two keys that name a certificate and its key, or neither.</summary>
    internal static CertificatePair ReadPair(SettingsReader r, string certificateKey, string keyKey)
    {
        var (certificate, key) = (r.Text(certificateKey), r.Text(keyKey));
        if (certificate.Length == 0 != (key.Length == 0))
        {
            r.Refuse(key.Length == 0 ? keyKey : certificateKey, BothOrNeither);
        }

        return certificate.Length == 0 ? CertificatePair.SelfSigned : new CertificatePair(certificate, key);
    }

    internal static SslProtocols From(int oldest) => oldest >= 13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;

    private static CertificatePair ReadFurther(SettingsReader r) => new(ReadFile(r, "certificate"), ReadFile(r, "key"));

    private static string ReadFile(SettingsReader r, string key) =>
        r.Parsed(key, "the name of a PEM file", static name => name.Length > 0 ? name : null) ?? "";
}

/// <summary>What one listener has of its own for TLS.</summary>
/// <param name="Certificate">Before those of <c>tls</c>, and for clients that name no host; null: it has none.</param>
/// <param name="Protocols">The versions spoken; null: those of <c>tls</c>.</param>
/// <param name="ClientAuthorities">Who vouches for clients' certificates; null: clients are asked for none.</param>
public sealed record ListenerTlsSettings(CertificatePair? Certificate, SslProtocols? Protocols, AuthorityFile? ClientAuthorities)
{
    internal static ListenerTlsSettings From(SettingsReader r)
    {
        var pair = TlsSettings.ReadPair(r, "tls-certificate", "tls-key");
        var oldest = r.Choice("tls-min-version", ("1.2", 12), ("1.3", 13), ("", 0));
        return new ListenerTlsSettings(
            pair.IsSelfSigned ? null : pair,
            oldest == 0 ? null : TlsSettings.From(oldest),
            r.Text("client-ca") is { Length: > 0 } authorities ? new AuthorityFile(authorities) : null);
    }
}
