using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Sessions;
using static ActorSmtp.Protocol.Pop3.Pop3Command;
using static ActorSmtp.Server.Pop3.Pop3Messages;
using static ActorSmtp.Server.Sessions.SessionMessages;
using S = ActorSmtp.Server.Pop3.Pop3State;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// One POP3 dialogue (RFC 1939). Born with a connection, dies with it; owns nothing that outlives it but the mailbox's lock, which it gives back
/// however it ends. It hears one command at a time and asks for the next when it has answered. Mail is pulled: a piece is read when the one
/// before has gone out, so that neither a large message nor a slow reader takes memory. Nothing is removed but after QUIT.
/// </summary>
/// <remarks>Cut by the states of the RFC: this file is the diagram, the handlers stand in <c>Pop3SessionActor.STATE.cs</c>.</remarks>
internal sealed partial class Pop3SessionActor : DialogueActor<Pop3State, Pop3Session, Pop3Conversation>
{
    private readonly Pop3Context _pop;

    public Pop3SessionActor(Pop3Context pop, Pop3Conversation talk)
        : base(pop.Common, talk)
    {
        _pop = pop;
        StartWith(talk.State, Pop3Session.New);

        When(S.Identifying, e => e.FsmEvent switch                  // the PROXY protocol
        {
            Proxied m => OnProxied(m.Header),                       // → Securing | Authorization
            _ => null,
        });

        When(S.Securing, e => e.FsmEvent switch                     // RFC 2595 §4; RFC 8314 §3.2
        {
            Secured => OnSecured(),                                 // → Authorization: everything said before is forgotten
            _ => null,
        });

        When(S.Authorization, e => e.FsmEvent switch                // RFC 1939 §4
        {
            Pop3Command.User c => OnUser(c),
            Pass c => OnPass(c),                                    // → Authenticating
            Pop3Command.Auth c => OnAuth(c),                        // → Authenticating  RFC 5034 §4
            Plain { Verb: Pop3Verb.Stls } => OnStls(),              // → Securing        RFC 2595 §4
            Plain { Verb: Pop3Verb.Quit } => OnQuit(),              // → end             RFC 1939 §4
            _ => null,
        });

        When(S.Authenticating, e => e.FsmEvent switch               // RFC 5034 §4
        {
            SaslLine m => OnSaslLine(m),
            Malformed c => OnBadSaslLine(c),                        // → Authorization
            AuthMessages.Verifier m => OnVerifier(m),
            AuthMessages.Granted m => OnGranted(m),                 // → Opening
            AuthMessages.Denied m => OnDenied(m),                   // → Authorization
            _ => null,
        });

        When(S.Opening, e => e.FsmEvent switch                      // RFC 1939 §4: the lock is held; no command is read here
        {
            Opened m => OnOpened(m),                                // → Transaction
            CannotOpen m => OnCannotOpen(m),                        // → Authorization
            _ => null,
        });

        When(S.Transaction, e => e.FsmEvent switch                  // RFC 1939 §5
        {
            Pop3Command c when !IsStillLoggedIn() => OnLoggedOut(c),
            Plain { Verb: Pop3Verb.Stat } => OnStat(),
            List c => OnList(c),                                    // → Listing
            Uidl c => OnUidl(c),                                    // → Listing         §7
            Retr c => OnRetr(c),                                    // → Retrieving
            Top c => OnTop(c),                                      // → Retrieving      §7
            Dele c => OnDele(c),
            Plain { Verb: Pop3Verb.Noop } => Answer(Pop3Replies.Ok),
            Plain { Verb: Pop3Verb.Rset } => OnRset(),
            Plain { Verb: Pop3Verb.Quit } => OnQuitWithMailbox(),   // → Update          §6
            _ => null,
        });

        When(S.Listing, e => e.FsmEvent switch                      // no command is read here
        {
            RoomCame => ListOn(),                                   // → Transaction
            _ => null,
        });

        When(S.Retrieving, e => e.FsmEvent switch                   // no command is read here
        {
            PieceRead m => OnPieceRead(m),                          // → Transaction
            CannotRead m => OnCannotRead(m),                        // → Transaction
            RoomCame => ReadOn(),
            _ => null,
        });

        When(S.Update, e => e.FsmEvent switch                       // RFC 1939 §6: no command is read here
        {
            Removed m => OnRemoved(m),                              // → end
            CannotRemove m => OnCannotRemove(m),                    // → end
            PeerGone => OnGoneWhileRemoving(),                      // QUIT was said: it is finished all the same
            _ => null,
        });

        When(S.Slowing, _ => null);                                 // many errors: only the passing of time ends it → where it was

        WhenUnhandled(e => e.FsmEvent switch
        {
            Plain { Verb: Pop3Verb.Capa } => OnCapa(),              // RFC 2449 §5: in both states
            Malformed c => Refuse(c.Because),
            Unrecognized => Refuse(Pop3Replies.UnknownCommand),     // RFC 1939 §3
            Pop3Command c => Refuse(OutOfPlace(c)),                 // known, but not here
            LineWithoutEnd => OnLineWithoutEnd(),
            ForeignTongueHeard => OnForeignTongue(),
            HoldsTooMuch => HangUp("sent far ahead and has to wait"),
            DeadlinePassed m => OnDeadlinePassed(m),
            ShutDown => OnShutDown(),
            PeerGone m => OnPeerGone(m),
            Secured or SaslLine or AuthMessages.Verifier or AuthMessages.Verdict or RoomCame or PieceRead or CannotRead => Stay(), // came too late to matter
            _ => null,                                              // logged by name
        });

        OnTermination(_ => OnEnd());
        Initialize();
    }

    protected override void PreStart()
    {
        base.PreStart();
        OnConnected();
    }
}
