using ActorSmtp.Protocol.Proxy;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Listening;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Server.Sessions.SessionState, ActorSmtp.Server.Sessions.Session>;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Everything before the first EHLO: for whom a proxy has connected, who cannot wait for the greeting, and the greeting. And XCLIENT, which
/// leads back here.
/// </summary>
internal sealed partial class SessionActor
{
    private bool _isTrusted;    // to say XCLIENT: as the peer it connected as, whoever it says it is later

    private S Welcoming => _at.TlsFirst ? S.Securing : _at.GreetingDelay > TimeSpan.Zero ? S.Hesitating : S.Greeting;

    /// <summary>RFC 5321 §3.1: the server speaks first, unless a proxy has to.</summary>
    private void OnConnected()
    {
        _talk.Begin(Self);
        if (_at.IsProxied)
        {
            _talk.AwaitProxyHeader();
            return;
        }

        _talk.TellOpened();
        if (DeviatesAtConnect())
        {
            return;
        }

        if (_at.Policy is null)
        {
            Welcome();
        }
        else
        {
            BeginPolicy();
        }
    }

    /// <summary>The first line of whatever comes. The state that follows is <see cref="Welcoming"/>.</summary>
    private void Welcome()
    {
        _isTrusted = _at.TrustsXClient(_talk.Peer);
        if (_at.TlsFirst)
        {
            _talk.StartTls(_at.Tls!);                                                       // RFC 8314 §3.3: not a word before
        }
        else if (_at.GreetingDelay > TimeSpan.Zero)
        {
            _talk.KeepSilence(_at.GreetingDelay);
        }
        else
        {
            Say(_at.Greeting);
            _talk.Next(_at.Limits.HelloTimeout);
        }
    }

    private State OnProxied(ProxyHeader? header)
    {
        if (header is null)
        {
            _talk.TellUnproxied();
            return HangUp("no header of a proxy");
        }

        var admission = _talk.TakeProxyHeader(header);
        if (admission != Admission.In)
        {
            return _at.TlsFirst ? HangUp("too many connections") : TurnAway(admission);
        }

        if (_at.Policy is not null)
        {
            BeginPolicy();
            return Enter(S.Judging);
        }

        Welcome();
        return Enter(Welcoming);
    }

    /// <summary>The peer whom the connection turned out to be of has too many.</summary>
    private State TurnAway(Admission admission)
    {
        Say(Admissions.ReplyTo(admission));
        return End("too many connections");
    }

    /// <summary>Who speaks before the greeting does not read what a server says (RFC 5321 §3.1, §4.3.1).</summary>
    private State OnSpokeEarly()
    {
        _at.Log.SpokeEarly(_talk.Actor, _talk.Id, _talk.Peer);
        if (_at.DropsEarlyTalkers)
        {
            Say(Replies.SpokeTooEarly);
            return End("spoke before the greeting");
        }

        if (_seat is { } seat)
        {
            seat.SpokeEarly = true;
        }

        Say(_at.Greeting);
        return Ask(S.Greeting, StateData);
    }

    private State OnSilenceOver()
    {
        if (!_talk.TryEndSilence())
        {
            return Stay();                                                                  // it spoke just now: that message comes next
        }

        Say(_at.Greeting);
        _talk.NextAfterSilence(_at.Limits.HelloTimeout);
        return Enter(S.Greeting);
    }
}
