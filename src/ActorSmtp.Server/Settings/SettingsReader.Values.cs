using System.Collections.Immutable;
using System.Globalization;
using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <content>The typed values.</content>
public sealed partial class SettingsReader
{
    /// <summary>A text, which may be empty.</summary>
    public string Text(string key) => Scalar(key, "a text", static text => text) ?? "";

    /// <summary>A text which <paramref name="read"/> makes something of; it answers null and says what was expected where it cannot.</summary>
    public T? Parsed<T>(string key, string expected, Func<string, T?> read)
        where T : class => Scalar(key, expected, read);

    /// <summary>true, yes and on, or false, no and off.</summary>
    public bool Flag(string key) => Scalar(key, "true or false", static text => text switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => (object)false,
        _ => null,
    }) is true;

    /// <summary>A whole number within bounds.</summary>
    public int Int(string key, int min, int max = int.MaxValue) => (int)Whole(key, min, max);

    /// <summary>A whole number within bounds.</summary>
    public long Whole(string key, long min, long max = long.MaxValue) => Scalar(
        key,
        $"a whole number {Range(min, max, long.MaxValue, Number)}",
        text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= min && n <= max
            ? (object)n
            : null) as long? ?? min;

    /// <summary>A size in bytes within bounds: <c>25MiB</c>.</summary>
    public long Bytes(string key, long min = 0, long max = long.MaxValue) => Scalar(
        key,
        $"a size such as 25MiB, {Range(min, max, long.MaxValue, HoconUnits.FormatBytes)}",
        text => HoconUnits.TryBytes(text, out var n) && n >= min && n <= max ? (object)n : null) as long? ?? min;

    /// <summary>A duration within bounds, with its unit: <c>5m</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max) =>
        Scalar(key, DurationWords(min, max), text => ReadDuration(text, min, max)) as TimeSpan? ?? min;

    /// <summary>One word of several.</summary>
    public T Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        var words = choices.ToArray();
        return Scalar(
            key,
            "one of " + string.Join(", ", words.Select(c => c.Word)),
            text => Array.Find(words, c => c.Word == text) is { Word: not null } found ? (object)found.Value : null) as T? ?? default;
    }

    /// <summary>Texts: a list, or one text with commas between them as a variable or argument gives it.</summary>
    public ImmutableArray<string> TextList(string key) =>
        Items(key, "a list of texts", static text => text.Length > 0 ? text : null);

    /// <summary>Things that <paramref name="read"/> makes of texts; it answers null where one is none. A list, or one text with commas between them.</summary>
    public ImmutableArray<T> ParsedList<T>(string key, string expected, Func<string, T?> read)
        where T : class => Items(key, $"a list, each {expected}", read);

    /// <summary>Durations with units; at least one.</summary>
    public ImmutableArray<TimeSpan> DurationList(string key, TimeSpan min, TimeSpan max)
    {
        var items = Items(key, "a list of durations, each " + DurationWords(min, max), text => ReadDuration(text, min, max));
        var known = _at.TryGet(key, out var value) ? value : null;
        if (items.IsEmpty && known is HoconArray { Count: 0 } or HoconScalar { Text: "" })
        {
            Note(key, known, "expected at least one duration");
        }

        return [.. items.Select(i => (TimeSpan)i)];
    }

    private ImmutableArray<T> Items<T>(string key, string expected, Func<string, T?> read)
        where T : class
    {
        var value = Find(key);
        IEnumerable<HoconValue> items;
        switch (value)
        {
            case HoconArray array:
                items = array;
                break;
            case HoconObject fields when fields.TryAsArray(out var numbered):
                items = numbered;
                break;
            case HoconScalar { IsNull: false } scalar:
                items = scalar.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(part => new HoconScalar(part, HoconScalarKind.String, scalar.Origin));
                break;
            default:
                Note(key, value, "expected " + expected);
                return [];
        }

        var read0 = ImmutableArray.CreateBuilder<T>();
        var index = 0;
        foreach (var item in items)
        {
            if (item is HoconScalar { IsNull: false } scalar && read(scalar.Text) is { } good)
            {
                read0.Add(good);
            }
            else
            {
                NoteAt($"{_path.Add(key)}[{Number(index)}]", item, "expected " + expected);
            }

            index++;
        }

        return read0.ToImmutable();
    }

    private T? Scalar<T>(string key, string expected, Func<string, T?> read)
        where T : class
    {
        var value = Find(key);
        if (value is HoconScalar { IsNull: false } scalar && read(scalar.Text) is { } good)
        {
            return good;
        }

        Note(key, value, "expected " + expected);
        return null;
    }

    private static object? ReadDuration(string text, TimeSpan min, TimeSpan max) =>
        HoconUnits.TryDuration(text, out var duration, needsUnit: true) && duration >= min && duration <= max ? duration : null;

    private static string DurationWords(TimeSpan min, TimeSpan max) =>
        $"a duration with its unit, such as 30s or 5m, from {HoconUnits.FormatDuration(min)} to {HoconUnits.FormatDuration(max)}";

    private static string Range(long min, long max, long open, Func<long, string> show) =>
        max == open ? $"of at least {show(min)}" : $"from {show(min)} to {show(max)}";
}
