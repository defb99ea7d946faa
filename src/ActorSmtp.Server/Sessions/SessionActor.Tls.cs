using ActorSmtp.Protocol.Smtp;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>STARTTLS (RFC 3207), and listeners that begin with TLS (RFC 8314 §3.3).</summary>
internal sealed partial class SessionActor
{
    private State OnStartTls()
    {
        if (_talk.IsSecure)
        {
            return Refuse(Replies.AlreadySecure);
        }

        if (_at.Tls is not { } options)
        {
            return Refuse(Replies.NotImplemented);
        }

        if (_talk.HasUnreadInput)                                       // CVE-2011-0411: it would be read as if it came inside TLS
        {
            _at.Log.InputBehindStartTls(_talk.Actor, _talk.Id);
            Say(Replies.PipelinedAfterStartTls);
            return End("input behind STARTTLS");
        }

        Say(Replies.ReadyForTls);
        _talk.StartTls(options);
        return Enter(S.Securing);
    }

    /// <summary>§4.2: whatever was said before is forgotten, the peer says EHLO again.</summary>
    private State OnSecured()
    {
        _talk.TellSecured();
        _account = null;
        if (_at.TlsFirst)
        {
            Say(_at.Greeting);
        }

        _talk.Next(_at.Limits.HelloTimeout);
        return Enter(S.Greeting, Session.New with { Errors = StateData.Errors, FailedLogins = StateData.FailedLogins });
    }
}
