using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// AUTH (RFC 4954). The exchange itself is a pure machine of <see cref="Protocol.Sasl"/>; what it wants checked or looked up is asked of the auth
/// actor, and meanwhile nothing is read. What was granted holds for as long as the account stays as it was.
/// </summary>
internal sealed partial class SessionActor
{
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

        return BeginLogin(mechanism, c.InitialResponse);
    }

    /// <summary>A line that is over the limit or holds a NUL: the exchange has failed (RFC 4954 §4).</summary>
    private State OnBadSaslLine(SmtpCommand.Malformed m)
    {
        _exchange = null;
        return Refuse(m.Because, S.Ready, StateData);
    }

    protected override State Challenge(in Reply challenge)
    {
        Say(challenge);
        _talk.NextSaslLine();
        return Enter(S.Authenticating);
    }

    protected override State AwaitVerdict() => Enter(S.Authenticating);

    protected override string Anybody(string name) => name;

    protected override State OnLoggedIn(string user)
    {
        Say(Replies.Authenticated);
        return Ask(S.Ready, StateData with { User = user });
    }

    protected override State OnLoginFailed(in Reply because, bool isCounted)
    {
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

    /// <summary>The account was disabled, removed or got another password: this login is over, the session may go on without it.</summary>
    private State LogOut()
    {
        _at.Log.LoggedOut(_talk.Actor, _talk.Id, _account!.Name);
        _account = null;
        return Refuse(Replies.AuthRequired, S.Ready, StateData with { User = null });
    }
}
