using System.Collections.Immutable;
using Akka.Actor;
using ActorSmtp.Protocol.Sasl;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;
using static ActorSmtp.Client.ClientMessages;
using S = ActorSmtp.Client.ClientState;

namespace ActorSmtp.Client;

/// <summary>
/// One outbound SMTP or LMTP dialogue (RFC 5321, RFC 2033): the session actor's diagram seen from the other side. It connects, introduces itself,
/// takes TLS and logs in as its target says, tells its owner <see cref="Ready"/>, then sends one message after another until told to finish.
/// </summary>
/// <remarks>
/// MAIL, RCPT and DATA go in one flight where PIPELINING was offered (RFC 2920), content by BDAT where CHUNKING was and it is of use
/// (RFC 3030). Every recipient has a result of its own. Every wait has its limit (§4.5.3.2); replies are bounded; a reply too many ends the dialogue,
/// since the two sides would no longer be in step. A dialogue that breaks tells <see cref="Failed"/> and stops.
/// </remarks>
public sealed partial class ClientActor : FSM<ClientState, Dialogue>
{
    private const string SaidTooMuch = "the server said something nobody asked for";

    private readonly ClientTarget _target;
    private readonly ClientContext _at;
    private readonly IActorRef _owner;
    private readonly ClientTalk _talk;
    private SaslClient? _exchange;

    /// <param name="target">Whom to talk to.</param>
    /// <param name="context">What to talk with.</param>
    /// <param name="owner">Who is told how it goes.</param>
    public ClientActor(ClientTarget target, ClientContext context, IActorRef owner)
    {
        _target = target;
        _at = context;
        _owner = owner;
        _talk = new ClientTalk(Self, context);
        var t = context.Timeouts;
        StartWith(S.Connecting, Dialogue.New);

        When(S.Connecting, e => Heed(e.FsmEvent) switch
        {
            Connected    => OnConnected(),                              // → Greeting | Securing
            _            => null,
        }, t.Connect);

        When(S.Greeting, e => Heed(e.FsmEvent) switch                         // RFC 5321 §3.1
        {
            Heard m      => OnGreeting(m.Reply),                        // → Introducing
            _            => null,
        }, t.Greeting);

        When(S.Introducing, e => Heed(e.FsmEvent) switch                      // §3.2
        {
            Heard m      => OnIntroduced(m.Reply),                      // → AskingForTls | Authenticating | Ready
            _            => null,
        }, t.Command);

        When(S.AskingForTls, e => Heed(e.FsmEvent) switch                     // RFC 3207 §4
        {
            Heard m      => OnTlsReply(m.Reply),                        // → Securing
            _            => null,
        }, t.Command);

        When(S.Securing, e => Heed(e.FsmEvent) switch
        {
            Secured      => OnSecured(),                                // → Introducing | Greeting
            _            => null,
        }, t.Command);

        When(S.Authenticating, e => Heed(e.FsmEvent) switch                   // RFC 4954 §4
        {
            Heard m      => OnAuthReply(m.Reply),                       // → Ready
            Computed m   => OnComputed(m.Answer),                       // → Authenticating
            ComputeFailed m => Break($"the login could not be computed: {m.Why}", null, mayRetry: false),
            _            => null,
        }, t.Command);

        When(S.Ready, e => Heed(e.FsmEvent) switch
        {
            Send m       => OnSend(m.Mail),                             // → Envelope
            Finish       => OnFinish(),                                 // → Quitting
            _            => null,
        });

        When(S.Envelope, e => Heed(e.FsmEvent) switch                         // §3.3
        {
            Heard m      => OnEnvelopeReply(m.Reply),                   // → AskingForData | Body | Resetting | Ready
            _            => null,
        }, t.Command);

        When(S.AskingForData, e => Heed(e.FsmEvent) switch                    // §4.1.1.4
        {
            Heard m      => OnDataReply(m.Reply),                       // → Body
            _            => null,
        }, t.DataStart);

        When(S.Body, e => Heed(e.FsmEvent) switch
        {
            PieceRead m  => OnPieceRead(m),
            ReadFailed m => Break($"the message cannot be read: {m.Why}", null, mayRetry: true),
            Drained      => OnDrained(),                                // → Body | Deciding
            Heard m      => OnReplyAmidBody(m.Reply),
            _            => null,
        }, t.DataBlock);

        When(S.Deciding, e => Heed(e.FsmEvent) switch
        {
            Heard { Early: true } m => EndEarly(m.Reply),
            Heard m      => OnVerdict(m.Reply),                         // → Ready
            Drained      => Stay(),
            _            => null,
        }, t.DataEnd);

        When(S.Resetting, e => Heed(e.FsmEvent) switch                        // §4.1.1.5
        {
            Heard m      => OnResetReply(m.Reply),                      // → Ready
            Lost or Garbled or StateTimeout => EndAfterResults(),       // the message's fate is known
            _            => null,
        }, t.Command);

        When(S.Quitting, e => Heed(e.FsmEvent) switch                         // §4.1.1.10
        {
            Heard or Lost or Garbled or StateTimeout => Over(),
            _            => null,
        }, t.Quit);

        WhenUnhandled(e => e.FsmEvent switch
        {
            StateTimeout => Break("no answer in time", null, mayRetry: true),
            Lost { Reason: CloseReason.PeerDoesNotRead } m => Break(Words(m.Reason), null, mayRetry: true, allWasSent: false),
            Lost m       => Break(m.Detail is null || m.Detail.Equals(Words(m.Reason), StringComparison.OrdinalIgnoreCase) ? Words(m.Reason) : $"{Words(m.Reason)}: {m.Detail}", null, mayRetry: true),
            Garbled m    => Break($"the server does not speak SMTP: {m.Problem}", null, mayRetry: true),
            Heard m      => Break(SaidTooMuch, m.Reply, mayRetry: true),
            Finish       => Break("given up", null, mayRetry: true),
            Drained      => Stay(),
            PieceRead    => OnLatePiece(),
            ReadFailed   => OnLatePiece(),
            _            => null,
        });

        Initialize();
    }

    /// <summary>How an owner makes one.</summary>
    public static Props Of(ClientTarget target, ClientContext context, IActorRef owner) =>
        Props.Create(() => new ClientActor(target, context, owner));

    /// <summary>Every reply is written into the transcript before anything is done about it.</summary>
    private object Heed(object heard)
    {
        if (heard is Heard m)
        {
            _talk.Note(m.Reply);
        }

        return heard;
    }

    protected override void PreStart()
    {
        base.PreStart();
        _talk.Note(fromServer: false, $"(connecting to {_target.EndPoint})");
        _at.Transport.Connect(
            new ActorSmtp.Transport.ConnectOptions
            {
                EndPoint = _target.EndPoint,
                Timeout = _at.Timeouts.Connect,
                WriteStallTimeout = _at.Timeouts.DataBlock,             // §4.5.3.2.5
            },
            _talk);
    }

    protected override void PostStop()
    {
        base.PostStop();
        _talk.Abort();
        ReturnPiece();
    }
}

/// <summary>What is known of the server, and of the message under way.</summary>
/// <param name="Offered">What EHLO offered last; nothing after HELO.</param>
/// <param name="Mail">The message under way, or null.</param>
/// <param name="Results">Its recipients' results so far; null where the reply is outstanding.</param>
/// <param name="Replies">How many replies of the envelope have come: the first is MAIL's.</param>
public sealed record Dialogue(Extensions Offered, MailToSend? Mail, ImmutableArray<RecipientResult?> Results, int Replies)
{
    /// <summary>The reply that decided on the message as a whole, where one did.</summary>
    public ServerReply? Final { get; init; }

    public static Dialogue New { get; } = new(Extensions.None, null, [], 0);
}
