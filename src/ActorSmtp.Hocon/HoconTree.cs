using System.Text;
using ActorSmtp.Hocon.Parsing;
using ActorSmtp.Hocon.Resolving;

namespace ActorSmtp.Hocon;

/// <summary>How a text is read.</summary>
public sealed record HoconOptions
{
    public static HoconOptions Default { get; } = new();

    public HoconLimits Limits { get; init; } = HoconLimits.Default;

    /// <summary>Who answers includes; without one an include is a mistake.</summary>
    public HoconIncludeReader? Include { get; init; }
}

/// <summary>
/// One text, or several layered upon each other, before substitutions are put in. Immutable. Layer first, then
/// <see cref="Resolve"/>: a substitution sees the whole stack.
/// </summary>
public sealed class HoconTree
{
    private readonly ObjectNode _root;
    private readonly HoconLimits _limits;
    private readonly HoconDialect _dialect;

    internal HoconTree(ObjectNode root, HoconLimits limits, HoconDialect dialect)
    {
        _root = root;
        _limits = limits;
        _dialect = dialect;
    }

    /// <summary>No fields.</summary>
    public static HoconTree Empty { get; } = new(new ObjectNode(default), HoconLimits.Default, HoconDialect.Full);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">Its name in origins and messages: a file's name.</param>
    /// <param name="options">Bounds and includes.</param>
    /// <exception cref="HoconException">The text is not HOCON, or passes a bound.</exception>
    public static HoconTree Parse(string text, string source, HoconOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= HoconOptions.Default;
        var context = new IncludeContext(options.Limits, options.Include);
        var root = TextParser.Parse(text, source, HoconDialect.Full, context, HoconPath.Root, depthAbove: 0);
        return new HoconTree(root, options.Limits, HoconDialect.Full);
    }

    /// <summary>Reads UTF-8; bytes which are not are a mistake at their line.</summary>
    /// <exception cref="HoconException">As <see cref="Parse(string, string, HoconOptions?)"/>.</exception>
    public static HoconTree Parse(ReadOnlySpan<byte> utf8, string source, HoconOptions? options = null) =>
        Parse(Decode(utf8, source), source, options);

    /// <summary>UTF-8 as text.</summary>
    /// <exception cref="HoconException">It is not UTF-8; tells the line.</exception>
    public static string Decode(ReadOnlySpan<byte> utf8, string source)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            var before = utf8[..Math.Clamp(e.Index, 0, utf8.Length)];
            var origin = new HoconOrigin(source, before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
            throw new HoconException(HoconMistake.Syntax, origin, "not UTF-8 from here on; save the file as UTF-8");
        }
    }

    /// <summary>A tree of one value, such as an override gives.</summary>
    public static HoconTree Of(HoconPath path, HoconScalar value)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(value);
        return OfNode(path, new ScalarNode(value), HoconLimits.Default);
    }

    /// <summary>A tree of one value which is given as HOCON: <c>[a, b]</c>, <c>{ x = 1 }</c>, <c>"text"</c>.</summary>
    /// <exception cref="HoconException">The text is not one value.</exception>
    public static HoconTree OfText(HoconPath path, string value, string source, HoconOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(value);
        options ??= HoconOptions.Default;
        var context = new IncludeContext(options.Limits, options.Include);
        return OfNode(path, TextParser.ParseValue(value, source, context, path), options.Limits);
    }

    /// <summary>This tree's values where it has them, else the other's; objects merge key by key.</summary>
    public HoconTree WithFallback(HoconTree lower)
    {
        ArgumentNullException.ThrowIfNull(lower);
        return new HoconTree((ObjectNode)Layering.Over(_root, lower._root), _limits, _dialect);
    }

    /// <summary>Puts the substitutions in.</summary>
    /// <param name="environment">Gives an environment variable's value or null; null: there are none.</param>
    /// <exception cref="HoconException">A substitution finds nothing, goes in a circle, mixes kinds, or passes a bound.</exception>
    public HoconObject Resolve(Func<string, string?>? environment = null) => new Resolver(_root, _limits, _dialect, environment).Run();

    private static HoconTree OfNode(HoconPath path, Node value, HoconLimits limits)
    {
        if (path.Elements.IsEmpty)
        {
            throw new ArgumentException("the path is empty", nameof(path));
        }

        if (path.Elements.Length > limits.Depth)
        {
            throw new HoconException(HoconMistake.Limit, value.Origin, $"the key has more than {limits.Depth} elements");
        }

        var root = new ObjectNode(value.Origin);
        var parent = root;
        foreach (var key in path.Elements.AsSpan()[..^1])
        {
            parent = Layering.Descend(parent, key, value.Origin, HoconDialect.Full);
        }

        parent.Fields[path.Elements[^1]] = value;
        return new HoconTree(root, limits, HoconDialect.Full);
    }
}
