using ActorSmtp.Server.Telemetry;

namespace ActorSmtp.Server.Policy.Milters;

/// <summary>What milters are asked with.</summary>
/// <param name="MostOctets">Of a body that a milter sends: the limit of a message.</param>
internal sealed record MiltersWorld(TimeProvider Time, Log Log, Metrics Metrics, long MostOctets);
