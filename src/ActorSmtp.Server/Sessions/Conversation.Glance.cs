using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Transport;
using Network = ActorSmtp.Server.Auth.Guesses.Network;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What an onlooker sees of a session: plain fields that the session's own threads leave behind as they go, read by others without asking anybody
/// (<see cref="Inspection.LiveSessions"/>). What is seen may be a step old; it never holds anything up.
/// </summary>
internal abstract partial class Conversation
{
    private readonly long _openedAt;
    private long _lastAt;
    private protected long _octetsIn;
    private long _octetsTold;
    private protected long _instant;
    private int _commands;
    private int _linesKept;

    /// <summary>Grows from session to session.</summary>
    public long Number { get; }

    /// <summary>The listener it came by, and all that is the same for its sessions.</summary>
    public SessionContext Context => _at;

    /// <summary>Its place in the <see cref="SessionRegister"/>.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Where the dialogue stands, in one word of lower case.</summary>
    public abstract string StateWord { get; }

    /// <summary>The account that logged in; null if none did.</summary>
    public abstract string? User { get; }

    /// <summary>How the peer introduced itself; null where it has not, or where nobody does.</summary>
    public virtual string? Hello => null;

    /// <summary>Commands refused so far.</summary>
    public abstract int Errors { get; }

    /// <summary>Messages that changed hands; set by the session.</summary>
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
    public abstract string? LastVerb { get; }

    /// <summary>How what was said last begins, as far as machines read it; null before the greeting.</summary>
    public abstract string? LastReply { get; }

    /// <summary>Whether the actor has begun: until then it has no path.</summary>
    public bool HasBegun => _session is not Akka.Actor.Nobody;

    /// <summary>The last moment that is known: when input came, or when it was last asked for.</summary>
    public long Instant => _instant;

    /// <summary>The message in whose transaction the session is.</summary>
    private protected virtual MailId Mail => default;

    /// <summary>Something happened that nobody said: it is now.</summary>
    public void TakeTime() => _instant = _at.Clock.Stamp;

    /// <summary>Leaves a trace of what happened in the <see cref="Chronicle"/>, if there is one.</summary>
    public void Note(ChronicleKind kind, string text = "", int number = 0) =>
        _at.Chronicle?.Write(kind, _instant, Number, Mail, _at.ListenerNumber, number, text);

    /// <summary>As <see cref="Note"/>, about a message of whose transaction the session is not yet or no longer seen to be.</summary>
    public void NoteOf(in MailId mail, ChronicleKind kind, string text, int number) =>
        _at.Chronicle?.Write(kind, _instant, Number, mail, _at.ListenerNumber, number, text);

    /// <summary>Octets that came since they were asked for last.</summary>
    public long TakeOctetsIn()
    {
        var (now, before) = (OctetsIn, _octetsTold);
        _octetsTold = now;
        return now - before;
    }

    private void NoteHeard(Chronicle chronicle, object heard, ReadOnlySpan<byte> line)
    {
        if (IsFitToSee(heard, line))
        {
            chronicle.Write(ChronicleKind.Heard, _instant, Number, Mail, _at.ListenerNumber, 0, line);
        }
        else
        {
            chronicle.Write(ChronicleKind.Heard, _instant, Number, Mail, _at.ListenerNumber, 0, Shown(heard, line));
        }
    }

    /// <summary>One more command or reply; false where there have been enough of them.</summary>
    private protected bool CountsLine(Chronicle chronicle)
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

    /// <summary>Announces that a session began, and logs it where dialogues are logged.</summary>
    public void TellOpened()
    {
        if (_at.Log.Dialogue)                                                               // an idle session then has no path to keep
        {
            _at.Log.SessionOpened(Actor, Id, Peer);
        }

        Note(ChronicleKind.Opened, _at.Chronicle is null ? "" : Peer?.ToString() ?? "");
        if (_at.Announcements.SessionOpened.IsWanted)
        {
            _at.Announcements.SessionOpened.Publish(new SessionMessages.SessionOpened(Id, _at.Listener, Peer, StateWord));
        }
    }

    /// <summary>Whether anybody wants to know of changes of state.</summary>
    public bool IsWatched => _at.Announcements.SessionChanged.IsWanted;

    /// <summary>Announces a change of state, once the new one can be seen here.</summary>
    public void TellChanged(string previous) => _at.Announcements.SessionChanged.Publish(
        new SessionMessages.SessionChanged(Id, _at.Listener, Peer, StateWord, previous, User, Hello, Tls?.ToString(), Messages));

    /// <summary>Leaves word that the handshake is done.</summary>
    public void TellSecured()
    {
        if (_at.Log.Dialogue && Tls is { } tls)
        {
            _at.Log.Secured(Actor, Id, tls.ToString(), tls.ServerName ?? "no name", Whose(tls));
        }

        TakeTime();
        Note(ChronicleKind.Secured, Tls?.ToString() ?? "");
    }

    /// <summary>Leaves word of a login.</summary>
    public void TellLoggedIn(string user, string mechanism)
    {
        Mechanism = mechanism;
        _at.Log.LoggedIn(Actor, Id, user, mechanism);
        _at.Metrics.LoginsGranted.Add(1);
        TakeTime();
        Note(ChronicleKind.LoggedIn, $"{user}\0{mechanism}");
    }

    /// <summary>By which mechanism the peer logged in last; null: it did not.</summary>
    public string? Mechanism { get; private set; }

    /// <summary>Leaves word of a login that was denied; the reason goes to the log alone.</summary>
    public void TellDenied(DenialReason reason, string mechanism)
    {
        _at.Metrics.LoginsDenied.Add(1);
        _at.Log.LoginDenied(Actor, Id, mechanism, Network.Of(Peer), reason);
        TakeTime();
        Note(ChronicleKind.LoginDenied, $"{reason}\0{mechanism}");
    }

    /// <summary>Announces the session's end.</summary>
    public void TellClosed(string why)
    {
        TakeTime();
        Note(ChronicleKind.Closed, why, (int)Math.Min(int.MaxValue, OctetsIn));
        _at.Metrics.OctetsReceived.Add(TakeOctetsIn());
        if (_at.Log.Dialogue)
        {
            _at.Log.SessionClosed(Actor, Id, why);
        }

        if (_at.Announcements.SessionClosed.IsWanted)
        {
            _at.Announcements.SessionClosed.Publish(new SessionMessages.SessionClosed(Id, _at.Listener, why));
        }
    }

    /// <summary>Whose certificate the client showed, for the log; one that does not hold is named by what is wrong with it.</summary>
    private static string Whose(TlsFacts tls) =>
        tls.PeerCertificate is null ? "nobody" : tls.Peer is { } peer ? peer.Subject : $"nobody we know ({tls.CertificateProblem})";
}
