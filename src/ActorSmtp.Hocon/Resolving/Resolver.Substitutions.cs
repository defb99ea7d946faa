using System.Globalization;
using System.Text;
using ActorSmtp.Hocon.Parsing;

namespace ActorSmtp.Hocon.Resolving;

/// <content>Substitutions, and values put together of pieces.</content>
internal sealed partial class Resolver
{
    private Node? Substitute(SubstitutionNode node)
    {
        EnterSubstitution(node);
        var value = Find(node);
        _depth--;

        // A scalar now stands where the substitution is written: that is the line to change. (A variable keeps its name.)
        return value is ScalarNode { Value: { Origin.Line: > 0 } scalar }
            ? new ScalarNode(new HoconScalar(scalar.Text, scalar.Kind, node.Origin))
            : value;
    }

    private Node? Find(SubstitutionNode node)
    {
        var fullPath = node.IncludedAt.Add(node.Path);
        var value = LookUp(fullPath, out var isSelf);
        if (value is null && node.IncludedAt.Elements.Length > 0)
        {
            value = LookUp(node.Path, out var isSelfToo);
            isSelf |= isSelfToo;
        }

        value ??= Environment(node);
        if (value is not null || node.IsOptional)
        {
            return value;
        }

        throw isSelf
            ? new HoconException(HoconMistake.Cycle, node.Origin,
                $"${{{node.Path}}} leads back to itself and no earlier value is there; give it one, or write ${{?{node.Path}}}")
            : new HoconException(HoconMistake.Unresolved, node.Origin,
                $"${{{node.Path}}} is set nowhere, and no environment variable has this name; set it, or write ${{?{node.Path}}}");
    }

    // The shell at a path from the root. isSelf: the way, or its end, is being forced just now.
    private Node? LookUp(HoconPath path, out bool isSelf)
    {
        isSelf = false;
        Node here = root;
        foreach (var key in path.Elements)
        {
            isSelf |= IsRunning(here);
            if (Force(here) is not ObjectNode fields || !fields.Fields.TryGetValue(key, out var next))
            {
                return null;
            }

            here = next;
        }

        isSelf |= IsRunning(here);
        return Force(here);
    }

    private bool IsRunning(Node node) => _shells.TryGetValue(node, out var shell) && !shell.IsDone;

    // The specification's fall-back: a variable of exactly the path's name, always a string.
    private Node? Environment(SubstitutionNode node)
    {
        if (environment is null || dialect == HoconDialect.Akka)
        {
            return null;
        }

        var name = string.Join('.', node.Path.Elements);
        if (!node.IsList)
        {
            return Variable(name);
        }

        var list = new ArrayNode(HoconOrigin.Of($"environment variable {name}_0"));
        while (Variable($"{name}_{list.Items.Count.ToString(CultureInfo.InvariantCulture)}") is { } item)
        {
            Work(1, node);
            list.Items.Add(item);
        }

        return list.Items.Count > 0 ? list : null;

        ScalarNode? Variable(string variable) => environment(variable) is { } text
            ? new ScalarNode(new HoconScalar(text, HoconScalarKind.String, HoconOrigin.Of($"environment variable {variable}")))
            : null;
    }

    private Node? Concatenate(ConcatenationNode node)
    {
        var pieces = new List<Node>(node.Pieces.Count);
        var isDefined = false;
        foreach (var piece in node.Pieces)
        {
            if (Force(piece) is { } value)
            {
                pieces.Add(value);
                isDefined |= !IsSpace(value);
            }
        }

        if (!isDefined && node.Pieces.TrueForAll(p => p is SubstitutionNode || IsSpace(p)))
        {
            return null;
        }

        var solid = pieces.Where(p => !IsSpace(p)).ToList();
        if (solid.Count == 1 && pieces.Count == 1)
        {
            return solid[0];
        }

        if (solid.Count > 0 && solid.TrueForAll(p => p is ObjectNode))
        {
            return dialect == HoconDialect.Akka ? solid[0] : Merge(solid.Cast<ObjectNode>().Reverse().ToList());
        }

        if (solid.Exists(p => p is ArrayNode) && solid.TrueForAll(p => p is ArrayNode or ObjectNode))
        {
            return Chain(solid, node);
        }

        return pieces.TrueForAll(p => p is ScalarNode) ? Text(pieces, node) : throw Mixed(solid, node);
    }

    private ArrayNode Chain(List<Node> pieces, ConcatenationNode node)
    {
        var chained = new ArrayNode(node.Origin);
        foreach (var piece in pieces)
        {
            var items = piece is ArrayNode array ? array.Items : NumberedItems((ObjectNode)piece) ?? throw Mixed(pieces, node);
            Work(items.Count, node);
            chained.Items.AddRange(items);
        }

        return chained;
    }

    // An object with whole numbers for keys may stand for a list.
    private static List<Node>? NumberedItems(ObjectNode node)
    {
        var numbered = node.Fields
            .Where(f => int.TryParse(f.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .OrderBy(f => int.Parse(f.Key, NumberStyles.None, CultureInfo.InvariantCulture))
            .Select(f => f.Value)
            .ToList();
        return numbered.Count > 0 ? numbered : null;
    }

    private ScalarNode Text(List<Node> pieces, ConcatenationNode node)
    {
        var text = new StringBuilder();
        foreach (var piece in pieces)
        {
            var part = ((ScalarNode)piece).Value.Text;
            Work(part.Length, node);
            text.Append(part);
        }

        return new ScalarNode(new HoconScalar(text.ToString(), HoconScalarKind.String, node.Origin));
    }

    private ArrayNode Append(Node? below, AppendNode append)
    {
        var list = new ArrayNode(append.Origin);
        var held = below switch
        {
            null => [],
            ArrayNode array => array.Items,
            ObjectNode fields => NumberedItems(fields),
            _ => null,
        };
        list.Items.AddRange(held ?? throw new HoconException(HoconMistake.MixedTypes, append.Origin,
            $"+= adds to a list, and the value before it, at {below!.Origin}, is none; write = to replace it"));
        list.Items.AddRange(append.Items);
        Work(list.Items.Count, append);
        return list;
    }

    private static bool IsSpace(Node node) => node is ScalarNode { IsSpace: true };

    private static HoconException Mixed(List<Node> pieces, ConcatenationNode node)
    {
        var kinds = pieces.Select(p => p switch { ScalarNode => "a text", ArrayNode => "a list", _ => "an object" }).Distinct();
        return new HoconException(HoconMistake.MixedTypes, node.Origin,
            $"{string.Join(" and ", kinds)} stand side by side in one value; put a comma or a new line between them, or quotes around the whole");
    }
}
