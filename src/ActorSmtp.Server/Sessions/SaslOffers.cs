using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>What a connection has that decides which mechanisms are offered on it.</summary>
[Flags]
internal enum SaslGround : byte
{
    /// <summary>Clear text.</summary>
    None = 0,

    /// <summary>TLS.</summary>
    Secure = 1,

    /// <summary>Its server certificate has a channel binding.</summary>
    Bound = 2,

    /// <summary>The client showed a certificate that holds.</summary>
    Identified = 4,
}

/// <summary>
/// Which mechanisms a listener offers on which connection, and the server's half of each. The same list answers EHLO and AUTH: what is not
/// offered is not taken.
/// </summary>
internal sealed class SaslOffers
{
    /// <summary>The only binding there is for .NET's TLS on both sides and all versions (RFC 5929 §4).</summary>
    private const string BindingName = "tls-server-end-point";

    private readonly ImmutableArray<string>[] _byGround = new ImmutableArray<string>[8];
    private readonly TokenHint _hint;

    public SaslOffers(AuthSettings auth, ListenerSettings listener)
    {
        _hint = new TokenHint(auth.OAuth.Scope, auth.OAuth.Configuration);
        for (var ground = 0; ground < _byGround.Length; ground++)
        {
            _byGround[ground] = [.. auth.Mechanisms.Where(m => IsOffered(m, (SaslGround)ground, auth, listener))];
        }
    }

    /// <summary>The mechanisms for EHLO, strongest first; none: AUTH is not offered.</summary>
    public ImmutableArray<string> On(SaslGround ground) => _byGround[(int)ground];

    /// <summary>What a connection has, once its handshake is done.</summary>
    public static SaslGround GroundOf(TlsFacts? tls) => tls is null ? SaslGround.None
        : SaslGround.Secure
            | (tls.ServerEndPoint is null ? 0 : SaslGround.Bound)
            | (tls.Peer is null ? 0 : SaslGround.Identified);

    /// <summary>The server's half of an exchange; null for a mechanism that is not offered there.</summary>
    public SaslServer? Begin(string mechanism, SaslGround ground, TlsFacts? tls)
    {
        var name = mechanism.ToUpperInvariant();
        return !On(ground).Contains(name) ? null : name switch
        {
            Plain.Name => new Plain.Server(),
            Login.Name => new Login.Server(),
            External.Name => new External.Server(),
            OAuthBearer.Name => new OAuthBearer.Server(_hint),
            XOAuth2.Name => new XOAuth2.Server(_hint),
            ScramSha256.Name => new ScramSha256.Server(Nonce(), On(ground).Contains(ScramSha256.PlusName) ? BindingOf(tls) : null),
            ScramSha256.PlusName => new ScramSha256.Server(Nonce(), BindingOf(tls), plus: true),
            _ => null,
        };
    }

    private static bool IsOffered(string mechanism, SaslGround ground, AuthSettings auth, ListenerSettings listener)
    {
        var isSecure = ground.HasFlag(SaslGround.Secure);
        if (listener.Auth == ListenerAuth.Off || (!isSecure && !listener.AllowPlaintext))
        {
            return false;                                               // RFC 4954 §4: never over clear text unless that was allowed
        }

        return mechanism switch
        {
            Plain.Name or Login.Name => true,
            _ when listener.AcceptAny => false,                         // where any password will do there is none to prove
            ScramSha256.Name => true,
            ScramSha256.PlusName => isSecure && ground.HasFlag(SaslGround.Bound),
            External.Name => isSecure && ground.HasFlag(SaslGround.Identified),
            _ => auth.OAuth.IsOn,
        };
    }

    private static string Nonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    private static ChannelBinding? BindingOf(TlsFacts? tls) => tls?.ServerEndPoint is { } octets ? new ChannelBinding(BindingName, octets) : null;
}
