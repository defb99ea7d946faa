using System.Collections.Frozen;
using Akka.Actor;
using ActorSmtp.Client.Routing;
using ActorSmtp.Client.Securing;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;
using ActorSmtp.Server.Threads;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What relays are made with.</summary>
/// <param name="Router">Plans routes.</param>
/// <param name="Hosts">Who has the connections: <see cref="HostsActor"/>.</param>
/// <param name="Background">Where content is read.</param>
internal sealed record RelayContext(RelaySettings Settings, MailRouter Router, IActorRef Hosts, IBackground Background, TimeProvider Time, Log Log)
{
    /// <summary>Says how each host is to be talked to.</summary>
    public required TlsPlanner Tls { get; init; }

    /// <summary>Who has offered TLS before; the hosts have the same.</summary>
    public required TlsMemory TlsMemory { get; init; }

    /// <summary>Counts how TLS goes.</summary>
    public required TlsReports Reports { get; init; }

    /// <summary>When the next message may begin where there is a rate; outlives the relays.</summary>
    public required RateBook Rates { get; init; }

    /// <summary>Who we log in as, by the route's key.</summary>
    public FrozenDictionary<string, RouteLogin> Logins { get; init; } = FrozenDictionary<string, RouteLogin>.Empty;

    /// <summary>What the sender of mail becomes that aliases pass on; any thread.</summary>
    public Func<ReversePath, ReversePath> PassedOn { get; init; } = static from => from;

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}
