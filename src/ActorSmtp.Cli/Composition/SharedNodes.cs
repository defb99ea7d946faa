using System.Collections.Immutable;
using ActorSmtp.Server.Inspection;
using ActorSmtp.Storage.Postgres;
using ActorSmtp.Storage.Postgres.Nodes;

namespace ActorSmtp.Cli.Composition;

/// <summary>The nodes as the database has them.</summary>
internal sealed class SharedNodes(PostgresStores shared) : INodes
{
    public async Task<NodeList> ListAsync(CancellationToken cancellation)
    {
        var rows = await shared.NodesAsync(cancellation).ConfigureAwait(false);
        return new NodeList("postgres", [.. rows.Select(View)], Differences([.. rows.Where(r => r.IsServing)]));
    }

    private NodeView View(NodeRow n) => new(
        n.Id, n.Name, n.Program, n.State, n.StartedAt, Math.Round(n.SeenAgo.TotalSeconds, 3), n.Held, n.Stored, n.Id == shared.Questions?.Self);

    /// <summary>What is not the same on all nodes that know it.</summary>
    internal static ImmutableArray<NodeDifference> Differences(IReadOnlyCollection<NodeRow> nodes) =>
    [
        .. nodes.SelectMany(n => n.Agreement.Settings.Select(s => (s.Key, Value: new NodeValue(n.Name, s.Value))))
            .GroupBy(s => s.Key, s => s.Value, StringComparer.Ordinal)
            .Where(key => key.DistinctBy(v => v.Value).Skip(1).Any())
            .OrderBy(key => key.Key, StringComparer.Ordinal)
            .Select(key => new NodeDifference(key.Key, [.. key])),
    ];
}
