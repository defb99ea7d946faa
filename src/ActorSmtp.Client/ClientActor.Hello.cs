using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;
using static ActorSmtp.Client.ClientMessages;
using State = Akka.Actor.FSMBase.State<ActorSmtp.Client.ClientState, ActorSmtp.Client.Dialogue>;
using S = ActorSmtp.Client.ClientState;

namespace ActorSmtp.Client;

/// <summary>Connection, greeting, EHLO with its fall-back, STARTTLS, and how a dialogue ends.</summary>
public sealed partial class ClientActor
{
    private bool _saidHelo;

    private State OnConnected()
    {
        if (_target.Tls == ClientTls.Implicit)
        {
            _talk.StartTls(_target.TlsOptions);
            return GoTo(S.Securing);
        }

        _talk.Next();
        return GoTo(S.Greeting);
    }

    /// <summary>RFC 5321 §3.1: 554 in place of a greeting means that there is no service.</summary>
    private State OnGreeting(ServerReply reply) =>
        reply.Code == 220 ? Introduce(_target.Lmtp ? "LHLO" : "EHLO") : Break("the server does not want to talk", reply, mayRetry: !reply.IsPermanent);

    private State Introduce(string verb)
    {
        if (_talk.HasUnreadInput)
        {
            return Break(SaidTooMuch, null, mayRetry: true);
        }

        _saidHelo = verb == "HELO";
        _talk.Say(CommandWriter.Hello(verb, _target.HelloName));
        _talk.Next();
        return GoTo(S.Introducing);
    }

    private State OnIntroduced(ServerReply reply)
    {
        if (reply.Code != 250)
        {
            // §3.2: a server that does not know EHLO is met with HELO; LMTP has no older form.
            return reply.IsPermanent && !_saidHelo && !_target.Lmtp
                ? _target.Tls == ClientTls.StartTls && !_talk.IsSecure
                    ? Break("TLS is required and the server does not know EHLO", reply, mayRetry: false, lacksTls: true)
                    : Introduce("HELO")
                : Break("the server refused our introduction", reply, mayRetry: !reply.IsPermanent);
        }

        var offered = _saidHelo ? Extensions.None : reply.ToExtensions();
        var known = StateData with { Offered = offered };
        if (!_talk.IsSecure && _target.Tls is (ClientTls.StartTls or ClientTls.Auto))
        {
            if (offered.StartTls)
            {
                if (_talk.HasUnreadInput)                               // CVE-2021-38371: an answer that was put there in advance
                {
                    return Break("the server answered STARTTLS before it was asked", null, mayRetry: true);
                }

                _talk.Say("STARTTLS");
                _talk.Next();
                return GoTo(S.AskingForTls).Using(known);
            }

            if (_target.Tls == ClientTls.StartTls)
            {
                return Break("TLS is required and the server does not offer STARTTLS", null, mayRetry: false, lacksTls: true);
            }
        }

        return LogIn(known);
    }

    private State OnTlsReply(ServerReply reply)
    {
        if (reply.Code != 220)
        {
            return _target.Tls == ClientTls.Auto && reply.Code != 421     // RFC 3207 §4: ours to decide, and clear text is what we had
                ? LogIn(StateData with { Offered = StateData.Offered with { StartTls = false } })
                : Break("the server refused STARTTLS", reply, mayRetry: !reply.IsPermanent);
        }

        if (_talk.HasUnreadInput)                                       // CVE-2021-38371 and its kin: replies injected before the handshake
        {
            return Break("the server sent something between STARTTLS and the handshake", null, mayRetry: true);
        }

        _talk.StartTls(_target.TlsOptions);
        return GoTo(S.Securing);
    }

    /// <summary>RFC 3207 §4.2: everything learned in clear text is forgotten.</summary>
    private State OnSecured()
    {
        if (_talk.Tls is { } tls)
        {
            _talk.Note(fromServer: false, $"(TLS {tls.Version}, {tls.CipherSuite}{(tls.CertificateProblem is { } p ? $", certificate not verified: {p}" : "")})");
        }

        if (_target.Tls == ClientTls.Implicit)
        {
            _talk.Next();
            return GoTo(S.Greeting).Using(Dialogue.New);
        }

        return Introduce(_target.Lmtp ? "LHLO" : "EHLO").Using(Dialogue.New);
    }

    private State BecomeReady(Dialogue known)
    {
        _owner.Tell(new Ready(known.Offered, _talk.Tls));
        return GoTo(S.Ready).Using(known);
    }

    private State OnFinish()
    {
        _talk.Say("QUIT");
        _talk.Next();
        return GoTo(S.Quitting);
    }

    private State Over()
    {
        _talk.Close();
        return Stop();
    }

    /// <summary>The dialogue cannot go on: its owner is told, and the actor stops.</summary>
    private State Break(string why, ServerReply? reply, bool mayRetry, bool lacksTls = false, bool allWasSent = true)
    {
        var mayBeSent = StateName == S.Deciding && reply is null && allWasSent;
        _owner.Tell(new Failed(StateName, why, reply, mayRetry, mayBeSent) { Results = ResultsAfter(why, reply), LacksTls = lacksTls });
        if (StateName is S.Body or S.Deciding)
        {
            return Stop();                                              // half a message is in the air: nothing polite can follow
        }

        if (reply is { Code: not 421 })
        {
            _talk.Say("QUIT");                                          // §4.1.1.10: as far as it is still of use
            _talk.Flush();
        }

        return Over();
    }

    /// <summary>What is known of the recipients of the message under way, the failure standing for what is not.</summary>
    private ImmutableArray<RecipientResult> ResultsAfter(string why, ServerReply? reply) => StateData.Mail is not { } mail
        ? []
        : [.. mail.Recipients.Zip(StateData.Results, (r, known) =>
            known ?? new RecipientResult(r.Address, false, reply, StateName, why) { Broken = true })];

    private static string Words(CloseReason reason) => reason switch
    {
        CloseReason.Refused => "connection refused",
        CloseReason.Unreachable => "host unreachable",
        CloseReason.ConnectTimedOut => "no answer to the connection",
        CloseReason.PeerClosed => "the server closed the connection",
        CloseReason.Reset => "the server reset the connection",
        CloseReason.TlsFailed => "the TLS handshake failed",
        CloseReason.TlsTimedOut => "the TLS handshake took too long",
        CloseReason.PeerDoesNotRead => "the server takes nothing any more",
        _ => $"the connection ended ({reason})",
    };
}
