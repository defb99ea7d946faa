using System.Collections.Immutable;

namespace ActorSmtp.Server.Inspection;

/// <summary>The nodes that share this server's stores.</summary>
public interface INodes
{
    /// <summary>Those that gave a sign of life within a day, by name.</summary>
    /// <exception cref="Storage.StoreException">They cannot be asked for now.</exception>
    Task<NodeList> ListAsync(CancellationToken cancellation);
}

/// <summary>All nodes as any of them sees them.</summary>
/// <param name="Storage"><c>postgres</c>, or <c>maildir</c> for a server that keeps mail in files and is alone.</param>
/// <param name="Differences">What nodes that run should have been told alike and were not; empty: nothing.</param>
public sealed record NodeList(string Storage, ImmutableArray<NodeView> Nodes, ImmutableArray<NodeDifference> Differences);

/// <summary>One of them.</summary>
/// <param name="Id">Of this run of it.</param>
/// <param name="Name">What it calls itself (<c>storage.shared.node</c>).</param>
/// <param name="Version">Its program's.</param>
/// <param name="State"><c>up</c>, <c>draining</c> (it ends, and hands its work over), <c>migrating</c> (a command that has the database to itself) or <c>gone</c>.</param>
/// <param name="SeenSecondsAgo">Its last sign of life; one comes each second.</param>
/// <param name="Held">Messages it has claimed and not delivered.</param>
/// <param name="Stored">Messages it has accepted since its start.</param>
/// <param name="This">It is the one that was asked.</param>
public sealed record NodeView(string Id, string Name, string Version, string State, DateTimeOffset StartedAt, double SeenSecondsAgo, long Held, long Stored, bool This);

/// <summary>A setting that is not the same everywhere.</summary>
/// <param name="Values">What each node that runs and knows the setting was told.</param>
public sealed record NodeDifference(string Key, ImmutableArray<NodeValue> Values);

/// <summary>What one node was told.</summary>
public sealed record NodeValue(string Node, string Value);
