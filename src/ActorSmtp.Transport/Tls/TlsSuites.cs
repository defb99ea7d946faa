using System.Net.Security;
using System.Security.Authentication;

namespace ActorSmtp.Transport;

/// <summary>
/// Which versions and cipher suites a server speaks with one client: forward secrecy and authenticated encryption only. TLS 1.3 has no others.
/// </summary>
/// <remarks>
/// The framework shares what it keeps for a certificate among connections, and lets sessions be resumed, only where it is told no list of
/// suites. Its own list for TLS 1.2 has CBC suites. So a client that can speak TLS 1.3, which has sound suites by definition, is met with 1.3
/// alone and no list: the choice would be 1.3 anyway. The others are met with the list, at the cost of what is shared. They are offered 1.3 too,
/// although they cannot take it: so that the server's random tells a client whose offer was tampered with (RFC 8446 §4.1.3), and a fall-back
/// that should not be is refused (RFC 7507).
/// </remarks>
internal static class TlsSuites
{
    private static readonly CipherSuitesPolicy? _sound = OperatingSystem.IsWindows() || OperatingSystem.IsAndroid() ? null : new CipherSuitesPolicy(
    [
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ]);

    /// <param name="ours">What the listener allows.</param>
    /// <param name="offersTls13">Whether the client does.</param>
    public static (SslProtocols Protocols, CipherSuitesPolicy? Suites) For(SslProtocols ours, bool offersTls13) =>
        offersTls13 && (ours & SslProtocols.Tls13) != 0 ? (SslProtocols.Tls13, null) : (ours, _sound);
}
