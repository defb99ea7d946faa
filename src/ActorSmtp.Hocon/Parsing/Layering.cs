namespace ActorSmtp.Hocon.Parsing;

/// <summary>
/// How a later value meets an earlier one under the same key: objects merge, a final value replaces, everything else waits on a
/// stack until substitutions are known.
/// </summary>
internal static class Layering
{
    /// <summary>Gives a key a value while its text is read; may change what the key holds.</summary>
    public static void Assign(ObjectNode target, string key, Node value, HoconDialect dialect)
    {
        if (!target.Fields.TryGetValue(key, out var held))
        {
            target.Fields[key] = value;
        }
        else if (held is ObjectNode old && value is ObjectNode added)
        {
            Absorb(old, added, dialect);
        }
        else if (value.IsFinal || dialect == HoconDialect.Akka)
        {
            target.Fields[key] = value; // Akka's parser replaces what is not an object on both sides
        }
        else
        {
            target.Fields[key] = Push(held, value);
        }
    }

    /// <summary>Takes the fields of a second object of the same text into the first.</summary>
    public static void Absorb(ObjectNode target, ObjectNode added, HoconDialect dialect)
    {
        foreach (var (key, value) in added.Fields)
        {
            Assign(target, key, value, dialect);
        }
    }

    /// <summary>The object below <paramref name="key"/> into which a dotted key descends; made where there is none.</summary>
    public static ObjectNode Descend(ObjectNode target, string key, HoconOrigin origin, HoconDialect dialect)
    {
        var held = target.Fields.GetValueOrDefault(key);
        if (held is ObjectNode found)
        {
            return found;
        }

        if (held is StackNode { Newest: ObjectNode newest })
        {
            return newest;
        }

        var made = new ObjectNode(origin);
        Assign(target, key, made, dialect);
        return made;
    }

    /// <summary>Two whole layers as one new node; neither is changed.</summary>
    public static Node Over(Node upper, Node lower)
    {
        if (upper.IsFinal || (upper is StackNode { Oldest.IsFinal: true }))
        {
            return upper;
        }

        if (upper is ObjectNode high && lower is ObjectNode low)
        {
            var merged = new ObjectNode(high.Origin);
            foreach (var (key, value) in low.Fields)
            {
                merged.Fields[key] = value;
            }

            foreach (var (key, value) in high.Fields)
            {
                merged.Fields[key] = merged.Fields.TryGetValue(key, out var below) ? Over(value, below) : value;
            }

            return merged;
        }

        List<Node> values = lower is StackNode lowStack ? [.. lowStack.Values] : [lower];
        values.AddRange(upper is StackNode highStack ? highStack.Values : [upper]);
        return new StackNode(values);
    }

    private static Node Push(Node held, Node value)
    {
        if (value is AppendNode { IsPlain: true } append)
        {
            // The usual `list += item` on a list of the same text, without a stack a thousand values high.
            switch (held is StackNode { Newest: var top } ? top : held)
            {
                case ArrayNode { HasSubstitution: false } array:
                    array.Items.AddRange(append.Items);
                    return held;
                case AppendNode { IsPlain: true } before:
                    before.Items.AddRange(append.Items);
                    return held;
            }
        }

        if (held is StackNode stack)
        {
            if (stack.Newest is ObjectNode old && value is ObjectNode added)
            {
                Absorb(old, added, HoconDialect.Full);
            }
            else
            {
                stack.Values.Add(value);
            }

            return stack;
        }

        return new StackNode([held, value]);
    }

    /// <summary>A substitution (or what waits for one) stands in the value, at any depth.</summary>
    public static bool HoldsSubstitution(Node node) => node switch
    {
        ScalarNode => false,
        ArrayNode array => array.HasSubstitution,
        ObjectNode fields => fields.Fields.Values.Any(HoldsSubstitution),
        _ => true,
    };
}
