using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Hocon;

/// <summary>A resolved value with its place: <see cref="HoconObject"/>, <see cref="HoconArray"/> or <see cref="HoconScalar"/>. Immutable.</summary>
public abstract class HoconValue
{
    private protected HoconValue(HoconOrigin origin) => Origin = origin;

    /// <summary>
    /// Where the value is written. A scalar that was substituted stands where the substitution is, or at the variable it came from; an object
    /// or list stands where its own text is.
    /// </summary>
    public HoconOrigin Origin { get; }

    /// <summary>The value in words for messages: <c>an object</c>, <c>a list</c>, or the text in quotes.</summary>
    public abstract string Describe();

    /// <summary>The value as one line of plain HOCON.</summary>
    public override string ToString() => HoconRenderer.OneLine(this);
}

/// <summary>What a scalar is written as.</summary>
public enum HoconScalarKind
{
    String,
    Number,
    Boolean,
    Null,
}

/// <summary>A string, number, boolean or null. <see cref="Text"/> is what was written, without quotes and escapes.</summary>
public sealed class HoconScalar : HoconValue
{
    public HoconScalar(string text, HoconScalarKind kind, HoconOrigin origin)
        : base(origin)
    {
        ArgumentNullException.ThrowIfNull(text);
        Text = text;
        Kind = kind;
    }

    /// <summary>The text; <c>null</c> for the literal null.</summary>
    public string Text { get; }

    /// <summary>String for everything quoted or put together; else what the unquoted text is in JSON.</summary>
    public HoconScalarKind Kind { get; }

    /// <summary>The literal <c>null</c>.</summary>
    public bool IsNull => Kind == HoconScalarKind.Null;

    /// <inheritdoc/>
    public override string Describe() => IsNull ? "null" : $"\"{Text}\"";
}

/// <summary>A list.</summary>
public sealed class HoconArray : HoconValue, IReadOnlyList<HoconValue>
{
    private readonly ImmutableArray<HoconValue> _items;

    public HoconArray(ImmutableArray<HoconValue> items, HoconOrigin origin)
        : base(origin) => _items = items.IsDefault ? [] : items;

    public int Count => _items.Length;

    public HoconValue this[int index] => _items[index];

    public IEnumerator<HoconValue> GetEnumerator() => ((IEnumerable<HoconValue>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string Describe() => "a list";
}

/// <summary>An object: fields in the order in which their keys first came.</summary>
public sealed class HoconObject : HoconValue, IReadOnlyCollection<KeyValuePair<string, HoconValue>>
{
    private readonly OrderedDictionary<string, HoconValue> _fields;

    public HoconObject(IEnumerable<KeyValuePair<string, HoconValue>> fields, HoconOrigin origin)
        : base(origin) => _fields = new(fields, StringComparer.Ordinal);

    public int Count => _fields.Count;

    /// <summary>The keys in order.</summary>
    public IReadOnlyCollection<string> Keys => _fields.Keys;

    /// <summary>The value of one key, which is not split at dots.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out HoconValue? value) => _fields.TryGetValue(key, out value);

    /// <summary>The value at a path, or null when there is none.</summary>
    public HoconValue? Find(HoconPath path)
    {
        HoconValue value = this;
        foreach (var key in path.Elements)
        {
            if (value is not HoconObject fields || !fields.TryGet(key, out var next))
            {
                return null;
            }

            value = next;
        }

        return value;
    }

    /// <summary>The value at a path written as in a key: <c>a.b."c.d"</c>.</summary>
    public HoconValue? Find(string path) => Find(HoconPath.Parse(path));

    /// <summary>
    /// An object whose keys are whole numbers, as a list in their order (the specification's conversion); false when no key is one.
    /// </summary>
    public bool TryAsArray([NotNullWhen(true)] out HoconArray? array)
    {
        var numbered = _fields
            .Where(f => int.TryParse(f.Key, System.Globalization.NumberStyles.None, null, out _))
            .OrderBy(f => int.Parse(f.Key, System.Globalization.NumberStyles.None, null))
            .Select(f => f.Value)
            .ToImmutableArray();
        array = numbered.IsEmpty ? null : new HoconArray(numbered, Origin);
        return array is not null;
    }

    public IEnumerator<KeyValuePair<string, HoconValue>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string Describe() => "an object";
}
