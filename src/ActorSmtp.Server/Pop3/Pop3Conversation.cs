using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// A conversation in POP3: reads commands, writes answers. Long ones are written a piece at a time: after each the session asks for room, and goes
/// on when the peer has taken what was written.
/// </summary>
internal sealed class Pop3Conversation : Conversation
{
    private Pop3Verb _verb;
    private string? _said;
    private TellRoom? _tellRoom;
    private BodyPace _pace;
    private long _octetsOut;

    /// <param name="number">Grows from session to session.</param>
    public Pop3Conversation(string id, long number, IConnection connection, SessionContext at)
        : base(id, number, connection, at, Pop3Parser.MaxLine) =>
        State = at.IsProxied ? Pop3State.Identifying : at.TlsFirst ? Pop3State.Securing : Pop3State.Authorization;

    /// <summary>Where the dialogue stands; set by the session.</summary>
    public Pop3State State { get; set; }

    /// <summary>What is known of the peer; set by the session.</summary>
    public Pop3Session Data { get; set; } = Pop3Session.New;

    public override string StateWord => Pop3States.Word(State);

    public override string? User => Data.User;

    public override int Errors => Data.Errors;

    public override string? LastVerb => Commands == 0 ? null : _verb == Pop3Verb.Unrecognized ? "?" : _verb.ToString().ToUpperInvariant();

    public override string? LastReply => Volatile.Read(ref _said);

    /// <summary>Appends a reply to what will be sent.</summary>
    public void Say(in Pop3Reply reply)
    {
        Remember(reply.Beginning, reply.ToString());
        Pop3Writer.Write(_connection.Output, reply);
    }

    /// <summary>Appends a challenge of a login (RFC 5034 §4).</summary>
    public void SayChallenge(string base64)
    {
        Remember("+", "+ " + base64);
        Pop3Writer.WriteChallenge(_connection.Output, base64);
    }

    /// <summary>Appends an answer that was made beforehand.</summary>
    public void SayListing(in Pop3Reply first, ReadOnlySpan<byte> answer)
    {
        Remember(first.Beginning, first.ToString());
        _connection.Write(answer);
    }

    /// <summary>An answer begins that is written in pieces.</summary>
    public void BeginPieces()
    {
        _octetsOut = 0;
        _pace.Begin(_at.Clock.Now);
    }

    /// <summary>A piece goes out. True: the peer has taken it, so that the next one can be sent at once; nothing else has had a turn.</summary>
    public bool TrySend(PieceBuffer piece)
    {
        EndPieces(piece);
        _connection.Flush();
        return !_connection.OutputPending;
    }

    /// <summary>The last piece; it goes out with whatever is said next.</summary>
    public void EndPieces(PieceBuffer piece)
    {
        _octetsOut += piece.Length;
        _at.Metrics.OctetsRetrieved.Add(piece.Length);
        _connection.Write(piece.Written);
        piece.Clear();
    }

    /// <summary>Ends in <see cref="Pop3Messages.RoomCame"/>, when the peer has taken what waited, but not before others have had their turn.</summary>
    public void AwaitRoom()
    {
        Want(Wanted.Room, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _deadline, _pace.Deadline(_at.Clock.Now, _octetsOut, _at.Limits));
        if (!_connection.OutputPending || !IsHeldBack())
        {
            _connection.Post(_tellRoom ??= new TellRoom(this));
        }
    }

    /// <summary>The disk is asked for the next piece; the peer is not to blame for the time until <see cref="DiskCame"/>.</summary>
    public void AwaitDisk()
    {
        _pace.Pause(_at.Clock.Now);
        WaitForOthers(_at.Limits.CommandTimeout);
    }

    /// <summary>The next piece is there.</summary>
    public void DiskCame() => _pace.Resume(_at.Clock.Now);

    private protected override object? Read(LineStatus status, ReadOnlySpan<byte> line) => status switch
    {
        LineStatus.Line => Pop3Parser.Parse(line),
        LineStatus.TooLong => new Pop3Command.Malformed(Pop3Replies.LineTooLong, Pop3Parser.VerbOf(_connection.Input)),
        LineStatus.BareControl => new Pop3Command.Malformed(Pop3Replies.BareControl, Pop3Parser.VerbOf(_connection.Input)),
        _ => null,
    };

    private protected override bool IsNoCommand(object heard) => heard is Pop3Command { Verb: Pop3Verb.Unrecognized };

    private protected override void OnHeard(object heard) => _verb = heard is Pop3Command command ? command.Verb : _verb;

    /// <summary>A line that is no command may be a password in the wrong place.</summary>
    private protected override bool IsFitToSee(object heard, ReadOnlySpan<byte> line) =>
        !IsInLogin && !line.IsEmpty && heard is Pop3Command and not (Pop3Command.Unrecognized or { Verb: Pop3Verb.Pass or Pop3Verb.Auth });

    private protected override string Shown(object heard, ReadOnlySpan<byte> line) => IsFitToSee(heard, line) ? Transcript.Printable(line) : heard switch
    {
        _ when IsInLogin => "***",
        Pop3Command.Auth { Mechanism: { } mechanism } auth => $"AUTH {Transcript.Known(mechanism)}{(auth.InitialResponse is null ? "" : " ***")}",
        Pop3Command { Verb: Pop3Verb.Auth } => "AUTH ***",
        Pop3Command { Verb: Pop3Verb.Pass } => "PASS ***",
        Pop3Command.Unrecognized => $"*** ({line.Length} octets that are no command)",
        _ => "(a line that is none)",
    };

    private protected override void OnRoom()
    {
        if (_wanted == Wanted.Room)
        {
            _wanted = Wanted.Nothing;
            Tell(Pop3Messages.RoomCame.Instance);
        }
        else
        {
            base.OnRoom();
        }
    }

    private void Remember(string beginning, string line)
    {
        Volatile.Write(ref _said, beginning);
        if (_at.Chronicle is { } chronicle && CountsLine(chronicle))
        {
            Note(ChronicleKind.Said, line);
        }
    }

    /// <summary>Tells the session on its I/O thread, behind whoever waits.</summary>
    private sealed class TellRoom(Pop3Conversation conversation) : IoWork
    {
        protected override bool IsPatient => true;

        protected override void Run()
        {
            if (conversation._wanted == Wanted.Room)
            {
                conversation.OnRoom();
            }
        }
    }
}
