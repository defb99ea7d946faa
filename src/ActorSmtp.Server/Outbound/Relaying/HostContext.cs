using System.Security.Cryptography.X509Certificates;
using ActorSmtp.Client;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Server.Settings;
using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>What the hosts are made with.</summary>
/// <param name="Client">What dialogues are held with.</param>
/// <param name="HelloName">What we call ourselves.</param>
internal sealed record HostContext(RelaySettings Settings, ClientContext Client, string HelloName, Log Log)
{
    /// <summary>Who has offered TLS before.</summary>
    public TlsMemory TlsMemory { get; init; } = new(TimeSpan.Zero, TimeSpan.Zero, 0);

    /// <summary>Hosts at once.</summary>
    public int MostHosts { get; init; } = 4096;

    /// <summary>Roots to trust in place of the system's; null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>Where the making of actors is counted.</summary>
    public Census Census { get; init; } = new(TimeProvider.System);

    public TimeProvider Time => Client.Time;
}
