using ActorSmtp.Server.Certificates;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Pop3;
using ActorSmtp.Server.Sessions;
using ActorSmtp.Server.Settings;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Listening;

/// <summary>What all listeners are made with.</summary>
/// <param name="SweepEvery">How often deadlines of sessions are looked at.</param>
internal sealed record ListenersContext(
    ServerSettings Settings, ITransport Transport, ConnectionGate Gate, SessionIds SessionIds, SessionPorts Ports, CertificateBoard Certificates, TimeSpan SweepEvery)
{
    /// <summary>The sessions that are open, of all listeners.</summary>
    public SessionRegister Sessions { get; init; } = new();

    /// <summary>What listeners of the role pop3 have besides; null where there are none.</summary>
    public MaildropPorts? Maildrops { get; init; }

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}

/// <summary>What one listener is made with.</summary>
internal sealed record ListenerContext(ListenerSettings Settings, ListenersContext Shared, SessionContext Session)
{
    /// <summary>Replies that gather in one turn go out from so many octets on, so a peer that reads none of them is found out soon.</summary>
    private const int RepliesAtOnce = 4096;

    public string Name => Settings.Name;

    /// <summary>What its connections become.</summary>
    public SessionKind Kind { get; init; } = new SmtpSessions(Session);

    public ListenOptions ListenOptions => new()
    {
        EndPoint = Settings.Bind.ToEndPoint(),
        DualMode = Settings.Bind.DualMode,
        Backlog = Shared.Settings.Transport.Backlog,
        SendAt = RepliesAtOnce,
        OutputLimit = Shared.Settings.Transport.OutputLimit,
        WriteStallTimeout = Shared.Settings.Transport.WriteStallTimeout,
    };
}
