using System.Collections.Concurrent;

namespace ActorSmtp.Server.Inspection;

/// <summary>
/// Counts how often the actors that live long were made: once, and once more for each restart. Those of sessions are not counted: they are never
/// restarted.
/// </summary>
internal sealed class Census(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (DateTimeOffset First, int Times)> _births = new(StringComparer.Ordinal);

    /// <summary>When counting began: no actor is older.</summary>
    public DateTimeOffset Began { get; } = time.GetUtcNow();

    /// <summary>An actor is made at this path. Any thread.</summary>
    public void Made(string path)
    {
        var now = time.GetUtcNow();
        _births.AddOrUpdate(path, static (_, at) => (at, 1), static (_, known, _) => (known.First, known.Times + 1), now);
    }

    /// <summary>When it was first made and how often it was restarted; null for an actor that is not counted.</summary>
    public (DateTimeOffset StartedAt, int Restarts)? Find(string path) =>
        _births.TryGetValue(path, out var known) ? (known.First, known.Times - 1) : null;
}
