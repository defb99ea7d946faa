using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ActorSmtp.Hocon.Parsing;

namespace ActorSmtp.Hocon.Resolving;

/// <summary>
/// Turns the merged tree of nodes into values. Two steps, both lazy and each taken once per node: <see cref="Force"/> finds what a
/// node is (a scalar, or the outer shell of a list or object), <see cref="Finish"/> makes the immutable value with all that is in it.
/// A substitution looks its path up from the root and forces shells only on its way, so fields of one object may refer to each
/// other. A node met again while it is being forced is a self-reference: it means what stands below it on its stack. What is met
/// again while it is being finished holds itself, and is a mistake.
/// </summary>
internal sealed partial class Resolver(ObjectNode root, HoconLimits limits, HoconDialect dialect, Func<string, string?>? environment)
{
    private readonly Dictionary<Node, Shell> _shells = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, HoconValue?> _finished = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Node, long> _sizes = new(ReferenceEqualityComparer.Instance);
    private int _depth;
    private int _work;

    /// <summary>What forcing a node gave; while it runs, how far down its stack it is.</summary>
    private sealed class Shell
    {
        public bool IsDone { get; set; }

        public Node? Value { get; set; }

        /// <summary>For a stack: the index of the value being forced.</summary>
        public int At { get; set; } = -1;

        /// <summary>The rest of a stack below <see cref="At"/>, made when a self-reference asks for it.</summary>
        public (int At, StackNode Stack)? Below { get; set; }
    }

    public HoconObject Run()
    {
        var value = (HoconObject)Finish(root, 0)!;
        return value;
    }

    /// <summary>The shell of a node: a scalar, array or object node, or null where there is no value.</summary>
    private Node? Force(Node node)
    {
        if (node is ScalarNode or ArrayNode or ObjectNode)
        {
            return node;
        }

        if (_shells.TryGetValue(node, out var shell))
        {
            return shell.IsDone ? shell.Value : ForceBelow(node, shell);
        }

        CheckStack(node);
        shell = new Shell();
        _shells.Add(node, shell);
        shell.Value = node switch
        {
            StackNode stack => ForceStack(stack, shell),
            SubstitutionNode substitution => Substitute(substitution),
            ConcatenationNode concatenation => Concatenate(concatenation),
            AppendNode append => Append(null, append),
            _ => throw new InvalidOperationException($"no such node: {node.GetType().Name}"),
        };
        shell.IsDone = true;
        return shell.Value;
    }

    // The node is being forced further up: it refers to itself and means the older values below the one in work.
    private Node? ForceBelow(Node node, Shell shell)
    {
        if (node is not StackNode stack || shell.At <= 0)
        {
            return null;
        }

        if (shell.Below is not { } below || below.At != shell.At)
        {
            below = (shell.At, new StackNode(stack.Values[..shell.At]));
            shell.Below = below;
            Work(shell.At, node);
        }

        return Force(below.Stack);
    }

    private Node? ForceStack(StackNode stack, Shell shell)
    {
        List<ObjectNode>? objects = null;
        for (var i = stack.Values.Count - 1; i >= 0; i--)
        {
            shell.At = i;
            if (stack.Values[i] is AppendNode append)
            {
                if (objects is not null)
                {
                    break;
                }

                return Append(ForceBelow(stack, shell), append);
            }

            var value = Force(stack.Values[i]);
            if (value is ObjectNode fields)
            {
                (objects ??= []).Add(fields);
            }
            else if (value is not null)
            {
                if (objects is null)
                {
                    return value;
                }

                break; // what is under a non-object never shows
            }
        }

        return objects is null ? null : Merge(objects);
    }

    // Newest first.
    private ObjectNode Merge(List<ObjectNode> objects)
    {
        if (objects.Count == 1)
        {
            return objects[0];
        }

        var merged = new ObjectNode(objects[0].Origin);
        for (var i = objects.Count - 1; i >= 0; i--)
        {
            Work(objects[i].Fields.Count, objects[i]);
            foreach (var (key, value) in objects[i].Fields)
            {
                merged.Fields[key] = merged.Fields.TryGetValue(key, out var below) ? Stacked(value, below) : value;
            }
        }

        return merged;
    }

    private StackNode Stacked(Node upper, Node lower)
    {
        List<Node> values = lower is StackNode low ? [.. low.Values] : [lower];
        values.AddRange(upper is StackNode high ? high.Values : [upper]);
        Work(values.Count, upper);
        return new StackNode(values);
    }

    /// <summary>The immutable value of a node; null where there is none. Work is done once for each shell.</summary>
    private HoconValue? Finish(Node node, int depth)
    {
        if (Force(node) is not { } shell)
        {
            return null;
        }

        if (shell is ScalarNode scalar)
        {
            return scalar.Value;
        }

        if (_finished.TryGetValue(shell, out var known))
        {
            return known ?? throw new HoconException(HoconMistake.Cycle, node.Origin,
                "the substitution puts a value into itself without end; refer to one of its fields instead");
        }

        if (depth >= limits.Depth)
        {
            throw new HoconException(HoconMistake.Limit, node.Origin,
                $"more than {limits.Depth} objects and lists in each other; make it flatter");
        }

        _finished.Add(shell, null);
        CheckStack(node);
        HoconValue value = shell is ArrayNode array ? FinishArray(array, depth) : FinishObject((ObjectNode)shell, depth);
        _finished[shell] = value;
        return value;
    }

    private HoconArray FinishArray(ArrayNode array, int depth)
    {
        var items = ImmutableArray.CreateBuilder<HoconValue>(array.Items.Count);
        var size = 1L;
        foreach (var item in array.Items)
        {
            if (Finish(item, depth + 1) is { } value)
            {
                items.Add(value);
                size += SizeOf(item);
            }
        }

        CheckSize(array, size);
        return new HoconArray(items.ToImmutable(), array.Origin);
    }

    private HoconObject FinishObject(ObjectNode fields, int depth)
    {
        var values = new List<KeyValuePair<string, HoconValue>>(fields.Fields.Count);
        var size = 1L;
        foreach (var (key, node) in fields.Fields)
        {
            if (Finish(node, depth + 1) is { } value)
            {
                values.Add(new(key, value));
                size += SizeOf(node);
            }
        }

        CheckSize(fields, size);
        return new HoconObject(values, fields.Origin);
    }

    // Shared values make a tree that is small in memory and endless when it is walked: the walked size is what is bounded.
    private long SizeOf(Node node) => Force(node) is { } shell && _sizes.TryGetValue(shell, out var size) ? size : 1;

    private void CheckSize(Node shell, long size)
    {
        if (size > limits.Work)
        {
            throw TooMuch(shell.Origin);
        }

        _sizes[shell] = size;
    }

    private void Work(int amount, Node at)
    {
        _work += Math.Min(amount, limits.Work);
        if (_work > limits.Work || _work < 0)
        {
            throw TooMuch(at.Origin);
        }
    }

    private HoconException TooMuch(HoconOrigin origin) => new(HoconMistake.Limit, origin,
        $"substitutions multiply this to more than {limits.Work} values or characters; write it without them");

    private void EnterSubstitution(Node node)
    {
        if (++_depth > limits.SubstitutionDepth)
        {
            throw TooLong(node);
        }
    }

    // The bounds keep recursion far from the stack's end; a thread with hardly any stack is refused as well.
    private void CheckStack(Node node)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TooLong(node);
        }
    }

    private HoconException TooLong(Node node) => new(HoconMistake.Limit, node.Origin,
        $"more than {limits.SubstitutionDepth} substitutions lead to each other; shorten the chain");
}
