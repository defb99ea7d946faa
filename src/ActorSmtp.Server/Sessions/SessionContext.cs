using System.Buffers;
using System.Net;
using Akka.Actor;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Announcements;
using ActorSmtp.Server.Auth;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Listening;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Server.Policy;
using ActorSmtp.Server.Scenarios;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>What every session of the server uses, whichever listener it came by.</summary>
internal sealed record SessionPorts(
    IMailStore Store,
    IActorRef AuthActor,
    DirectoryBoard Directory,
    MailIdGenerator MailIds,
    SessionClock Clock,
    TimeProvider Time,
    Metrics Metrics,
    Log Log,
    AnnouncementBoard Announcements)
{
    /// <summary>Where what is said and done is kept for a while; null: nowhere.</summary>
    public Chronicle? Chronicle { get; init; }

    /// <summary>Misbehaviour that tests asked for.</summary>
    public ScenarioBook Scenarios { get; init; } = new(Time, magicAddresses: false);

    /// <summary>Where mail for other domains goes; none: nowhere.</summary>
    public RouteTable Routes { get; init; } = new([]);

    /// <summary>Whether there is room for more of it.</summary>
    public IOutboundIntake Outbound { get; init; } = OpenIntake.Instance;

    /// <summary>The checks there are; null: none.</summary>
    public PolicyBook? Policy { get; init; }
}

/// <summary>
/// What all sessions of one listener share: settings, ports, and the replies that never change. Made once per listener and never changed,
/// so that a session itself holds next to nothing.
/// </summary>
internal sealed class SessionContext
{
    private readonly ServerSettings _settings;
    private readonly ListenerSettings _listener;
    private readonly SessionPorts _ports;
    private readonly Extensions _clear;
    private readonly Extensions _secure;
    private readonly Reply _help;
    private readonly Reply _helpOverTls;
    private readonly Reply[] _ehlo = new Reply[8];
    private readonly Reply[] _ehloToTrusted = new Reply[8];

    public SessionContext(ServerSettings settings, ListenerSettings listener, SessionPorts ports, TlsServerOptions? tls, ListenerGate gate)
    {
        _settings = settings;
        _listener = listener;
        _ports = ports;
        Gate = gate;
        Tls = tls is not null && listener is { Tls: ListenerTls.Implicit, Peers.ProxyRequired: true } ? tls with { KeepsInput = true } : tls;
        Chronicle = ports.Chronicle;
        Policy = ports.Policy?.ChainOf(listener);
        ListenerNumber = Math.Max(0, settings.Listeners.IndexOf(listener));
        Role = listener.Role.ToString().ToLowerInvariant();
        OurDomain = MailDomain.TryParse(settings.Hostname) ?? MailDomain.TryParse("localhost")!;
        Sasl = new SaslOffers(settings.Auth, listener);
        _clear = Offer(SaslGround.None);
        _secure = Offer(SaslGround.Secure);
        for (var ground = 0; ground < _ehlo.Length; ground++)
        {
            var offered = Offer((SaslGround)ground);
            _ehlo[ground] = Replies.Ehlo(settings.Hostname, offered);
            _ehloToTrusted[ground] = Replies.Ehlo(settings.Hostname, WithXClient(offered));
        }

        HeloReply = Replies.Helo(settings.Hostname);
        Greeting = IsLmtp ? Replies.LmtpGreeting(settings.Hostname) : Replies.Greeting(settings.Hostname);
        MessageTooBig = Replies.MessageOver(settings.Limits.MessageSize);
        _help = Replies.Help(Verbs(secure: false));
        _helpOverTls = Replies.Help(Verbs(secure: true));
    }

    public string Listener => _listener.Name;

    /// <summary>Where connections of this listener are counted.</summary>
    public ListenerGate Gate { get; }

    /// <summary>A PROXY header comes before everything else.</summary>
    public bool IsProxied => _listener.Peers.ProxyRequired;

    /// <summary>Whether a header from this proxy is believed. To a Unix socket only those can connect whom its file's rights let.</summary>
    public bool TrustsProxy(EndPoint? proxy) => _listener.Bind.UnixPath is not null || _listener.Peers.ProxyTrusted.Contain(proxy);

    /// <summary>Whether anybody may say XCLIENT here.</summary>
    public bool HasXClient => !_listener.Peers.XClientTrusted.IsEmpty;

    /// <summary>Whether this peer may.</summary>
    public bool TrustsXClient(EndPoint? peer) => HasXClient && (_listener.Bind.UnixPath is not null || _listener.Peers.XClientTrusted.Contain(peer));

    /// <summary>Whether this peer may send to other domains without a login.</summary>
    /// <remarks>Who comes through a Unix socket itself is trusted as its file's rights say; for whom a proxy or XCLIENT speaks there, by its address alone.</remarks>
    public bool RelaysFor(EndPoint? peer) => !_listener.Peers.RelayFrom.IsEmpty
        && (_listener.Peers.RelayFrom.Contain(peer) || (_listener.Bind.UnixPath is not null && !IsProxied && !HasXClient && peer is not IPEndPoint));

    /// <summary>Where mail for other domains goes.</summary>
    public RouteTable Routes => _ports.Routes;

    /// <summary>Whether there is room for more of it.</summary>
    public IOutboundIntake Outbound => _ports.Outbound;

    /// <summary>How long the greeting is held back; zero: not at all.</summary>
    public TimeSpan GreetingDelay => TlsFirst || !_listener.TakesMail ? TimeSpan.Zero : _listener.Peers.GreetingDelay;

    public bool DropsEarlyTalkers => _listener.Peers.DropsEarlyTalkers;

    public string Role { get; }

    /// <summary>The listener's place in the configuration.</summary>
    public int ListenerNumber { get; }

    public Chronicle? Chronicle { get; }

    /// <summary>Who is asked about its sessions; null: nobody.</summary>
    public PolicyChain? Policy { get; }

    /// <summary>Whose session it is, for those who are asked.</summary>
    public SessionFacts FactsOf(Conversation talk) => new(
        talk.Id, _settings.Hostname, Listener, _listener.Role, talk.Peer as IPEndPoint, talk.PeerName, talk.Local, UtcNow)
    {
        IsNeighbour = RelaysFor(talk.Peer),
        MustLogIn = AuthIsRequired,
    };

    public LimitSettings Limits => _settings.Limits;

    public ContentSettings Content => _settings.Content;

    public AuthSettings Auth => _settings.Auth;

    /// <summary>How the server's part of a handshake is taken; null where this listener has no TLS.</summary>
    public TlsServerOptions? Tls { get; }

    public MailDomain OurDomain { get; }

    public bool IsLmtp => _listener.Role == ListenerRole.Lmtp;

    public bool TlsFirst => _listener.Tls == ListenerTls.Implicit;

    public bool TlsIsRequired => _listener.Tls == ListenerTls.Required;

    public bool AuthIsRequired => _listener.Auth == ListenerAuth.Required;

    public IMailStore Store => _ports.Store;

    public ScenarioBook Scenarios => _ports.Scenarios;

    public IActorRef AuthActor => _ports.AuthActor;

    public DirectoryBoard Directory => _ports.Directory;

    public SessionClock Clock => _ports.Clock;

    public Metrics Metrics => _ports.Metrics;

    public Log Log => _ports.Log;

    public Reply Greeting { get; }

    public Reply HeloReply { get; }

    public Reply MessageTooBig { get; }

    /// <summary>What HELP is answered: the commands that can be used on such a connection.</summary>
    public Reply Help(bool secure) => secure ? _helpOverTls : _help;

    /// <summary>Whether TLS can be asked for on a connection that has none yet.</summary>
    public bool TlsIsOffered => Tls is not null && _listener.Tls is ListenerTls.StartTls or ListenerTls.Required;

    /// <summary>What EHLO is answered on a connection that has this.</summary>
    public Reply EhloReply(SaslGround ground, bool toTrusted) => (toTrusted ? _ehloToTrusted : _ehlo)[(int)ground];

    /// <summary>What may follow MAIL and RCPT is what was offered.</summary>
    public ParserOptions ParserOptions(bool utf8, bool secure) => new((secure ? _secure : _clear).Parameters, utf8, IsLmtp);

    /// <summary>Whether AUTH may be used now: never over clear text unless that was allowed (RFC 4954 §4).</summary>
    public bool AuthIsOffered(bool secure) => _listener.Auth != ListenerAuth.Off && (secure || _listener.AllowPlaintext);

    public bool HasAuth => _listener.Auth != ListenerAuth.Off;

    /// <summary>Any name and password will do here (<c>auth.accept-any</c>, local addresses only).</summary>
    public bool AcceptsAnyLogin => _listener.AcceptAny;

    /// <summary>Which mechanisms there are on which connection.</summary>
    public SaslOffers Sasl { get; }

    public DateTimeOffset UtcNow => _ports.Time.GetUtcNow();

    public MailId NextId() => _ports.MailIds.Next(_ports.Time.GetUtcNow());

    public AnnouncementBoard Announcements => _ports.Announcements;

    /// <summary>The envelope as far as it is known when content begins: everything.</summary>
    public Envelope EnvelopeOf(Conversation talk, Session session)
    {
        var transaction = session.Transaction!;
        var parameters = transaction.Mail.Parameters;
        return new Envelope
        {
            Id = transaction.Id,
            ReceivedAt = _ports.Time.GetUtcNow(),
            From = transaction.Mail.From,
            Recipients = transaction.Distinct(),
            Body = parameters.Body,
            SmtpUtf8 = parameters.SmtpUtf8,
            RequireTls = parameters.RequireTls,
            Return = parameters.Return,
            EnvelopeId = parameters.EnvelopeId,
            AuthorizedBy = parameters.AuthorizedBy,
            User = session.User,
            SessionId = talk.Id,
            ClientAddress = (talk.Peer as IPEndPoint)?.Address,
            ClientName = talk.PeerName,
            HelloName = session.Hello?.Name,
            Protocol = (IsLmtp ? TransferProtocol.Lmtp : 0)
                | (session.Hello is { Extended: true } ? TransferProtocol.Extended : 0)
                | (talk.IsSecure ? TransferProtocol.Tls : 0)
                | (session.User is not null ? TransferProtocol.Authenticated : 0)
                | (parameters.SmtpUtf8 ? TransferProtocol.Utf8 : 0),
            Tls = talk.Tls?.ToString(),
        };
    }

    /// <summary>Our Received field for it, and above it where it was passed on from, if it was and nobody else was named.</summary>
    public void WriteTrace(Envelope envelope, Transaction transaction, IReadOnlySet<Mailbox>? passedOn, IBufferWriter<byte> output)
    {
        var addressee = transaction.Addressee;
        if (passedOn is not null && addressee is not null)
        {
            TraceHeaders.WriteDeliveredTo(addressee, envelope.SmtpUtf8, output);
        }

        if (passedOn is null && addressee is null)
        {
            TraceHeaders.WriteReceived(envelope, _settings.Hostname, output);
        }
        else
        {
            TraceHeaders.WriteReceived(envelope, addressee, _settings.Hostname, output);
        }
    }

    private IEnumerable<string> Verbs(bool secure) =>
    [
        .. IsLmtp ? ["LHLO"] : new[] { "EHLO", "HELO" },
        "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "HELP",
        .. AuthIsOffered(secure) ? new[] { "AUTH" } : [],
        .. (secure ? _secure : _clear).StartTls ? new[] { "STARTTLS" } : [],
    ];

    private static Extensions WithXClient(Extensions offered) => offered with { Others = ["XCLIENT " + CommandParser.XClientAttributes] };

    private Extensions Offer(SaslGround ground) => Offer(ground.HasFlag(SaslGround.Secure)) with { AuthMechanisms = Sasl.On(ground) };

    private Extensions Offer(bool secure) => new()
    {
        Pipelining = true,
        Help = true,
        Size = _settings.Limits.MessageSize,
        EightBitMime = true,
        BinaryMime = true,
        Chunking = true,
        SmtpUtf8 = true,
        EnhancedStatusCodes = true,
        Dsn = true,
        Limits = new SessionLimits(RcptMax: _settings.Limits.Recipients),
        StartTls = !secure && TlsIsOffered,
        RequireTls = secure,
    };
}
