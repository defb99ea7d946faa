using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <summary>
/// Stands for Akka's type of this name: a read-only tree of settings with a chain of fallbacks. Answers as Akka 1.5 does, also
/// where that is odd: a missing path is 0, false, null or an empty list of strings; a present value of the wrong form throws.
/// Not there: Substitutions (they are put in while a text is read), and the obsolete getters.
/// </summary>
public partial class Config
{
    /// <summary>A configuration without values.</summary>
    public static readonly Config Empty = ConfigurationFactory.Empty;

    /// <summary>Makes a configuration without root and fallback.</summary>
    public Config()
    {
    }

    /// <summary>Makes a configuration of a text that was read.</summary>
    public Config(HoconRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        Root = root.Value ?? throw new ArgumentNullException(nameof(root), "The root holds no value.");
    }

    /// <summary>Makes a configuration of the values of one and the fallback of another.</summary>
    public Config(Config source, Config fallback)
    {
        ArgumentNullException.ThrowIfNull(source);
        Root = source.Root;
        Fallback = fallback;
    }

    /// <summary>Where values come from which this one has not, or null.</summary>
    public Config Fallback { get; private set; }

    /// <summary>Neither this one nor a fallback has a value.</summary>
    public virtual bool IsEmpty =>
        (Root == null || Root.IsEmpty || Root.GetObject() is { Items.Count: 0 }) && (Fallback == null || Fallback.IsEmpty);

    /// <summary>The values, merged with those of the fallbacks.</summary>
    public HoconValue Root { get; private set; }

    public static implicit operator Config(string str) => ConfigurationFactory.ParseString(str);

    /// <summary>The first with a text behind it as its fallback.</summary>
    public static Config operator +(Config config, string fallback) =>
        config.WithFallback(ConfigurationFactory.ParseString(fallback));

    /// <summary>A text with the second as its fallback.</summary>
    public static Config operator +(string configHocon, Config fallbackConfig) =>
        ConfigurationFactory.ParseString(configHocon).WithFallback(fallbackConfig);

    /// <summary>
    /// These values before those of <paramref name="fallback"/>: objects merge, everything else is taken whole and hides what lies
    /// under it. The fallback itself if this one is empty; this one if the fallback is null or already below.
    /// </summary>
    /// <exception cref="ArgumentException">The fallback is this configuration.</exception>
    public virtual Config WithFallback(Config fallback)
    {
        if (ReferenceEquals(fallback, this))
        {
            throw new ArgumentException("Config can not have itself as fallback", nameof(fallback));
        }

        if (fallback == null || HasBelow(fallback))
        {
            return this;
        }

        if (IsEmpty)
        {
            return fallback;
        }

        var layered = Copy(fallback);
        layered.Root = Root.GetObject() is { } upper && fallback.Root?.GetObject() is { } lower
            ? HoconValue.Of(HoconObject.Layer(upper, lower))
            : Root;
        return layered;
    }

    /// <summary>A copy whose chain of fallbacks ends with <paramref name="fallback"/>.</summary>
    protected Config Copy(Config fallback = null) => new()
    {
        Root = Root,
        Fallback = Fallback == null ? fallback : Fallback.Copy(fallback),
    };

    /// <summary>Some value stands at the path, be it null or an empty list.</summary>
    public virtual bool HasPath(string path) => GetNode(path) != null;

    /// <summary>The value at the path with what fallbacks add to it, or null.</summary>
    public HoconValue GetValue(string path) => GetNode(path);

    /// <summary>The object at the path with what fallbacks add to it; null if there is none anywhere.</summary>
    public virtual Config GetConfig(string path) => GetNode(path) is { } value ? new Config(new HoconRoot(value)) : null;

    /// <summary>The fields at the root of all layers; for a key in several the uppermost.</summary>
    public virtual IEnumerable<KeyValuePair<string, HoconValue>> AsEnumerable() => Root?.GetObject()?.Items ?? [];

    public override string ToString() => Root == null ? "" : Root.ToString();

    /// <summary>The values as a text; those of the fallbacks are in the root already.</summary>
    public string ToString(bool includeFallback) => ToString();

    private bool HasBelow(Config other)
    {
        for (var layer = Fallback; layer != null; layer = layer.Fallback)
        {
            if (ReferenceEquals(layer, other))
            {
                return true;
            }
        }

        return false;
    }

    private HoconValue GetNode(string path)
    {
        var value = Root;
        foreach (var key in Parser.SplitPath(path))
        {
            value = value?.GetObject()?.GetKey(key);
        }

        return value;
    }
}

/// <summary>Stands for Akka's type of this name.</summary>
public static class ConfigExtensions
{
    /// <summary>As <see cref="Config.WithFallback"/>, also for a null receiver and for the receiver itself.</summary>
    public static Config SafeWithFallback(this Config config, Config fallback) =>
        config == null ? fallback : ReferenceEquals(config, fallback) ? config : config.WithFallback(fallback);

    /// <summary>Null, or without values.</summary>
    public static bool IsNullOrEmpty(this Config config) => config == null || config.IsEmpty;
}
