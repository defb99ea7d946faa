using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>A conversation in SMTP or LMTP: reads commands, writes replies; bodies are in the other half.</summary>
internal sealed partial class SmtpConversation : Conversation
{
    private bool _utf8;
    private int _said;
    private Verb _verb;

    /// <param name="number">Grows from session to session.</param>
    public SmtpConversation(string id, long number, IConnection connection, SessionContext at)
        : base(id, number, connection, at, LineLimits.Command) =>
        State = at.IsProxied ? SessionState.Identifying : at.TlsFirst ? SessionState.Securing : at.GreetingDelay > TimeSpan.Zero ? SessionState.Hesitating : SessionState.Greeting;

    /// <summary>Where the dialogue stands; set by the session.</summary>
    public SessionState State { get; set; }

    /// <summary>What is known of the peer; set by the session.</summary>
    public Session Data { get; set; } = Session.New;

    public override string StateWord => LiveSessions.Word(State);

    public override string? User => Data.User;

    public override string? Hello => Data.Hello?.Name;

    public override int Errors => Data.Errors;

    public override string? LastVerb => Commands == 0 ? null : _verb == Verb.Unrecognized ? "?" : _verb.ToString().ToUpperInvariant();

    /// <summary>Code and enhanced code of what was said last; null before the greeting.</summary>
    public override string? LastReply
    {
        get
        {
            var said = Volatile.Read(ref _said);
            return said == 0 ? null : Chronicle.CodesText(said);
        }
    }

    private protected override MailId Mail => Data.Transaction?.Id ?? default;

    /// <summary>Whether MAIL had SMTPUTF8, so that RCPT may name UTF-8 mailboxes (RFC 6531 §3.4).</summary>
    public void TakeUtf8(bool utf8) => _utf8 = utf8;

    /// <summary>Appends a reply to what will be sent.</summary>
    public void Say(in Reply reply)
    {
        _said = Chronicle.CodesOf(reply);
        if (reply.Code >= 400)
        {
            (reply.Code >= 500 ? _at.Metrics.RepliesPermanent : _at.Metrics.RepliesTransient).Add(1);
        }

        if (_at.Chronicle is { } chronicle && CountsLine(chronicle))
        {
            chronicle.Said(_instant, Number, Mail, _at.ListenerNumber, reply);
        }

        ReplyWriter.Write(_connection.Output, reply);
    }

    private protected override object? Read(LineStatus status, ReadOnlySpan<byte> line) => status switch
    {
        LineStatus.Line => CommandParser.Parse(line, _at.ParserOptions(_utf8, IsSecure)),
        LineStatus.TooLong => new SmtpCommand.Malformed(Replies.LineTooLong, CommandParser.VerbOf(_connection.Input)),
        LineStatus.BareControl => new SmtpCommand.Malformed(Replies.BareControl, CommandParser.VerbOf(_connection.Input)),
        _ => null,
    };

    private protected override bool IsNoCommand(object heard) => heard is SmtpCommand.Unrecognized or SmtpCommand.Malformed { Of: Verb.Unrecognized };

    private protected override void OnHeard(object heard) => _verb = heard is SmtpCommand command ? command.Verb : _verb;

    private protected override bool IsFitToSee(object heard, ReadOnlySpan<byte> line) => Transcript.IsFitToSee(IsInLogin, heard, line);

    private protected override string Shown(object heard, ReadOnlySpan<byte> line) => Transcript.Heard(IsInLogin, heard, line);
}
