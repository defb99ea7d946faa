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

    private static readonly string[] StrongestFirst = [ScramSha256.Name, Plain.Name, Login.Name];

    private int _rounds;

    private State LogIn(Dialogue known)
    {
        if (_target.Login is not { } login)
        {
            return BecomeReady(known);
        }

        var offered = known.Offered.AuthMechanisms;
        var wanted = _target.Mechanism?.ToUpperInvariant();
        var mechanism = StrongestFirst.FirstOrDefault(m => (wanted is null || m == wanted) && offered.Contains(m, StringComparer.OrdinalIgnoreCase));
        if (mechanism is null)
        {
            return Break(
                offered.IsEmpty ? "the server offers no login" : $"the server offers {string.Join(", ", offered)}, not {wanted ?? "a mechanism of ours"}",
                null,
                mayRetry: false);
        }

        if (mechanism != ScramSha256.Name && !_talk.IsSecure && !_target.IsLocal && !_target.AllowPlaintextLogin)
        {
            return Break($"a password is not sent by {mechanism} without TLS", null, mayRetry: false);
        }

        _rounds = 0;
        _exchange = mechanism switch
        {
            ScramSha256.Name => new ScramSha256.Client(login, _at.Nonce()),
            Plain.Name => new Plain.Client(login),
            _ => new Login.Client(login),
        };
        var initial = _exchange.InitialResponse;
        _talk.Say(CommandWriter.Auth(mechanism, initial), initial is null ? null : $"AUTH {mechanism} ***");
        _talk.Next();
        return GoTo(S.Authenticating).Using(known);
    }

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
                return Break("the login was refused", reply, mayRetry: !reply.IsPermanent);
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
