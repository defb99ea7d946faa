using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// What stands between a connection and its session actor: cuts lines, has them read as commands, writes what is said. It has no opinion and
/// no thread; it tells the session one thing at a time, and only when asked (<see cref="Next"/> and its kin). Which language is spoken is
/// the business of those that derive from it.
/// </summary>
/// <remarks>
/// Strict hand-over, hence no lock. Asked for nothing, the session owns everything here. Asked, and with too little input, the transport
/// owns it until it calls back on an I/O thread; that thread then tells the session and touches nothing any more. Output is written and
/// flushed by the session's turn alone, when the input is used up, so that the replies to one read leave in one send. A turn that comes while
/// the transport owns the input (a deadline, a shutdown) may say something and close; what the I/O thread may be at just then, the message
/// that it receives, is thrown away on that thread (<see cref="SmtpConversation.AbandonBody"/>).
/// </remarks>
internal abstract partial class Conversation : IConnectionObserver
{
    /// <summary>Commands of one peer that are heard in a row while others wait: a flood is shared out, a flight of commands is not cut.</summary>
    private const int MostInARow = 64;

    private protected readonly IConnection _connection;
    private protected readonly SessionContext _at;
    private readonly LineFramer _lines;
    private readonly int _commandLimit;
    private IActorRef _session = ActorRefs.Nobody;
    private string? _actor;
    private protected Wanted _wanted;
    private protected bool _waits;
    private int _inARow;
    private GoOnReading? _goOn;
    private protected long _deadline = long.MaxValue;
    private long _stressDeadline = long.MaxValue;

    /// <param name="number">Grows from session to session.</param>
    /// <param name="commandLimit">Octets of a command, CRLF included.</param>
    protected Conversation(string id, long number, IConnection connection, SessionContext at, int commandLimit)
    {
        Id = id;
        Peer = connection.RemoteEndPoint.Unmapped();
        _countedAs = at.IsProxied ? null : Peer;
        Number = number;
        _instant = at.Clock.Stamp;
        _openedAt = _lastAt = at.Clock.MillisecondsAt(_instant);
        _connection = connection;
        _at = at;
        _commandLimit = commandLimit;
        _lines = new LineFramer(commandLimit);
        connection.Observer = this;
        connection.ReadsLargeBlocks = false;
    }

    /// <summary>The session actor's path, for logs.</summary>
    public string Actor => _actor ??= _session.Path.ToStringWithoutAddress();

    /// <summary>The session's id: the actor's name, and the key of every log line.</summary>
    public string Id { get; }

    /// <summary>Whether the peer reached us under this address.</summary>
    public bool IsReachedBy(IPAddress address) => Local is IPEndPoint { Address: var ours } && address.Equals(ours.Unmapped());

    /// <summary>Whether TLS is active.</summary>
    public bool IsSecure => _connection.IsSecure;

    /// <summary>What the TLS handshake settled.</summary>
    public TlsFacts? Tls => _connection.Tls;

    /// <summary>What the connection has that decides how one may log in on it.</summary>
    public SaslGround Ground { get; private set; }

    /// <summary>When the present wait ends badly, by the session clock; the listener's sweep reads it from its own thread.</summary>
    public long Deadline => Volatile.Read(ref _deadline);

    /// <summary>
    /// Whether the present wait has ended badly. Under stress those who are waited for with a command have <c>limits.stress-timeout</c> only.
    /// </summary>
    public bool IsOverdue(long now, bool underStress)
    {
        var deadline = Deadline;
        return deadline <= now || (underStress && Volatile.Read(ref _stressDeadline) <= now);
    }

    /// <summary>The peer is waited for at its leisure, also under stress; set by the session.</summary>
    public bool IsPatient { get; set; }

    /// <summary>Whether somebody else than the peer is waited for.</summary>
    public bool WaitsForOthers => _waits;

    /// <summary>Whether anything the peer sent waits unread: after STARTTLS that is an attack (CVE-2011-0411).</summary>
    public bool HasUnreadInput => !_connection.Input.IsEmpty;

    /// <summary>Tells who hears from now on. First thing in a session's life.</summary>
    public void Begin(IActorRef session) => _session = session;

    /// <summary>Asks for the peer's next command.</summary>
    /// <param name="within">How long its end may take to come.</param>
    public void Next(TimeSpan within)
    {
        _lines.Limit = _commandLimit;
        Want(Wanted.Command, within);
        ReadOrAsk();
    }

    /// <summary>Asks for the next line of a SASL exchange.</summary>
    public void NextSaslLine()
    {
        _lines.Limit = LineLimits.Auth;
        Want(Wanted.SaslLine, _at.Limits.AuthTimeout);
        ReadOrAsk();
    }

    /// <summary>Starts the server's part of a TLS handshake; what was said goes out before.</summary>
    public void StartTls(TlsServerOptions options)
    {
        Want(Wanted.Nothing, Timeout.InfiniteTimeSpan);
        _lines.Reset();
        _connection.StartTls(options);
    }

    /// <summary>Sends what was said and closes.</summary>
    /// <param name="peerIsDone">The peer said QUIT: nothing more can come that a reset could harm.</param>
    public void Close(bool peerIsDone = false)
    {
        Want(Wanted.Nothing, Timeout.InfiniteTimeSpan);
        _connection.Close(linger: !peerIsDone);
    }

    /// <summary>Ends it without another word.</summary>
    public void Abort()
    {
        Want(Wanted.Nothing, Timeout.InfiniteTimeSpan);
        _connection.Abort();
    }

    void IConnectionObserver.OnConnected(IConnection connection)
    {
    }

    void IConnectionObserver.OnInput(IConnection connection)
    {
        _inARow = 1;
        switch (_wanted)
        {
            case Wanted.ProxyHeader:
                ReadProxyHeader();
                break;
            case Wanted.Command when Interlocked.Exchange(ref _silence, 0) == 1:
                Tell(SessionMessages.SpokeEarly.Instance);
                break;
            case Wanted.Command or Wanted.SaslLine:
                _instant = _at.Clock.Stamp;
                ReadOn();
                break;
            case Wanted.Body:
                OnMoreOfBody();
                break;
        }
    }

    void IConnectionObserver.OnSecured(IConnection connection)
    {
        Ground = SaslOffers.GroundOf(connection.Tls);
        Tell(SessionMessages.Secured.Instance);
    }

    /// <summary>The last that is heard of a connection: only now its descriptor is free.</summary>
    void IConnectionObserver.OnClosed(IConnection connection, CloseReason reason)
    {
        EndCounting();
        Tell(new SessionMessages.PeerGone(reason, connection.CloseDetail));
    }

    /// <summary>Whether <see cref="ReadLine"/> has a line of a login before it, which is all secret.</summary>
    private protected bool IsInLogin => _wanted == Wanted.SaslLine;

    /// <summary>What the session is told of a line, or of the trouble with one; null: there is none yet.</summary>
    private protected abstract object? Read(LineStatus status, ReadOnlySpan<byte> line);

    /// <summary>What was heard is no command of this language, whatever else it may be.</summary>
    private protected abstract bool IsNoCommand(object heard);

    /// <summary>The session is about to be told this.</summary>
    private protected abstract void OnHeard(object heard);

    /// <summary>Whether nothing in the line is or might be a secret.</summary>
    private protected abstract bool IsFitToSee(object heard, ReadOnlySpan<byte> line);

    /// <summary>The line as texts show it, without its secrets.</summary>
    private protected abstract string Shown(object heard, ReadOnlySpan<byte> line);

    /// <summary>On the I/O thread: more input, and no line is wanted.</summary>
    private protected virtual void OnMoreOfBody()
    {
    }

    /// <summary>On the I/O thread, which owns everything here then: a peer that had not read has read.</summary>
    private protected virtual void OnRoom() => ReadOn();

    /// <summary>On an I/O thread, with nothing said since the last flush.</summary>
    private void ReadOn()
    {
        if (!ReadLine())
        {
            _connection.RequestInput();
        }
    }

    /// <summary>In the session's turn: the line that is there, or else what was said goes out and the transport reads.</summary>
    private void ReadOrAsk()
    {
        if (_connection.OutputPending && IsHeldBack())
        {
            return;
        }

        if (++_inARow > MostInARow)
        {
            _inARow = 1;
            _connection.Flush();
            _connection.Post(_goOn ??= new GoOnReading(this));                  // behind whoever waits
            return;
        }

        if (!ReadLine())
        {
            _connection.Flush();
            _connection.RequestInput();
        }
    }

    /// <summary>Tells the session about one line if a whole one is there. After that nothing here may be touched.</summary>
    private bool ReadLine()
    {
        var status = _lines.Next(_connection.Input, out var consumed, out var line);
        object? heard = status switch
        {
            LineStatus.Incomplete => null,
            LineStatus.Line when _wanted == Wanted.SaslLine => new SessionMessages.SaslLine(line.ToArray()),
            LineStatus.Fatal => SessionMessages.LineWithoutEnd.Instance,
            _ => Read(status, line),
        };
        if (_wanted == Wanted.Command && MayBeForeign(heard, consumed) && ForeignTongue.Is(_connection.Input))
        {
            heard = SessionMessages.ForeignTongueHeard.Instance;
        }

        if (heard is not null && _at.Log.Dialogue)
        {
            _at.Log.Heard(Actor, Id, Shown(heard, line));
        }

        if (heard is not null && _at.Chronicle is { } chronicle && CountsLine(chronicle))
        {
            NoteHeard(chronicle, heard, line);
        }

        if (consumed > 0)
        {
            _connection.Consume(consumed);
            _octetsIn += consumed;
        }

        if (heard is not null)
        {
            _commands++;
            OnHeard(heard);
            _wanted = Wanted.Nothing;
            Tell(heard);
            return true;
        }

        return false;
    }

    /// <summary>It is no command of ours, or none yet; but not what is behind a bad line's trouble, of which some was consumed.</summary>
    private bool MayBeForeign(object? heard, int consumed) => heard is null ? consumed == 0 : IsNoCommand(heard);

    private protected void Want(Wanted what, TimeSpan within)
    {
        _wanted = what;
        _waits = false;
        Volatile.Write(ref _mayBeLeft, false);
        NeedNoPlace();
        SetDeadline(within);
    }

    private void SetDeadline(TimeSpan within)
    {
        _instant = _at.Clock.Stamp;
        var now = _lastAt = _at.Clock.MillisecondsAt(_instant);
        if (within == Timeout.InfiniteTimeSpan)
        {
            Volatile.Write(ref _stressDeadline, long.MaxValue);
            Volatile.Write(ref _deadline, long.MaxValue);
            return;
        }

        var forCommand = _wanted is Wanted.Command or Wanted.SaslLine && Volatile.Read(ref _silence) == 0 && !IsPatient;
        Volatile.Write(ref _stressDeadline, forCommand ? now + (long)_at.Limits.StressTimeout.TotalMilliseconds : long.MaxValue);
        Volatile.Write(ref _deadline, now + (long)within.TotalMilliseconds);
    }

    private protected void Tell(object message) => _session.Tell(message, ActorRefs.NoSender);

    /// <summary>A flood's next part, when the others have had their turn.</summary>
    private sealed class GoOnReading(Conversation conversation) : IoWork
    {
        protected override bool IsPatient => true;

        protected override void Run()
        {
            if (conversation._wanted is Wanted.Command or Wanted.SaslLine)
            {
                conversation.ReadOn();
            }
        }
    }

    private protected enum Wanted : byte
    {
        Nothing,
        ProxyHeader,
        Command,
        SaslLine,
        Body,
        Room,
    }
}
