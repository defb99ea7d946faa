using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What dialogues have in common whatever their language: how a login is exchanged, and how a dialogue ends. The states, and all that is said, are the
/// language's. Nothing here is called for an ordinary command.
/// </summary>
/// <typeparam name="TTalk">What reads and writes for it.</typeparam>
internal abstract class DialogueActor<TState, TData, TTalk>(SessionContext at, TTalk talk) : FSM<TState, TData>
    where TState : struct, Enum
    where TTalk : Conversation
{
    protected readonly SessionContext _at = at;
    protected readonly TTalk _talk = talk;
    protected bool _over;
    protected string _why = "";
    protected LoginExchange? _exchange;
    protected UserAccount? _account;        // who logged in; null also where any login will do

    // --- the login: the exchange is a pure machine of Protocol.Sasl; what it wants looked up is asked of the auth actor, and meanwhile nothing is read

    /// <summary>Says a challenge, and waits for the answer.</summary>
    protected abstract State<TState, TData> Challenge(in Reply challenge);

    /// <summary>Goes where the auth actor's answer is waited for.</summary>
    protected abstract State<TState, TData> AwaitVerdict();

    /// <summary>Who it is where any login will do.</summary>
    protected abstract string Anybody(string name);

    /// <summary>The login stands.</summary>
    protected abstract State<TState, TData> OnLoggedIn(string user);

    /// <summary>The exchange is over without a login.</summary>
    /// <param name="isCounted">Credentials that were wrong, or refused unseen.</param>
    protected abstract State<TState, TData> OnLoginFailed(in Reply because, bool isCounted);

    protected State<TState, TData> BeginLogin(SaslServer mechanism, string? initialResponse)
    {
        _exchange = new LoginExchange(mechanism);
        return Follow(mechanism.Start(initialResponse));
    }

    protected State<TState, TData> OnSaslLine(SessionMessages.SaslLine m) => Follow(_exchange!.Sasl.Next(m.Text));

    protected State<TState, TData> OnVerifier(AuthMessages.Verifier m)
    {
        _exchange!.Against = m;
        return Follow(_exchange.Sasl.Resume(m.Stored));
    }

    protected State<TState, TData> OnGranted(AuthMessages.Granted m)
    {
        _exchange!.Granted = m.User;
        return Follow(_exchange.Sasl.Grant());
    }

    /// <summary>The cause is for the log; the peer hears that it was wrong, or not now, whatever it was.</summary>
    protected State<TState, TData> OnDenied(AuthMessages.Denied m)
    {
        _talk.TellDenied(m.Reason, _exchange!.Sasl.Mechanism);
        return Follow(_exchange.Deny(m.Reason));
    }

    /// <summary>
    /// Whether who logged in here may still act: the account is there, is not disabled, and has the password it had. Costs nothing while the
    /// table of accounts stays the same.
    /// </summary>
    protected bool IsStillLoggedIn() => _at.Directory.Current.StillStands(ref _account);

    /// <summary>Does what the exchange wants next.</summary>
    private State<TState, TData> Follow(SaslStep step)
    {
        switch (step)
        {
            case SaslStep.Challenge challenge:
                return Challenge(challenge.Say);

            case SaslStep.CheckPassword check when _at.AcceptsAnyLogin:
                return OnGranted(new AuthMessages.Granted(Anybody(check.Credentials.User)));

            case SaslStep.Succeeded:
                return LogIn();

            case SaslStep.Failed failed:
                return Fail(failed.Because);

            default:
                return _exchange!.QuestionOf(step, _talk) is { } question ? Consult(question) : OnDenied(new AuthMessages.Denied(DenialReason.UnknownUser));
        }
    }

    private State<TState, TData> Consult(object question)
    {
        _at.AuthActor.Tell(question, Self);
        _talk.WaitAsPenance(_at.Limits.CommandTimeout);
        return AwaitVerdict();
    }

    private State<TState, TData> LogIn()
    {
        var user = _exchange!.Granted!;
        if (!_at.AcceptsAnyLogin && (_account = _at.Directory.Current.Account(user)) is null)
        {
            return Fail(Replies.BadCredentials);                                            // removed since it was verified
        }

        _talk.TellLoggedIn(user, _exchange.Sasl.Mechanism);
        _exchange = null;
        return OnLoggedIn(user);
    }

    private State<TState, TData> Fail(in Reply because)
    {
        var isCounted = _exchange!.IsCounted(because);
        _exchange = null;
        return OnLoginFailed(because, isCounted);
    }

    // --- the end

    protected State<TState, TData> OnPeerGone(SessionMessages.PeerGone m)
    {
        _over = true;
        _why = m.Detail is null ? m.Reason.ToString() : $"{m.Reason}: {m.Detail}";
        return Stop();
    }

    /// <summary>Ends it without a word: nobody is there who would understand one.</summary>
    protected State<TState, TData> HangUp(string why)
    {
        _over = true;
        _why = why;
        _talk.Abort();
        return Stop();
    }

    protected State<TState, TData> End(string why, bool peerIsDone = false)
    {
        _over = true;
        _why = why;
        _talk.Close(peerIsDone);
        return Stop();
    }

    /// <summary>A bug in a handler costs this dialogue and nothing else. True: the peer has to be told, or hung up on.</summary>
    protected bool Broke(object message, Exception broken)
    {
        _at.Metrics.SessionsBroken.Add(1);
        _at.Log.SessionBroke(_talk.Actor, _talk.Id, StateName, message.GetType().Name, broken);
        if (_over)
        {
            return false;
        }

        _over = true;
        _why = "broke";
        return true;
    }
}
