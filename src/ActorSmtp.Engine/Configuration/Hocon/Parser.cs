using ActorSmtp.Hocon;
using ActorSmtp.Hocon.Parsing;
using ActorSmtp.Hocon.Resolving;

namespace Akka.Configuration.Hocon;

/// <summary>
/// Stands for Akka's type of this name: reads the dialect of HOCON that Akka 1.5 reads, no more. Substitutions see their own text
/// only; there are no environment variables; <c>+=</c> makes a key that ends in <c>+</c>; an include needs the callback.
/// <c>${?x}</c>, which Akka cuts the text at without a word, is refused. Not there: the members which read parts of a text.
/// </summary>
public class Parser
{
    /// <summary>Reads a text.</summary>
    /// <exception cref="ConfigurationException"><c>:</c> or <c>=</c> in a text without quotes, or an include without callback.</exception>
    /// <exception cref="FormatException">Anything else that cannot be read, an unresolved substitution among it.</exception>
    public static HoconRoot Parse(string text, Func<string, HoconRoot> includeCallback)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var limits = HoconLimits.Default;
            Func<string, ObjectNode> include = includeCallback == null ? null : name => ToNode(includeCallback(name), name);
            var context = new IncludeContext(limits, reader: null, include);
            var nodes = TextParser.Parse(text, "HOCON", HoconDialect.Akka, context, HoconPath.Root, depthAbove: 0);
            var value = new Resolver(nodes, limits, HoconDialect.Akka, environment: null).Run();
            return new HoconRoot(FromValue(value));
        }
        catch (HoconException e) when (e.Mistake is HoconMistake.SeparatorInText or HoconMistake.Include)
        {
            throw new ConfigurationException(e.Message, e);
        }
        catch (HoconException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    // A path given to a getter: split at dots outside of quotes.
    internal static IEnumerable<string> SplitPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.Contains('"', StringComparison.Ordinal))
        {
            return path.Split('.');
        }

        var elements = new List<string>();
        var start = 0;
        var isQuoted = false;
        for (var i = 0; i <= path.Length; i++)
        {
            if (i == path.Length || (path[i] == '.' && !isQuoted))
            {
                elements.Add(path[start..i].Trim('"'));
                start = i + 1;
            }
            else if (path[i] == '"')
            {
                isQuoted = !isQuoted;
            }
        }

        return elements;
    }

    private static HoconValue FromValue(ActorSmtp.Hocon.HoconValue value)
    {
        switch (value)
        {
            case ActorSmtp.Hocon.HoconObject fields:
                var made = new HoconObject();
                foreach (var (key, field) in fields)
                {
                    made.Items[key] = FromValue(field);
                }

                return HoconValue.Of(made);
            case ActorSmtp.Hocon.HoconArray items:
                var array = new HoconArray();
                array.AddRange(items.Select(FromValue));
                return HoconValue.Of(array);
            default:
                var scalar = (HoconScalar)value;
                return HoconValue.Of(new HoconLiteral { Value = scalar.IsNull ? null : scalar.Text });
        }
    }

    // What an include callback gave, as nodes; its substitutions are put in already.
    private static ObjectNode ToNode(HoconRoot root, string name)
    {
        var origin = HoconOrigin.Of(name);
        return root?.Value?.GetObject() is { } fields
            ? (ObjectNode)ToNode(HoconValue.Of(fields), origin)
            : throw new HoconException(HoconMistake.Include, origin, "the include callback gave no object");
    }

    private static Node ToNode(HoconValue value, HoconOrigin origin)
    {
        if (value.GetObject() is { } fields)
        {
            var node = new ObjectNode(origin);
            foreach (var (key, field) in fields.Items)
            {
                node.Fields[key] = ToNode(field, origin);
            }

            return node;
        }

        if (value.IsArray())
        {
            var array = new ArrayNode(origin);
            array.Items.AddRange(value.GetArray().Select(v => ToNode(v, origin)));
            return array;
        }

        return value.GetString() is { } text
            ? new ScalarNode(new HoconScalar(text, HoconScalarKind.String, origin))
            : new ScalarNode(new HoconScalar("null", HoconScalarKind.Null, origin));
    }
}
