using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// AUTH (RFC 4954). The exchange itself is a pure machine of <see cref="Protocol.Sasl"/>; what it wants checked or looked up is asked of the auth
/// actor, and meanwhile nothing is read.
/// </summary>
internal sealed partial class SessionActor
{
    private SaslServer? _exchange;

    private State OnAuth(SmtpCommand.Auth c)
    {
        if (!_at.HasAuth)
        {
            return Refuse(Replies.NotImplemented);
        }

        if (StateData.Hello is not { Extended: true })
        {
            return Refuse(Replies.HelloFirst);
        }

        if (StateData.User is not null)
        {
            return Refuse(Replies.AlreadyAuthenticated);                                    // RFC 4954 §4
        }

        if (!_at.AuthIsOffered(_talk.IsSecure))
        {
            return Refuse(Replies.AuthNeedsTls);                                            // never over clear text
        }

        _exchange = _at.NewExchange(c.Mechanism);
        return _exchange is null ? Refuse(Replies.UnknownMechanism) : Follow(_exchange.Start(c.InitialResponse));
    }

    private State OnSaslLine(SessionMessages.SaslLine m) => Follow(_exchange!.Next(m.Text));

    /// <summary>A line that is over the limit or holds a NUL: the exchange has failed (RFC 4954 §4).</summary>
    private State OnBadSaslLine(SmtpCommand.Malformed m)
    {
        _exchange = null;
        return Refuse(m.Because, S.Ready, StateData);
    }

    private State OnVerifier(AuthMessages.Verifier m) => Follow(_exchange!.Resume(m.Stored));

    /// <summary>Does what the exchange wants next.</summary>
    private State Follow(SaslStep step)
    {
        switch (step)
        {
            case SaslStep.Challenge challenge:
                Say(challenge.Say);
                _talk.NextSaslLine();
                return Enter(S.Authenticating);

            case SaslStep.CheckPassword check:
                return _at.AcceptsAnyLogin
                    ? OnGranted(new AuthMessages.Granted(check.Credentials.User))
                    : Consult(new AuthMessages.Verify(check.Credentials));

            case SaslStep.FindPassword find:
                return Consult(new AuthMessages.FindVerifier(find.User));

            case SaslStep.Succeeded succeeded:
                return Consult(new AuthMessages.Authorize(succeeded.User, succeeded.AuthorizeAs));

            case SaslStep.Failed { Because: var reply } when reply == Replies.BadCredentials:
                return OnDenied(new AuthMessages.Denied(DenialReason.WrongPassword));

            case SaslStep.Failed failed:
                _exchange = null;
                return Refuse(failed.Because, S.Ready, StateData);

            default:
                throw new InvalidOperationException($"An exchange gave {step.GetType().Name}.");
        }
    }

    private State Consult(object question)
    {
        _at.AuthActor.Tell(question, Self);
        _talk.WaitForOthers(_at.Limits.CommandTimeout);
        return Enter(S.Authenticating);
    }

    private State OnGranted(AuthMessages.Granted m)
    {
        _at.Log.LoggedIn(_talk.Actor, _talk.Id, m.User, _exchange!.Mechanism);
        _at.Metrics.LoginsGranted.Add(1);
        _talk.TakeTime();
        _talk.Note(ChronicleKind.LoggedIn, $"{m.User}\0{_exchange!.Mechanism}");
        _exchange = null;
        Say(Replies.Authenticated);
        return Ask(S.Ready, StateData with { User = m.User });
    }

    private State OnDenied(AuthMessages.Denied m)
    {
        _at.Metrics.LoginsDenied.Add(1);
        _at.Log.LoginDenied(_talk.Actor, _talk.Id, _exchange!.Mechanism, m.Reason);
        _talk.TakeTime();
        _talk.Note(ChronicleKind.LoginDenied, $"{m.Reason}\0{_exchange!.Mechanism}");
        _exchange = null;
        if (m.Reason == DenialReason.Unavailable)
        {
            return Refuse(Replies.AuthUnavailable, S.Ready, StateData);
        }

        var counted = StateData with { FailedLogins = StateData.FailedLogins + 1 };
        if (counted.FailedLogins < _at.Auth.AttemptsPerSession)
        {
            return Refuse(Replies.BadCredentials, S.Ready, counted);
        }

        Say(Replies.BadCredentials);
        Say(Replies.TooManyAuthFailures);
        return End("too many failed logins");
    }
}
