using System.Globalization;
using ActorSmtp.Hocon;

namespace Akka.Configuration.Hocon;

/// <summary>
/// Stands for Akka's type of this name: what stands behind a key, as elements side by side. The getters read a value as Akka 1.5 does
/// and throw <see cref="FormatException"/> for a number, duration or size of the wrong form, <see cref="NotSupportedException"/> for
/// what is no boolean, <see cref="ArgumentNullException"/> for the literal null.
/// </summary>
public class HoconValue : IMightBeAHoconObject
{
    public HoconValue()
        : this([])
    {
    }

    public HoconValue(List<IHoconElement> values, bool adoptedFromFallback = true)
    {
        _ = adoptedFromFallback;
        Values = values;
    }

    public List<IHoconElement> Values { get; }

    /// <summary>Nothing was written here, or an object without fields.</summary>
    public bool IsEmpty => Values.Count == 0 || GetObject() is { Items.Count: 0 };

    internal static HoconValue Of(IHoconElement element) => new([element]);

    public void AppendValue(IHoconElement value) => Values.Add(value);

    public void Clear() => Values.Clear();

    public void NewValue(IHoconElement value)
    {
        Values.Clear();
        Values.Add(value);
    }

    /// <summary>A configuration with this value under a key, which is not split.</summary>
    public Config AtKey(string key)
    {
        var fields = new HoconObject();
        fields.Items[key] = this;
        return new Config(new HoconRoot(Of(fields)));
    }

    public Config ToConfig() => new(new HoconRoot(this));

    public bool IsObject() => GetObject() != null;

    /// <summary>The object, or null.</summary>
    public HoconObject GetObject() => Values.Count > 0 ? Values[0] as HoconObject : null;

    public HoconValue GetChildObject(string key) => GetObject()?.GetKey(key);

    public bool IsString() => Values.Count > 0 && Values.TrueForAll(v => v.IsString());

    /// <summary>
    /// The text; null for what is no text. As in Akka, quotes neither keep blanks at the ends nor make <c>"null"</c> a text.
    /// </summary>
    public string GetString()
    {
        if (!IsString())
        {
            return null;
        }

        var text = string.Concat(Values.Select(v => v.GetString() ?? "null")).Trim();
        return text == "null" ? null : text;
    }

    public bool IsArray() => Values.Exists(v => v.IsArray());

    /// <summary>The elements; empty for what is no list.</summary>
    public IList<HoconValue> GetArray() => Values.Where(v => v.IsArray()).SelectMany(v => v.GetArray()).ToList();

    public bool GetBoolean() => GetString() switch
    {
        "on" or "true" => true,
        "off" or "false" => false,
        var other => throw new NotSupportedException($"Unknown boolean format: {other}; expected on, off, true or false"),
    };

    public decimal GetDecimal() => decimal.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public float GetFloat() => float.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public double GetDouble() => double.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public long GetLong() => long.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public int GetInt() => int.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public byte GetByte() => byte.Parse(GetString(), NumberFormatInfo.InvariantInfo);

    public IList<byte> GetByteList() => List(v => v.GetByte());

    public IList<int> GetIntList() => List(v => v.GetInt());

    public IList<long> GetLongList() => List(v => v.GetLong());

    public IList<bool> GetBooleanList() => List(v => v.GetBoolean());

    public IList<float> GetFloatList() => List(v => v.GetFloat());

    public IList<double> GetDoubleList() => List(v => v.GetDouble());

    public IList<decimal> GetDecimalList() => List(v => v.GetDecimal());

    public IList<string> GetStringList() => List(v => v.GetString());

    /// <summary>A duration; without a unit in milliseconds; <c>infinite</c> if it is allowed.</summary>
    public TimeSpan GetTimeSpan(bool allowInfinite = true) => AkkaUnits.Duration(GetString(), allowInfinite);

    /// <summary>A size in bytes, a whole number with an optional unit; null for what is no text, and for an empty one.</summary>
    public long? GetByteSize() => GetString() is { Length: > 0 } text ? AkkaUnits.Bytes(text) : null;

    public override string ToString() => ToString(0);

    /// <summary>The value as a text that reads back as the same value.</summary>
    public virtual string ToString(int indent)
    {
        if (GetObject() is { } fields)
        {
            return "{\n" + fields.ToString(indent + 1) + new string(' ', indent * 2) + "}";
        }

        if (IsArray())
        {
            return "[" + string.Join(",", GetArray().Select(v => v.ToString(indent + 1))) + "]";
        }

        return !IsString() ? "<<unknown value>>" : GetString() is { } text ? QuoteIfNeeded(text) : "null";
    }

    private List<T> List<T>(Func<HoconValue, T> read) => GetArray().Select(read).ToList();

    private static string QuoteIfNeeded(string text) =>
        text.Length > 0 && text != "null" && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? text
            : HoconRenderer.Quote(text);
}
