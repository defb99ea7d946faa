using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace ActorSmtp.Transport;

/// <summary>What a handshake settled.</summary>
/// <param name="Protocol">The version.</param>
/// <param name="CipherSuite">The IANA name of the suite.</param>
/// <param name="ServerName">The name the client asked for, if any.</param>
/// <param name="ServerCertificate">The certificate the server showed.</param>
/// <param name="PeerCertificate">The other side's certificate; null where a client showed none.</param>
/// <param name="CertificateProblem">Why the peer's certificate is not to be trusted; null if it is, or if there is none.</param>
public sealed record TlsFacts(
    SslProtocols Protocol,
    TlsCipherSuite CipherSuite,
    string? ServerName,
    X509Certificate2? ServerCertificate,
    X509Certificate2? PeerCertificate,
    string? CertificateProblem)
{
    /// <summary>"1.2" or "1.3".</summary>
    public string Version => Protocol == SslProtocols.Tls13 ? "1.3" : "1.2";

    /// <summary>
    /// Who the peer is by its certificate; null where it showed none, or one that is not to be trusted (expired, from nobody we know, not
    /// meant for this). So what is here has been verified, and may be built upon (SASL EXTERNAL, RFC 4422 appendix A). Read anew at each call.
    /// </summary>
    public PeerIdentity? Peer => CertificateProblem is null && PeerCertificate is { } certificate ? PeerIdentity.Of(certificate) : null;

    /// <summary>
    /// The octets of the channel binding <c>tls-server-end-point</c> (RFC 5929 §4.1), without the name in front of them, the same on both
    /// sides; null where the certificate's signature gives none. Computed anew at each call, some microseconds.
    /// </summary>
    public byte[]? ServerEndPoint => ServerCertificate is { } certificate ? EndPointBinding.Of(certificate) : null;

    /// <summary>Version and suite, for people: <c>TLSv1.3 with cipher TLS_AES_256_GCM_SHA384</c>.</summary>
    public override string ToString() => $"TLSv{Version} with cipher {CipherSuite}";
}
