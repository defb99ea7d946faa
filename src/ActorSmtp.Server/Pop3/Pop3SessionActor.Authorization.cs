using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Pop3.Pop3State, ActorSmtp.Server.Pop3.Pop3Session>;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// The AUTHORIZATION state (RFC 1939 §4): USER and PASS (§7), AUTH (RFC 5034). All of them are exchanges that the auth actor judges; meanwhile nothing
/// is read. What was granted holds for as long as the account stays as it was.
/// </summary>
internal sealed partial class Pop3SessionActor
{
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

        return BeginLogin(new UserPass(new Credentials(name, c.Password)), null);
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

        return _at.Sasl.Begin(c.Mechanism, _talk.Ground, _talk.Tls) is { } mechanism ? BeginLogin(mechanism, c.InitialResponse) : Refuse(Pop3Replies.UnknownMechanism);
    }

    /// <summary>A line that is over the limit or holds a NUL: the exchange has failed.</summary>
    private State OnBadSaslLine(Pop3Command.Malformed m)
    {
        _exchange = null;
        return Refuse(m.Because, S.Authorization, StateData);
    }

    protected override State Challenge(in Reply challenge)
    {
        _talk.SayChallenge(challenge.Text);
        LogSaid("+ " + challenge.Text);
        _talk.NextSaslLine();
        return Enter(S.Authenticating);
    }

    protected override State AwaitVerdict() => Enter(S.Authenticating);

    protected override State OnLoggedIn(string user) => Open(user);

    protected override State OnLoginFailed(in Reply because, bool isCounted)
    {
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
    protected override string Anybody(string name)
    {
        var directory = _at.Directory.Current;
        var at = name.LastIndexOf('@');
        return directory.FindLogin(name)?.Name
            ?? (at > 0 ? directory.MailboxOf(name[..at], name[(at + 1)..]) : null) ?? name.ToLowerInvariant();
    }

    /// <summary>The account was disabled, removed or got another password. What is marked stays.</summary>
    private State OnLoggedOut(Pop3Command c)
    {
        _at.Log.LoggedOut(_talk.Actor, _talk.Id, StateData.User!);
        Say(Pop3Replies.LoggedOut);
        return End($"logged out at {c.Verb.ToString().ToUpperInvariant()}");
    }
}
