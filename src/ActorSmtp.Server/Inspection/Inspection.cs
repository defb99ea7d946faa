namespace ActorSmtp.Server.Inspection;

/// <summary>
/// What can be looked into while the server runs: handed to the console by the composition root. A port that is null is not there, and the
/// console says so.
/// </summary>
public sealed record Inspection(
    IActorTree? Actors = null,
    ILiveSessions? Sessions = null,
    ISessionStories? Stories = null,
    ILogTail? Log = null,
    IMetricSeries? Metrics = null,
    IHealth? Health = null)
{
    /// <summary>The nodes; null: this server is alone.</summary>
    public INodes? Nodes { get; init; }

    /// <summary>Nothing can be looked into.</summary>
    public static Inspection None { get; } = new();
}
