using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Storage;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// AUTH (RFC 4954). The exchange itself is a pure machine of <see cref="Protocol.Sasl"/>; what it wants checked or looked up is asked of the auth
/// actor, and meanwhile nothing is read. What was granted holds for as long as the account stays as it was.
/// </summary>
internal sealed partial class SessionActor
{
    private LoginExchange? _exchange;
    private UserAccount? _account;

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

        if (_at.Sasl.Begin(c.Mechanism, _talk.Ground, _talk.Tls) is not { } mechanism)
        {
            return Refuse(Replies.UnknownMechanism);
        }

        _exchange = new LoginExchange(mechanism);
        return Follow(mechanism.Start(c.InitialResponse));
    }

    private State OnSaslLine(SessionMessages.SaslLine m) => Follow(_exchange!.Sasl.Next(m.Text));

    /// <summary>A line that is over the limit or holds a NUL: the exchange has failed (RFC 4954 §4).</summary>
    private State OnBadSaslLine(SmtpCommand.Malformed m)
    {
        _exchange = null;
        return Refuse(m.Because, S.Ready, StateData);
    }

    private State OnVerifier(AuthMessages.Verifier m)
    {
        _exchange!.Against = m;
        return Follow(_exchange.Sasl.Resume(m.Stored));
    }

    /// <summary>Does what the exchange wants next.</summary>
    private State Follow(SaslStep step)
    {
        switch (step)
        {
            case SaslStep.Challenge challenge:
                Say(challenge.Say);
                _talk.NextSaslLine();
                return Enter(S.Authenticating);

            case SaslStep.CheckPassword check when _at.AcceptsAnyLogin:
                return OnGranted(new AuthMessages.Granted(check.Credentials.User));

            case SaslStep.Succeeded:
                return LogIn();

            case SaslStep.Failed failed:
                return Fail(failed.Because);

            default:
                return _exchange!.QuestionOf(step, _talk) is { } question ? Consult(question) : OnDenied(new AuthMessages.Denied(DenialReason.UnknownUser));
        }
    }

    private State Consult(object question)
    {
        _at.AuthActor.Tell(question, Self);
        _talk.WaitAsPenance(_at.Limits.CommandTimeout);
        return Enter(S.Authenticating);
    }

    private State OnGranted(AuthMessages.Granted m)
    {
        _exchange!.Granted = m.User;
        return Follow(_exchange.Sasl.Grant());
    }

    /// <summary>The cause is for the log; the peer hears 535 or 454, whatever it was.</summary>
    private State OnDenied(AuthMessages.Denied m)
    {
        _talk.TellDenied(m.Reason, _exchange!.Sasl.Mechanism);
        return Follow(_exchange.Deny(m.Reason));
    }

    private State LogIn()
    {
        var user = _exchange!.Granted!;
        if (!_at.AcceptsAnyLogin && (_account = _at.Directory.Current.Account(user)) is null)
        {
            return Fail(Replies.BadCredentials);                                            // removed since it was verified
        }

        _talk.TellLoggedIn(user, _exchange.Sasl.Mechanism);
        _exchange = null;
        Say(Replies.Authenticated);
        return Ask(S.Ready, StateData with { User = user });
    }

    /// <summary>The exchange is over without a login: credentials that were wrong, or refused unseen, are counted.</summary>
    private State Fail(Reply because)
    {
        var isCounted = _exchange!.IsCounted(because);
        _exchange = null;
        if (!isCounted)
        {
            return Refuse(because, S.Ready, StateData);
        }

        var counted = StateData with { FailedLogins = StateData.FailedLogins + 1 };
        if (counted.FailedLogins < _at.Auth.AttemptsPerSession)
        {
            return Refuse(because, S.Ready, counted);
        }

        Say(because);
        Say(Replies.TooManyAuthFailures);
        return End("too many failed logins");
    }

    /// <summary>
    /// Whether who logged in here may still act: the account is there, is not disabled, and has the password it had. Costs nothing while the
    /// table of accounts stays the same.
    /// </summary>
    private bool IsStillLoggedIn() => _at.Directory.Current.StillStands(ref _account);

    /// <summary>The account was disabled, removed or got another password: this login is over, the session may go on without it.</summary>
    private State LogOut()
    {
        _at.Log.LoggedOut(_talk.Actor, _talk.Id, _account!.Name);
        _account = null;
        return Refuse(Replies.AuthRequired, S.Ready, StateData with { User = null });
    }
}
