using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What an onlooker sees of a session: plain fields that the session's own threads leave behind as they go, read by others without asking anybody
/// (<see cref="Inspection.LiveSessions"/>). What is seen may be a step old; it never holds anything up.
/// </summary>
internal sealed partial class Conversation
{
    private readonly long _openedAt;
    private long _lastAt;
    private long _octetsIn;
    private long _octetsTold;
    private long _instant;
    private int _commands;
    private int _linesKept;
    private int _said;
    private Verb _verb;

    /// <summary>Grows from session to session.</summary>
    public long Number { get; }

    /// <summary>The listener it came by, and all that is the same for its sessions.</summary>
    public SessionContext Context => _at;

    /// <summary>Its place in the <see cref="SessionRegister"/>.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Where the dialogue stands; set by the session.</summary>
    public SessionState State { get; set; }

    /// <summary>What is known of the peer; set by the session.</summary>
    public Session Data { get; set; } = Session.New;

    /// <summary>Messages accepted; set by the session.</summary>
    public int Messages { get; set; }

    /// <summary>When it began, by the session clock.</summary>
    public long OpenedAt => _openedAt;

    /// <summary>When something happened last, by the session clock.</summary>
    public long LastAt => Volatile.Read(ref _lastAt);

    /// <summary>Octets that the peer sent and that were taken in.</summary>
    public long OctetsIn => Volatile.Read(ref _octetsIn);

    /// <summary>Commands and lines heard.</summary>
    public int Commands => Volatile.Read(ref _commands);

    /// <summary>The last command's verb, in capitals; null before the first.</summary>
    public string? LastVerb => Commands == 0 ? null : _verb == Verb.Unrecognized ? "?" : _verb.ToString().ToUpperInvariant();

    /// <summary>Code and enhanced code of what was said last; null before the greeting.</summary>
    public string? LastReply
    {
        get
        {
            var said = Volatile.Read(ref _said);
            return said == 0 ? null : Chronicle.CodesText(said);
        }
    }

    /// <summary>Whether the actor has begun: until then it has no path.</summary>
    public bool HasBegun => _session is not Akka.Actor.Nobody;

    /// <summary>The last moment that is known: when input came, or when it was last asked for.</summary>
    public long Instant => _instant;

    /// <summary>The message in whose transaction the session is.</summary>
    private MailId Mail => Data.Transaction?.Id ?? default;

    /// <summary>Something happened that nobody said: it is now.</summary>
    public void TakeTime() => _instant = _at.Clock.Stamp;

    /// <summary>Leaves a trace of what happened in the <see cref="Chronicle"/>, if there is one.</summary>
    public void Note(ChronicleKind kind, string text = "", int number = 0) =>
        _at.Chronicle?.Write(kind, _instant, Number, Mail, _at.ListenerNumber, number, text);

    /// <summary>Octets that came since they were asked for last.</summary>
    public long TakeOctetsIn()
    {
        var (now, before) = (OctetsIn, _octetsTold);
        _octetsTold = now;
        return now - before;
    }

    private void NoteHeard(Chronicle chronicle, object heard, ReadOnlySpan<byte> line)
    {
        var sasl = _wanted == Wanted.SaslLine;
        if (Transcript.IsFitToSee(sasl, heard, line))
        {
            chronicle.Write(ChronicleKind.Heard, _instant, Number, Mail, _at.ListenerNumber, 0, line);
        }
        else
        {
            chronicle.Write(ChronicleKind.Heard, _instant, Number, Mail, _at.ListenerNumber, 0, Transcript.Heard(sasl, heard, line));
        }
    }

    /// <summary>One more command or reply; false where there have been enough of them.</summary>
    private bool CountsLine(Chronicle chronicle)
    {
        if (_linesKept < chronicle.LinesPerSession)
        {
            _linesKept++;
            return true;
        }

        if (_linesKept == chronicle.LinesPerSession)
        {
            _linesKept++;
            Note(ChronicleKind.Enough, number: chronicle.LinesPerSession);
        }

        return false;
    }

    /// <summary>What is announced of a change of state.</summary>
    public SessionMessages.SessionChanged Changed(SessionState previous) =>
        new(Id, _at.Listener, Peer, State, previous, Data.User, Data.Hello?.Name, Tls?.ToString(), Messages);
}
