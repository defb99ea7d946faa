using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>The server's part of a handshake. One object serves all connections of a listener.</summary>
public sealed record TlsServerOptions
{
    /// <summary>
    /// Which certificate for which name (SNI; null: the client named none). Asked once per handshake, on any thread; so a certificate
    /// replaced on disk is used from the next handshake on. Null: no certificate for that name, the handshake fails.
    /// </summary>
    public required Func<string?, TlsCertificate?> Certificate { get; init; }

    /// <summary>
    /// The authorities whose certificates a client may show, asked once per handshake as above; null: clients are asked for none. A client
    /// that shows none goes on without one; what another is worth is in <see cref="TlsFacts.Peer"/> and
    /// <see cref="TlsFacts.CertificateProblem"/>. Nobody else's word counts, the system's roots least of all.
    /// </summary>
    public Func<X509Certificate2Collection>? ClientAuthorities { get; init; }

    /// <summary>TLS 1.2 and 1.3, or 1.3 alone; older ones are refused as an option.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>
    /// What has come already and was not consumed is the handshake's beginning, not clear text to be thrown away: for a listener that begins
    /// with TLS behind the header of a proxy. Never with STARTTLS (RFC 3207 §4.2).
    /// </summary>
    public bool KeepsInput { get; init; }

    /// <summary>Options with one certificate for every name.</summary>
    public static TlsServerOptions For(X509Certificate2 certificate)
    {
        var only = TlsCertificate.Of(certificate);
        return new TlsServerOptions { Certificate = _ => only };
    }
}

/// <summary>The client's part of a handshake.</summary>
public sealed record TlsClientOptions
{
    /// <summary>The name sent as SNI and looked for in the certificate.</summary>
    public required string ServerName { get; init; }

    /// <summary>
    /// Goes on whatever the certificate is worth; <see cref="TlsFacts.CertificateProblem"/> still says what is wrong with it. (Between mail
    /// servers without DANE or MTA-STS there is nothing to verify against.)
    /// </summary>
    public bool Insecure { get; init; }

    /// <summary>Roots to trust instead of the system's; null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>
    /// Judges the server in place of name and roots: says what is wrong with it, or null (DANE, RFC 7672; names of another kind). Called during the handshake, on its
    /// thread. <see cref="Insecure"/> does not count then. Null: nobody does.
    /// </summary>
    public Func<TlsPeer, string?>? Judge { get; init; }

    /// <summary>Our own certificate, if the server asks for one.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>TLS 1.2 and 1.3, or 1.3 alone.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;
}

/// <summary>A server in the midst of a handshake, as whoever judges it sees it. The certificates live as long as the call.</summary>
/// <param name="Certificate">Its own.</param>
/// <param name="Sent">All that it sent, as they came, its own maybe among them.</param>
/// <param name="ChainProblem">What is wrong with it by the roots that are trusted, its name aside; null: nothing.</param>
public sealed record TlsPeer(X509Certificate2 Certificate, IEnumerable<X509Certificate2> Sent, string? ChainProblem);
