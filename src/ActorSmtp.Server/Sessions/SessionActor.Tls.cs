using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Transport;
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
        if (_at.Log.Dialogue && _talk.Tls is { } tls)
        {
            _at.Log.Secured(_talk.Actor, _talk.Id, tls.ToString(), tls.ServerName ?? "no name", Whose(tls));
        }

        _talk.TakeTime();
        _talk.Note(ChronicleKind.Secured, _talk.Tls?.ToString() ?? "");
        if (_at.TlsFirst)
        {
            Say(_at.Greeting);
        }

        _talk.Next(_at.Limits.HelloTimeout);
        return Enter(S.Greeting, Session.New with { Errors = StateData.Errors, FailedLogins = StateData.FailedLogins });
    }

    /// <summary>Whose certificate the client showed, for the log; one that does not hold is named by what is wrong with it.</summary>
    private static string Whose(TlsFacts tls) =>
        tls.PeerCertificate is null ? "nobody" : tls.Peer is { } peer ? peer.Subject : $"nobody we know ({tls.CertificateProblem})";
}
