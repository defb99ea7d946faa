using System.Collections.Immutable;

namespace ActorSmtp.Hocon;

/// <summary>A path into a tree: <c>a.b."c.d"</c> has the three elements a, b and c.d.</summary>
public sealed class HoconPath : IEquatable<HoconPath>
{
    /// <summary>The root.</summary>
    public static HoconPath Root { get; } = new([]);

    private HoconPath(ImmutableArray<string> elements) => Elements = elements;

    /// <summary>The keys from the root down, unquoted.</summary>
    public ImmutableArray<string> Elements { get; }

    public static HoconPath Of(params ReadOnlySpan<string> elements) => elements.IsEmpty ? Root : new([.. elements]);

    /// <summary>Reads a path as it stands in a key. Throws <see cref="HoconException"/> for an empty element or a stray sign.</summary>
    public static HoconPath Parse(string text) => Parsing.TextParser.ParsePath(text);

    /// <summary>This path with one more key; the key is not split.</summary>
    public HoconPath Add(string key) => new(Elements.Add(key));

    public HoconPath Add(HoconPath rest) => rest.Elements.IsEmpty ? this : new(Elements.AddRange(rest.Elements));

    public bool Equals(HoconPath? other) => other is not null && Elements.AsSpan().SequenceEqual(other.Elements.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as HoconPath);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var element in Elements)
        {
            hash.Add(element, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>The path as a key of a text: elements which need quotes have them.</summary>
    public override string ToString() => string.Join('.', Elements.Select(QuoteKey));

    /// <summary>One key as it must be written: quoted unless it is letters, digits, <c>-</c> and <c>_</c> only, and not <c>include</c>.</summary>
    public static string QuoteKey(string key) =>
        key.Length > 0 && key != "include" && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? key : HoconRenderer.Quote(key);
}
