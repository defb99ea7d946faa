using Akka.Actor;
using ActorSmtp.Client.Routing;
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
    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);
}
