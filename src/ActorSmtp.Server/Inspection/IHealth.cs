using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>Whether the server can do its work.</summary>
public interface IHealth
{
    Task<HealthReport> ReadAsync(CancellationToken cancellation);
}

/// <summary>How it does.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> (works, but somebody should look) or <c>failed</c> (takes no mail).</param>
public sealed record HealthReport(string Status, ImmutableArray<HealthCheck> Checks);

/// <summary>One thing that was looked at.</summary>
public sealed record HealthCheck(string Name, string Status, string Detail);
