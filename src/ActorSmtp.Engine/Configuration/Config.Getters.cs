using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <content>The typed getters: a missing path gives the default, or throws where a list other than of strings is wanted.</content>
public partial class Config
{
    public virtual bool GetBoolean(string path, bool @default = false) => GetNode(path) is { } v ? v.GetBoolean() : @default;

    public virtual int GetInt(string path, int @default = 0) => GetNode(path) is { } v ? v.GetInt() : @default;

    public virtual long GetLong(string path, long @default = 0) => GetNode(path) is { } v ? v.GetLong() : @default;

    public virtual float GetFloat(string path, float @default = 0) => GetNode(path) is { } v ? v.GetFloat() : @default;

    public virtual double GetDouble(string path, double @default = 0) => GetNode(path) is { } v ? v.GetDouble() : @default;

    public virtual decimal GetDecimal(string path, decimal @default = 0) => GetNode(path) is { } v ? v.GetDecimal() : @default;

    public virtual string GetString(string path, string @default = null) => GetNode(path) is { } v ? v.GetString() : @default;

    /// <summary>A size in bytes, or null.</summary>
    public virtual long? GetByteSize(string path) => GetByteSize(path, null);

    /// <summary>A size in bytes, or the default.</summary>
    public virtual long? GetByteSize(string path, long? def = null) => GetNode(path) is { } v ? v.GetByteSize() : def;

    /// <summary>A duration; zero if missing without a default; <see cref="Timeout.InfiniteTimeSpan"/> for <c>infinite</c>.</summary>
    public virtual TimeSpan GetTimeSpan(string path, TimeSpan? @default = null, bool allowInfinite = true) =>
        GetNode(path) is { } v ? v.GetTimeSpan(allowInfinite) : @default.GetValueOrDefault();

    public virtual IList<string> GetStringList(string path) => GetStringList(path, []);

    public virtual IList<string> GetStringList(string path, string[] defaultPaths) =>
        GetNode(path) is { } v ? v.GetStringList() : defaultPaths;

    public virtual IList<bool> GetBooleanList(string path) => Required(path).GetBooleanList();

    public virtual IList<int> GetIntList(string path) => Required(path).GetIntList();

    public virtual IList<long> GetLongList(string path) => Required(path).GetLongList();

    public virtual IList<byte> GetByteList(string path) => Required(path).GetByteList();

    public virtual IList<float> GetFloatList(string path) => Required(path).GetFloatList();

    public virtual IList<double> GetDoubleList(string path) => Required(path).GetDoubleList();

    public virtual IList<decimal> GetDecimalList(string path) => Required(path).GetDecimalList();

    private HoconValue Required(string path) =>
        GetNode(path) ?? throw new ConfigurationException($"There is no list at \"{path}\".");
}
