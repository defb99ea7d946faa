using System.Net;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Listening;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// XCLIENT (Postfix's XCLIENT_README): a neighbour that is trusted (<c>xclient-trusted</c>) says for whom it speaks. The dialogue begins anew
/// with the greeting, and limits, logs and Received lines name the other from then on.
/// </summary>
internal sealed partial class SessionActor
{
    /// <summary>Why this peer may not, if so. Being trusted is the connection's, not that of whoever it speaks for.</summary>
    private Reply? MayNotSayXClient => _isTrusted ? null : _at.HasXClient ? Replies.PolicyRefused : Replies.NotImplemented;

    private State OnXClient(XClient c)
    {
        if (MayNotSayXClient is { } no)
        {
            return Refuse(no);
        }

        var now = _talk.Peer as IPEndPoint;
        var here = _talk.Local as IPEndPoint;
        var peer = EndPointOf(c.Address.IsGiven ? c.Address.Value : now?.Address, c.Port.IsGiven ? c.Port.Value : now?.Port);
        var local = EndPointOf(c.LocalAddress.IsGiven ? c.LocalAddress.Value : here?.Address, c.LocalPort.IsGiven ? c.LocalPort.Value : here?.Port);
        var admission = _talk.TryRename(peer, local);
        if (admission != Admission.In)
        {
            _talk.TellTurnedAway(peer, admission);
            return TurnAway(admission);
        }

        if (c.Name.IsGiven)
        {
            _talk.TakeName(c.Name.Value);
        }

        var user = c.Login.IsGiven ? c.Login.Value : StateData.User;
        if (c.Login.IsGiven)
        {
            _account = user is null ? null : _at.Directory.Current.FindLogin(user);         // it sends as itself, like anybody who logged in
            user = _account is null && !_at.AcceptsAnyLogin ? null : user;                  // and as nobody where there is no such account
        }

        _at.Log.SpeaksFor(_talk.Actor, _talk.Id, peer, user);
        DropTransaction();
        var anew = Session.New with { User = user, Errors = StateData.Errors, FailedLogins = StateData.FailedLogins };
        if (_at.Policy is not null)
        {
            BeginPolicy(anew);
            return Enter(S.Judging, anew);
        }

        Say(_at.Greeting);
        return Ask(S.Greeting, anew);
    }

    private static IPEndPoint? EndPointOf(IPAddress? address, int? port) => address is null ? null : new IPEndPoint(address, port ?? 0);
}
