using System.Collections.Immutable;
using System.Text.Json;

namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>What all nodes of one database have to be told alike: settings by their path, as text. A node that was told something else does not join.</summary>
/// <param name="Program">The program's version; may differ.</param>
/// <param name="Settings">For instance <c>domains</c>.</param>
public sealed record NodeAgreement(string Program, ImmutableSortedDictionary<string, string> Settings)
{
    /// <summary>Nothing to agree on.</summary>
    public static NodeAgreement None { get; } = new("", ImmutableSortedDictionary<string, string>.Empty);

    internal string ToText() => JsonSerializer.Serialize(Settings);

    /// <summary>Where another node was told otherwise; settings that only one of them knows are not compared, so that versions can differ.</summary>
    internal string? DiffersFrom(string node, string text)
    {
        ImmutableSortedDictionary<string, string>? theirs;
        try
        {
            theirs = JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(text);
        }
        catch (JsonException)
        {
            return null;                            // of another program: nothing is known
        }

        foreach (var (key, ours) in Settings)
        {
            if (theirs?.TryGetValue(key, out var other) == true && other != ours)
            {
                return $"the node {node} has {key} = {other}, and here it is {ours}: all nodes of a database need the same";
            }
        }

        return null;
    }
}
