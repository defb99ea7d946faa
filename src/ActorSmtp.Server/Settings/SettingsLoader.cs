using System.Resources;
using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>Where a configuration comes from. Files and the environment come through what is handed in: nothing is opened here.</summary>
public sealed record SettingsSources
{
    /// <summary>The files of <c>--config</c>, in order; none: the laptop profile.</summary>
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>The <c>KEY=VALUE</c> of <c>--set</c>, in order.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>Every environment variable; only those with the prefix <c>ACTORSMTP_</c> are settings, the others serve <c>${NAME}</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A file's bytes, or null if there is no such file. May throw <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public required Func<string, byte[]?> ReadFile { get; init; }

    /// <summary>The machine's name, for an empty <c>hostname</c>.</summary>
    public required string MachineName { get; init; }
}

/// <summary>
/// Reads all layers into <see cref="ServerSettings"/>: reference.conf, the profile, files, variables, arguments, each over the one
/// before. Substitutions are put in over the whole stack.
/// </summary>
public static class SettingsLoader
{
    private const string Reference = "reference.conf";
    private const string Laptop = "laptop.conf";

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="SettingsException">Something is wrong; holds every mistake that could be found.</exception>
    public static LoadedSettings Load(SettingsSources sources)
    {
        var root = LoadTree(sources);
        return new LoadedSettings(ServerSettings.From(root, sources.MachineName, sources.ReadFile), root) { IsLaptop = sources.ConfigFiles.Count == 0 };
    }

    /// <summary>The merged and resolved tree, unchecked: what <c>config show</c> can show even if a value is wrong.</summary>
    /// <exception cref="SettingsException">A text cannot be read, or a substitution not be put in.</exception>
    public static HoconObject LoadTree(SettingsSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var mistakes = new List<SettingsMistake>();
        var options = new HoconOptions { Include = include => ConfigurationFiles.Include(include, sources.ReadFile) };
        var tree = ReadBuiltIn(Reference, options);
        var keys = KnownKeys.Of(tree.Resolve(sources.Environment.GetValueOrDefault));
        if (sources.ConfigFiles.Count == 0)
        {
            tree = ReadBuiltIn(Laptop, options).WithFallback(tree);
        }

        foreach (var file in sources.ConfigFiles)
        {
            if (Try(mistakes, () => ConfigurationFiles.Read(file, sources.ReadFile, options)) is { } layer)
            {
                tree = layer.WithFallback(tree);
            }
        }

        foreach (var layer in Overrides.FromEnvironment(sources.Environment, keys, () => ListenerNames(tree, sources), mistakes))
        {
            tree = layer.WithFallback(tree);
        }

        foreach (var set in sources.Sets)
        {
            if (Try(mistakes, () => Overrides.FromArgument(set)) is { } layer)
            {
                tree = layer.WithFallback(tree);
            }
        }

        var resolved = mistakes.Count == 0 ? Try(mistakes, () => tree.Resolve(sources.Environment.GetValueOrDefault)) : null;
        return resolved ?? throw new SettingsException(mistakes);
    }

    /// <summary>A file of <c>hocon/</c> as it is built in, or null.</summary>
    public static string? BuiltIn(string name)
    {
        using var stream = typeof(SettingsLoader).Assembly.GetManifestResourceStream("hocon/" + name);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static HoconTree ReadBuiltIn(string name, HoconOptions options) => HoconTree.Parse(
        BuiltIn(name) ?? throw new MissingManifestResourceException($"{name} is not built into {typeof(SettingsLoader).Assembly.GetName().Name}"),
        name,
        options);

    // Listeners of the files, which a variable's name may mean; a wrong file is reported elsewhere.
    private static IReadOnlyCollection<string> ListenerNames(HoconTree tree, SettingsSources sources)
    {
        try
        {
            return tree.Resolve(sources.Environment.GetValueOrDefault).Find("actorsmtp.listeners") is HoconObject listeners ? listeners.Keys : [];
        }
        catch (HoconException)
        {
            return [];
        }
    }

    private static T? Try<T>(List<SettingsMistake> mistakes, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (HoconException e)
        {
            mistakes.Add(new SettingsMistake("configuration", null, e.Origin, e.Problem));
            return null;
        }
    }
}

/// <summary>A configuration that was read: typed, and as the tree with the place of each value.</summary>
/// <param name="Server">The settings.</param>
/// <param name="Effective">All layers, merged and resolved.</param>
public sealed record LoadedSettings(ServerSettings Server, HoconObject Effective)
{
    /// <summary>No file was given: the laptop profile stands behind what variables and arguments say.</summary>
    public bool IsLaptop { get; init; }

    /// <summary>Every effective value below <c>actorsmtp</c> and <c>akka</c>, with its place; secrets are masked.</summary>
    public IEnumerable<EffectiveSetting> Show() => EffectiveSetting.List(Effective);

    /// <summary>The paths whose values are others than those, secrets too.</summary>
    public IReadOnlyList<string> DifferencesFrom(LoadedSettings other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (mine, its) = (EffectiveSetting.Leaves(Effective), EffectiveSetting.Leaves(other.Effective));
        return
        [
            .. mine.Where(s => !its.TryGetValue(s.Key, out var value) || value != s.Value).Select(s => s.Key),
            .. its.Keys.Where(path => !mine.ContainsKey(path)),
        ];
    }
}

/// <summary>One effective value.</summary>
/// <param name="Path">The full path.</param>
/// <param name="Value">The value as HOCON; secrets are masked.</param>
/// <param name="Origin">File, line and column, or the name of the variable or argument.</param>
public sealed record EffectiveSetting(string Path, string Value, HoconOrigin Origin)
{
    /// <summary>Every value of a tree in the order in which keys first came; lists are one value.</summary>
    public static IEnumerable<EffectiveSetting> List(HoconObject root) => List(root, HoconPath.Root);

    /// <summary>Every value of a tree as it is, not fit to be shown, by its path.</summary>
    internal static Dictionary<string, string> Leaves(HoconObject root)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Take(root, HoconPath.Root);
        return leaves;

        void Take(HoconObject at, HoconPath path)
        {
            foreach (var (key, value) in at)
            {
                if (value is HoconObject { Count: > 0 } section)
                {
                    Take(section, path.Add(key));
                }
                else
                {
                    leaves[path.Add(key).ToString()] = value.ToString();
                }
            }
        }
    }

    private static IEnumerable<EffectiveSetting> List(HoconObject at, HoconPath path) => at.SelectMany(field =>
        field.Value is HoconObject { Count: > 0 } section
            ? List(section, path.Add(field.Key))
            : [Of(path.Add(field.Key).ToString(), field.Value)]);

    private static EffectiveSetting Of(string path, HoconValue value) =>
        new(path, value is HoconObject ? "{}" : Secrets.Shown(path, value), value.Origin);
}
