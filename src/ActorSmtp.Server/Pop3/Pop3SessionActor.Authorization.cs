using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Storage;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// The AUTHORIZATION state (RFC 1939 §4): USER and PASS (§7), AUTH (RFC 5034). All of them are exchanges that the auth actor judges; meanwhile nothing
/// is read. What was granted holds for as long as the account stays as it was.
/// </summary>
internal sealed partial class Pop3SessionActor
{
    private LoginExchange? _exchange;
    private UserAccount? _login;

    private State OnCapa() => AnswerListing(Pop3Replies.Capabilities, _pop.CapabilitiesOn(_talk.Ground));

    /// <summary>Whoever it is, the answer is the same: names are not told (RFC 1939 §13).</summary>
    private State OnUser(Pop3Command.User c)
    {
        if (!_at.AuthIsOffered(_talk.IsSecure))
        {
            return Refuse(Pop3Replies.TlsFirst);                                            // never over clear text unless allowed
        }

        Say(Pop3Replies.AskPassword);
        return Ask(S.Authorization, StateData with { Name = c.Name });
    }

    private State OnPass(Pop3Command.Pass c)
    {
        if (StateData.Name is not { } name)
        {
            return Refuse(Pop3Replies.UserFirst);
        }

        return Begin(new UserPass(new Credentials(name, c.Password)), null);
    }

    private State OnAuth(Pop3Command.Auth c)
    {
        if (!_at.AuthIsOffered(_talk.IsSecure))
        {
            return Refuse(Pop3Replies.TlsFirst);
        }

        if (c.Mechanism is null)
        {
            return AnswerListing(Pop3Replies.MechanismsFollow, _pop.MechanismsOn(_talk.Ground));
        }

        return _at.Sasl.Begin(c.Mechanism, _talk.Ground, _talk.Tls) is { } mechanism ? Begin(mechanism, c.InitialResponse) : Refuse(Pop3Replies.UnknownMechanism);
    }

    private State Begin(SaslServer mechanism, string? initialResponse)
    {
        _exchange = new LoginExchange(mechanism);
        return Follow(mechanism.Start(initialResponse));
    }

    private State OnSaslLine(SessionMessages.SaslLine m) => Follow(_exchange!.Sasl.Next(m.Text));

    /// <summary>A line that is over the limit or holds a NUL: the exchange has failed.</summary>
    private State OnBadSaslLine(Pop3Command.Malformed m)
    {
        _exchange = null;
        return Refuse(m.Because, S.Authorization, StateData);
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
                _talk.SayChallenge(challenge.Say.Text);
                LogSaid("+ " + challenge.Say.Text);
                _talk.NextSaslLine();
                return Enter(S.Authenticating);

            case SaslStep.CheckPassword check when _at.AcceptsAnyLogin:
                return OnGranted(new AuthMessages.Granted(MailboxOfAnybody(check.Credentials.User)));

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

    /// <summary>The cause is for the log; the peer hears [AUTH] or [SYS/TEMP], whatever it was.</summary>
    private State OnDenied(AuthMessages.Denied m)
    {
        _talk.TellDenied(m.Reason, _exchange!.Sasl.Mechanism);
        return Follow(_exchange.Deny(m.Reason));
    }

    private State LogIn()
    {
        var user = _exchange!.Granted!;
        if (!_at.AcceptsAnyLogin && (_login = _at.Directory.Current.Account(user)) is null)
        {
            return Fail(Replies.BadCredentials);                                            // removed since it was verified
        }

        _talk.TellLoggedIn(user, _exchange.Sasl.Mechanism);
        _exchange = null;
        return Open(user);
    }

    /// <summary>The exchange is over without a login: credentials that were wrong, or refused unseen, are counted.</summary>
    private State Fail(Reply because)
    {
        var isCounted = _exchange!.IsCounted(because);
        _exchange = null;
        var data = StateData with { Name = null };
        if (!isCounted)
        {
            return Refuse(Pop3Replies.Of(because), S.Authorization, data);
        }

        data = data with { FailedLogins = data.FailedLogins + 1 };
        if (data.FailedLogins < _at.Auth.AttemptsPerSession)
        {
            return Refuse(Pop3Replies.Of(because), S.Authorization, data);
        }

        Say(Pop3Replies.TooManyLogins);
        return End("too many failed logins");
    }

    /// <summary>
    /// Where any login will do: the account of the name, or else the mailbox that mail for it as an address goes to, or else that of the name.
    /// </summary>
    private string MailboxOfAnybody(string name)
    {
        var directory = _at.Directory.Current;
        var at = name.LastIndexOf('@');
        return directory.FindLogin(name)?.Name
            ?? (at > 0 ? directory.MailboxOf(name[..at], name[(at + 1)..]) : null) ?? name.ToLowerInvariant();
    }

    private bool IsStillLoggedIn() => _at.Directory.Current.StillStands(ref _login);

    /// <summary>The account was disabled, removed or got another password. What is marked stays.</summary>
    private State OnLoggedOut(Pop3Command c)
    {
        _at.Log.LoggedOut(_talk.Actor, _talk.Id, StateData.User!);
        Say(Pop3Replies.LoggedOut);
        return End($"logged out at {c.Verb.ToString().ToUpperInvariant()}");
    }
}
