using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Client.ClientState, ActorSmtp.Client.Dialogue>;
using S = ActorSmtp.Client.ClientState;

namespace ActorSmtp.Client;

/// <summary>AUTH (RFC 4954): the strongest mechanism both sides have, and never a password over clear text unasked.</summary>
public sealed partial class ClientActor
{
    private const int MaxRounds = 8;                                    // SCRAM needs three
    private const int LongestInitialResponse = 480;                     // a command line has 512 octets with its CRLF (RFC 4954 §4)

    private int _rounds;

    private State LogIn(Dialogue known)
    {
        if (!_target.LogsIn)
        {
            return BecomeReady(known);
        }

        var offered = known.Offered.AuthMechanisms;
        var mechanism = Mechanisms.StrongestFirst.FirstOrDefault(m => IsOurs(m) && offered.Contains(m, StringComparer.OrdinalIgnoreCase));
        if (mechanism is null)
        {
            // A certificate alone may be meant for the handshake only: the server asked for no login with it.
            return _target is { Login: null, Token: null, Mechanism: null }
                ? BecomeReady(known)
                : Break(
                    offered.IsEmpty ? "the server offers no login" : $"the server offers {string.Join(", ", offered)}, not {_target.Mechanism?.ToUpperInvariant() ?? "a mechanism of ours"}",
                    null,
                    mayRetry: false);
        }

        if (Mechanisms.ShowsSecret(mechanism) && !_talk.IsSecure && !_target.IsLocal && !_target.AllowPlaintextLogin)
        {
            return Break($"a password or token is not sent by {mechanism} without TLS", null, mayRetry: false);
        }

        _rounds = 0;
        _exchange = Begin(mechanism, offered);
        var initial = _exchange.InitialResponse;
        if (initial is { Length: > LongestInitialResponse })
        {
            initial = null;                                             // RFC 4954 §4: what makes the line too long waits for a challenge
        }

        _talk.Say(CommandWriter.Auth(mechanism, initial), initial is null ? null : $"AUTH {mechanism} ***");
        _talk.Next();
        return GoTo(S.Authenticating).Using(known);
    }

    /// <summary>Whether we have what a mechanism needs, and it is not another one that is wanted.</summary>
    private bool IsOurs(string mechanism) =>
        (_target.Mechanism is not { } wanted || wanted.Equals(mechanism, StringComparison.OrdinalIgnoreCase))
        && mechanism switch
        {
            External.Name => _target.Certificate is not null && (_target.Mechanism is not null || _target is { Login: null, Token: null }),
            ScramSha256.PlusName => _target.Login is not null && Binding is not null,
            OAuthBearer.Name => _target.Token is not null,
            XOAuth2.Name => _target.Token?.User is { Length: > 0 },
            _ => _target.Login is not null,
        };

    private SaslClient Begin(string mechanism, ImmutableArray<string> offered) => mechanism switch
    {
        External.Name => new External.Client(_target.ActAs),
        ScramSha256.PlusName => new ScramSha256.Client(_target.Login!, _at.Nonce(), Binding),
        ScramSha256.Name => new ScramSha256.Client(
            _target.Login!,
            _at.Nonce(),
            offered.Contains(ScramSha256.PlusName, StringComparer.OrdinalIgnoreCase) ? null : Binding,      // there it was not wanted
            plusIsOffered: false),
        OAuthBearer.Name => new OAuthBearer.Client(_target.Token!, _target.ServerName, (_target.EndPoint as IPEndPoint)?.Port),
        XOAuth2.Name => new XOAuth2.Client(_target.Token!),
        Plain.Name => new Plain.Client(_target.Login!),
        _ => new Login.Client(_target.Login!),
    };

    /// <summary>The channel binding of the handshake (RFC 5929 §4); null in clear text.</summary>
    private ChannelBinding? Binding => _talk.Tls?.ServerEndPoint is { } octets ? new ChannelBinding("tls-server-end-point", octets) : null;

    private State OnAuthReply(ServerReply reply)
    {
        var exchange = _exchange!;
        switch (reply.Code)
        {
            case 235 when exchange.MayAcceptSuccess:
                _exchange = null;
                return BecomeReady(StateData);

            case 235:
                return Break("the server did not prove that it knows the password", reply, mayRetry: false);

            case 334 when ++_rounds > MaxRounds:
                return Break("the server asks and asks and lets nobody in", reply, mayRetry: false);

            case 334:
                var challenge = reply.Text;
                _at.Compute(() => exchange.Next(challenge))
                    .PipeTo(Self, success: a => new Computed(a), failure: f => new ComputeFailed(f.Message));
                return Stay();

            default:
                return Break(
                    exchange.Complaint is { } complaint ? $"the login was refused ({complaint})" : "the login was refused", reply, mayRetry: !reply.IsPermanent);
        }
    }

    private State OnComputed(SaslAnswer answer)
    {
        switch (answer)
        {
            case SaslAnswer.Send send:
                _talk.Say(send.Line, "***");
                _talk.Next();
                return Stay();

            case SaslAnswer.GiveUp no:
                _talk.Say("*");
                _talk.Flush();
                return Break(no.Why, null, mayRetry: false);

            default:
                throw new InvalidOperationException($"An exchange gave {answer.GetType().Name}.");
        }
    }

    private sealed record Computed(SaslAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed record ComputeFailed(string Why);
}
