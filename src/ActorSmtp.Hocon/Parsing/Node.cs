namespace ActorSmtp.Hocon.Parsing;

/// <summary>
/// The tree as it is written, before substitutions are known. A node is changed only while the text that owns it is being read;
/// layering makes new nodes.
/// </summary>
internal abstract class Node(HoconOrigin origin)
{
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Known to be neither an object nor in need of what stands below it: nothing under it can ever show.</summary>
    public virtual bool IsFinal => false;
}

internal sealed class ScalarNode(HoconScalar value, bool isSpace = false) : Node(value.Origin)
{
    public HoconScalar Value { get; } = value;

    /// <summary>White space without quotes between two pieces: it counts only where texts are put together.</summary>
    public bool IsSpace { get; } = isSpace;

    public override bool IsFinal => true;
}

internal sealed class ArrayNode(HoconOrigin origin) : Node(origin)
{
    public List<Node> Items { get; } = [];

    /// <summary>Some element, at any depth, holds a substitution.</summary>
    public bool HasSubstitution { get; set; }

    public override bool IsFinal => !HasSubstitution;
}

internal sealed class ObjectNode(HoconOrigin origin) : Node(origin)
{
    public OrderedDictionary<string, Node> Fields { get; } = new(StringComparer.Ordinal);
}

/// <summary><c>${path}</c> or <c>${?path}</c>. In an included text the path is tried below the include's place first.</summary>
internal sealed class SubstitutionNode(HoconPath path, HoconPath includedAt, bool optional, bool list, HoconOrigin origin) : Node(origin)
{
    public HoconPath Path { get; } = path;

    public HoconPath IncludedAt { get; } = includedAt;

    public bool IsOptional { get; } = optional;

    /// <summary><c>${NAME[]}</c>: the variables NAME_0, NAME_1… as a list.</summary>
    public bool IsList { get; } = list;
}

/// <summary>Values side by side, the white space between them among them; at least one is a substitution, an object or an array.</summary>
internal sealed class ConcatenationNode(List<Node> pieces, HoconOrigin origin) : Node(origin)
{
    public List<Node> Pieces { get; } = pieces;
}

/// <summary><c>key += item</c>: what stands below, with the items added.</summary>
internal sealed class AppendNode(Node item) : Node(item.Origin)
{
    public List<Node> Items { get; } = [item];

    /// <summary>No item holds a substitution, so further ones may be added here without a look-back.</summary>
    public bool IsPlain { get; } = !Layering.HoldsSubstitution(item);
}

/// <summary>The values one key was given, oldest first, where the newest cannot be taken before substitutions are known.</summary>
internal sealed class StackNode(List<Node> values) : Node(values[^1].Origin)
{
    public List<Node> Values { get; } = values;

    public Node Newest => Values[^1];

    public Node Oldest => Values[0];
}
