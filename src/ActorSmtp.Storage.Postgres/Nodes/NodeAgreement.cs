using System.Collections.Immutable;
using System.Text.Json;

namespace ActorSmtp.Storage.Postgres.Nodes;

/// <summary>
/// What all nodes of one database should be told alike: settings by their path, as text. A node that was told something else than those that run does not join where nodes
/// would contradict each other; where they only differ in what they do it joins, and both say so.
/// </summary>
/// <param name="Program">The program's version; may differ.</param>
/// <param name="Settings">For instance <c>domains</c>. Never a secret: whoever reads the database reads it.</param>
public sealed record NodeAgreement(string Program, ImmutableSortedDictionary<string, string> Settings)
{
    /// <summary>Nothing to agree on.</summary>
    public static NodeAgreement None { get; } = new("", ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Those of <see cref="Settings"/> in which a node may differ from the others for a while.</summary>
    public ImmutableHashSet<string> MayDiffer { get; init; } = [];

    /// <summary>This node joins whatever it was told: its administrator is changing what all have to agree on, one node after the other.</summary>
    public bool IsChanging { get; init; }

    private string? _text;

    /// <summary>As the database has it; made once, since it is said each second.</summary>
    internal string ToText() => _text ??= JsonSerializer.Serialize(Settings);

    /// <summary>What a node wrote into the database; nothing where another program wrote something else.</summary>
    internal static NodeAgreement Read(string program, string text)
    {
        try
        {
            return new NodeAgreement(program, JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(text) ?? None.Settings);
        }
        catch (JsonException)
        {
            return None with { Program = program };
        }
    }

    /// <summary>Where another node was told otherwise, by path; settings that only one of them knows are not compared, so that versions can differ.</summary>
    internal IEnumerable<(string Key, string Theirs, string Ours)> DiffersFrom(NodeAgreement other) =>
        from ours in Settings
        where other.Settings.TryGetValue(ours.Key, out var theirs) && theirs != ours.Value
        select (ours.Key, other.Settings[ours.Key], ours.Value);
}
