using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Policy;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>EHLO, HELO, LHLO, and the small verbs that are allowed everywhere.</summary>
internal sealed partial class SessionActor
{
    private State OnEhlo(Ehlo c) => _at.IsLmtp ? Refuse(Replies.UseLhlo) : Introduce(c.Name, extended: true, EhloReply);

    private State OnHelo(Helo c) =>
        _at.IsLmtp ? Refuse(Replies.UseLhlo) : Introduce(c.Name, extended: false, _at.HeloReply);

    private State OnLhlo(Lhlo c) =>
        _at.IsLmtp ? Introduce(c.Name, extended: true, EhloReply) : Refuse(Replies.UnknownCommand);

    /// <summary>§4.1.4: a new EHLO begins anew, as RSET would.</summary>
    private State Introduce(HelloName name, bool extended, Reply reply)
    {
        DropTransaction();
        var isFirst = StateData.Hello is null;
        var introduced = StateData with { Hello = new Hello(name.ToString(), extended), Transaction = null };
        return AsksPolicy(PolicySteps.Hello) ? Judge(new JudgedHello(StateData, introduced, reply, isFirst)) : Welcome(introduced, reply, isFirst);
    }

    private State Welcome(Session introduced, in Reply reply, bool isFirst)
    {
        Say(reply);
        return isFirst ? Ask(S.Ready, introduced) : AskAfterJunk(S.Ready, introduced);
    }

    /// <summary>§4.1.1.5. In LMTP and SMTP alike.</summary>
    private State OnRset()
    {
        DropTransaction();
        Say(Replies.Ok);
        return AskAfterJunk(StateData.Hello is null ? S.Greeting : S.Ready, StateData with { Transaction = null });
    }

    /// <summary>§4.1.1.10: say goodbye, then close.</summary>
    private State OnQuit()
    {
        Say(Replies.Bye);
        return End("quit", peerIsDone: true);
    }

    private State OnHelp() => AnswerJunk(_at.Help(_talk.IsSecure));

    private Reply EhloReply => _at.EhloReply(_talk.Ground, toTrusted: _isTrusted);
}
