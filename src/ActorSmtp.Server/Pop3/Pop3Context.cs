using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Pop3;

/// <summary>What all POP3 sessions of the server use besides what every session does.</summary>
/// <param name="Reader">The mailboxes.</param>
/// <param name="Claims">Who has which of them open.</param>
internal sealed record MaildropPorts(IMailboxReader Reader, MaildropClaims Claims);

/// <summary>What the POP3 sessions of one listener share. Made once per listener and never changed.</summary>
internal sealed class Pop3Context
{
    private readonly byte[][] _capabilities = new byte[8][];
    private readonly byte[][] _mechanisms = new byte[8][];

    public Pop3Context(ServerSettings settings, SessionContext common, MaildropPorts maildrops)
    {
        Common = common;
        Settings = settings.Pop3;
        Reader = maildrops.Reader;
        Claims = maildrops.Claims;
        Greeting = Pop3Replies.Greeting(settings.Hostname);
        for (var i = 0; i < _capabilities.Length; i++)
        {
            var ground = (SaslGround)i;
            var isSecure = ground.HasFlag(SaslGround.Secure);
            var offered = new Pop3Capabilities(
                common.Sasl.On(ground), common.AuthIsOffered(isSecure), Stls: !isSecure && common.TlsIsOffered, (int)Math.Ceiling(Settings.LoginDelay.TotalSeconds));
            _capabilities[i] = offered.Answer;
            _mechanisms[i] = offered.MechanismAnswer;
        }
    }

    /// <summary>What the listener's sessions have in common with all others.</summary>
    public SessionContext Common { get; }

    public Pop3Settings Settings { get; }

    public IMailboxReader Reader { get; }

    public MaildropClaims Claims { get; }

    public Pop3Reply Greeting { get; }

    /// <summary>The whole answer to CAPA on a connection that has this.</summary>
    public ReadOnlySpan<byte> CapabilitiesOn(SaslGround ground) => _capabilities[(int)ground];

    /// <summary>The whole answer to AUTH alone.</summary>
    public ReadOnlySpan<byte> MechanismsOn(SaslGround ground) => _mechanisms[(int)ground];
}
