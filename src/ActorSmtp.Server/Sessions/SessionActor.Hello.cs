using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>Greeting, EHLO, HELO, LHLO, and the small verbs that are allowed everywhere.</summary>
internal sealed partial class SessionActor
{
    /// <summary>RFC 5321 §3.1: the server speaks first.</summary>
    private void OnConnected()
    {
        _talk.Begin(Self);
        if (_at.Log.Dialogue)                                                               // an idle session then has no path to keep
        {
            _at.Log.SessionOpened(_talk.Actor, _talk.Id, _talk.Peer);
        }

        _at.Announce(new SessionMessages.SessionOpened(_talk.Id, _at.Listener, _talk.Peer));
        if (_at.TlsFirst)
        {
            _talk.StartTls(_at.Tls!);                                                       // RFC 8314 §3.3: not a word before
            return;
        }

        Say(_at.Greeting);
        _talk.Next();
    }

    private State OnEhlo(Ehlo c) =>
        _at.IsLmtp ? Refuse(Replies.UseLhlo) : Introduce(c.Name, extended: true, _at.EhloReply(_talk.IsSecure));

    private State OnHelo(Helo c) =>
        _at.IsLmtp ? Refuse(Replies.UseLhlo) : Introduce(c.Name, extended: false, _at.HeloReply);

    private State OnLhlo(Lhlo c) =>
        _at.IsLmtp ? Introduce(c.Name, extended: true, _at.EhloReply(_talk.IsSecure)) : Refuse(Replies.UnknownCommand);

    /// <summary>§4.1.4: a new EHLO begins anew, as RSET would.</summary>
    private State Introduce(HelloName name, bool extended, Reply reply)
    {
        DropTransaction();
        Say(reply);
        return Ask(S.Ready, StateData with { Hello = new Hello(name.ToString(), extended), Transaction = null });
    }

    /// <summary>§4.1.1.5. In LMTP and SMTP alike.</summary>
    private State OnRset()
    {
        DropTransaction();
        Say(Replies.Ok);
        return Ask(StateData.Hello is null ? S.Greeting : S.Ready, StateData with { Transaction = null });
    }

    /// <summary>§4.1.1.10: say goodbye, then close.</summary>
    private State OnQuit()
    {
        Say(Replies.Bye);
        return End("quit", peerIsDone: true);
    }

    private State OnHelp() => Answer(_at.Help);
}
