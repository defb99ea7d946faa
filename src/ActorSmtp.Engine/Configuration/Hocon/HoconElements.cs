using System.Text;

namespace Akka.Configuration.Hocon;

/// <summary>Stands for Akka's type of this name: a part of a <see cref="HoconValue"/>.</summary>
public interface IHoconElement
{
    bool IsString();

    string GetString();

    bool IsArray();

    IList<HoconValue> GetArray();
}

/// <summary>Stands for Akka's type of this name.</summary>
public interface IMightBeAHoconObject
{
    bool IsObject();

    HoconObject GetObject();
}

/// <summary>Stands for Akka's type of this name: a text that was read. Not there: its substitutions, which are put in already.</summary>
public class HoconRoot
{
    public HoconRoot(HoconValue value) => Value = value;

    protected HoconRoot()
    {
    }

    public HoconValue Value { get; }
}

/// <summary>Stands for Akka's type of this name: a text, number or boolean as it was written; null for the literal null.</summary>
public class HoconLiteral : IHoconElement
{
    public string Value { get; set; }

    public bool IsString() => true;

    public string GetString() => Value;

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("A literal is no list.");

    public override string ToString() => Value;
}

/// <summary>Stands for Akka's type of this name: a list.</summary>
public class HoconArray : List<HoconValue>, IHoconElement
{
    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("A list is no text.");

    public bool IsArray() => true;

    public IList<HoconValue> GetArray() => this;

    public override string ToString() => "[" + string.Join(",", this) + "]";
}

/// <summary>Stands for Akka's type of this name: an object. Not there: Unwrapped.</summary>
public class HoconObject : IHoconElement
{
    public Dictionary<string, HoconValue> Items { get; } = [];

    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("An object is no text.");

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("An object is no list.");

    /// <summary>The value of a key, or null.</summary>
    public HoconValue GetKey(string key) => Items.GetValueOrDefault(key);

    /// <summary>The value of a key, made empty if there is none.</summary>
    public HoconValue GetOrCreateKey(string key)
    {
        if (!Items.TryGetValue(key, out var value))
        {
            Items[key] = value = new HoconValue();
        }

        return value;
    }

    /// <summary>Takes in the keys of another which this one has not; objects in both merge.</summary>
    public void Merge(HoconObject other)
    {
        foreach (var (key, value) in Layer(this, other).Items)
        {
            Items[key] = value;
        }
    }

    public override string ToString() => ToString(0);

    /// <summary>The fields, one a line.</summary>
    public string ToString(int indent)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Items)
        {
            text.Append(' ', indent * 2)
                .Append(ActorSmtp.Hocon.HoconPath.QuoteKey(key))
                .Append(value.IsObject() ? " " : " : ")
                .Append(value.ToString(indent))
                .Append('\n');
        }

        return text.ToString();
    }

    // What both hold: the lower one's keys first, as Akka lists them; the upper one's values, unless both are objects.
    internal static HoconObject Layer(HoconObject upper, HoconObject lower)
    {
        var both = new HoconObject();
        foreach (var (key, value) in lower.Items)
        {
            both.Items[key] = value;
        }

        foreach (var (key, value) in upper.Items)
        {
            both.Items[key] = value.GetObject() is { } fields && lower.GetKey(key)?.GetObject() is { } below
                ? HoconValue.Of(Layer(fields, below))
                : value;
        }

        return both;
    }
}
