using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Auth;
using static ActorSmtp.Protocol.Smtp.SmtpCommand;
using static ActorSmtp.Server.Sessions.SessionMessages;
using S = ActorSmtp.Server.Sessions.SessionState;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// One SMTP or LMTP dialogue (RFC 5321 §3, RFC 2033). Born with a connection, dies with it; owns nothing that outlives it. It hears
/// one command at a time and asks for the next when it has answered; while it waits for another actor or for the store it asks for
/// nothing, and so reads nothing. A throw closes the dialogue with 421 4.3.0 and the session's id; nobody else notices.
/// </summary>
/// <remarks>Cut by verb: this file is the diagram, the handlers stand in <c>SessionActor.VERB.cs</c>.</remarks>
internal sealed partial class SessionActor : DialogueActor<SessionState, Session, SmtpConversation>
{
    private static readonly S[] States = Enum.GetValues<S>();

    public SessionActor(SessionContext at, SmtpConversation talk)
        : base(at, talk)
    {
        StartWith(at.IsProxied ? S.Identifying : at.Policy is null ? Welcoming : S.Judging, Session.New);

        StateFunction here = e => Here(e.FsmEvent);                 // one for all states, for it lives as long as the session
        foreach (var state in States)
        {
            When(state, here);
        }

        WhenUnhandled(e => Anywhere(e.FsmEvent));
        OnTermination(_ => OnEnd());
        Initialize();
    }

    /// <summary>The diagram: what may be heard in each state, in the order a client meets them. Null: it is not for this state alone.</summary>
    private State<S, Session>? Here(object heard) => StateName switch
    {
        S.Identifying => heard switch                               // the PROXY protocol
        {
            Proxied m   => OnProxied(m.Header),                     // → Hesitating | Greeting | Securing
            _           => null,
        },

        S.Hesitating => heard switch                                // the greeting is held back
        {
            SpokeEarly  => OnSpokeEarly(),                          // → Greeting
            _           => null,
        },

        S.Greeting => heard switch                                  // RFC 5321 §3.1
        {
            Ehlo c      => OnEhlo(c),                               // → Ready
            Helo c      => OnHelo(c),                               // → Ready
            Lhlo c      => OnLhlo(c),                               // → Ready           RFC 2033 §4.1
            XClient c   => OnXClient(c),                            // → Greeting        Postfix's XCLIENT_README
            _           => null,
        },

        S.Ready => heard switch                                     // §3.3
        {
            Mail c      => OnMail(c),                               // → Mail
            StartTls    => OnStartTls(),                            // → Securing        RFC 3207 §4
            SmtpCommand.Auth c => OnAuth(c),                        // → Authenticating  RFC 4954 §4
            Ehlo c      => OnEhlo(c),                               // again: as RSET    §4.1.4
            Helo c      => OnHelo(c),
            Lhlo c      => OnLhlo(c),
            XClient c   => OnXClient(c),                            // → Greeting
            _           => null,
        },

        S.Mail => heard switch                                      // §3.3, second step
        {
            Rcpt c      => OnRcpt(c),                               // → Rcpt
            Data        => Refuse(Replies.RcptFirst),            // DATA before RCPT
            Bdat c      => OnRefusedBdat(c, Replies.RcptFirst),  // its octets follow all the same
            Ehlo c      => OnEhlo(c),                               // → Ready
            Helo c      => OnHelo(c),
            Lhlo c      => OnLhlo(c),
            _           => null,
        },

        S.Rcpt => heard switch                                      // §3.3, third step
        {
            Rcpt c      => OnRcpt(c),
            Data        => OnData(),                                // → Body
            Bdat c      => OnBdat(c),                               // → Body            RFC 3030 §2
            Ehlo c      => OnEhlo(c),                               // → Ready
            Helo c      => OnHelo(c),
            Lhlo c      => OnLhlo(c),
            _           => null,
        },

        S.Body => heard switch                                      // no command is read here
        {
            BodyEnded m => OnBodyEnded(m.Facts),                    // → Storing | Chunks | Ready
            _           => null,
        },

        S.Chunks => heard switch                                    // RFC 3030 §2: nothing but BDAT and RSET
        {
            Bdat c      => OnBdat(c),                               // → Body
            Data        => Refuse(Replies.DataAmidChunks),          // DATA and BDAT do not mix
            Rcpt        => Refuse(Replies.BadSequence),
            Ehlo c      => OnEhlo(c),                               // → Ready
            Helo c      => OnHelo(c),
            Lhlo c      => OnLhlo(c),
            _           => null,
        },

        S.Discarding => heard switch                                // the octets of a refused BDAT
        {
            BodyEnded   => OnDiscarded(),                           // → where it was
            _           => null,
        },

        S.Storing => heard switch                                   // no command is read here
        {
            Stored        => OnStored(),                            // → Ready
            StoreFailed m => OnStoreFailed(m.Failure),              // → Ready
            _             => null,
        },

        S.Authenticating => heard switch                            // RFC 4954 §4
        {
            SaslLine m              => OnSaslLine(m),
            Malformed c             => OnBadSaslLine(c),            // → Ready
            AuthMessages.Verifier m => OnVerifier(m),
            AuthMessages.Granted m  => OnGranted(m),                // → Ready
            AuthMessages.Denied m   => OnDenied(m),                 // → Ready
            _                       => null,
        },

        S.Securing => heard switch                                  // RFC 3207 §4
        {
            Secured     => OnSecured(),                             // → Greeting: everything said before is forgotten
            _           => null,
        },

        S.Pausing => heard switch                                   // the store asked for slowness
        {
            PauseOver   => OnPauseOver(),                           // → Mail
            _           => null,
        },

        S.Judging => heard switch                                   // checks are asked: no command is read here
        {
            Judged m    => OnJudged(m),                             // → where the answer leads
            PeerLeft m  => OnPeerLeft(m),
            _           => null,
        },

        S.Slowing => null,                                          // many errors: only the passing of time ends it → where it was
        _ => null,
    };

    /// <summary>What means the same wherever the dialogue stands.</summary>
    private State<S, Session>? Anywhere(object heard) => heard switch
    {
        Noop               => AnswerJunk(Replies.Ok),           // §4.1.1.9
        Rset               => OnRset(),                         // §4.1.1.5
        Quit               => OnQuit(),                         // §4.1.1.10
        Help               => OnHelp(),                         // §4.1.1.8
        Vrfy               => AnswerJunk(Replies.CannotVerify), // §3.5.3: never tells who exists
        Expn               => Refuse(Replies.NotImplemented),   // §4.1.1.7
        Malformed { Of: Verb.Bdat } c => OnMalformedBdat(c),    // RFC 3030 §2: nobody knows where its octets end
        Malformed c        => Refuse(c.Because),
        Unrecognized       => Refuse(Replies.UnknownCommand),  // §4.2.4
        Bdat c             => OnRefusedBdat(c, Replies.BadSequence),
        XClient when MayNotSayXClient is { } no => Refuse(no),
        SmtpCommand c      => Refuse(OutOfSequence(c)),         // known, but not here: §4.1.4
        LineWithoutEnd     => OnLineWithoutEnd(),
        ForeignTongueHeard => OnForeignTongue(),
        HoldsTooMuch       => HangUp("sent far ahead and has to wait"),
        DeadlinePassed m   => OnDeadlinePassed(m),
        ShutDown m         => OnShutDown(m),
        PeerGone m         => OnPeerGone(m),
        Deviation d        => OnDeviation(d),                   // a test asked for it
        BodyEnded or Stored or StoreFailed or Secured or SaslLine or AuthMessages.Verifier or AuthMessages.Verdict or PauseOver or Judged or PeerLeft => Stay(), // came too late to matter
        _                  => null,                             // logged by name
    };

    protected override void PreStart()
    {
        base.PreStart();
        OnConnected();
    }
}
