using System.Reflection;
using Akka.Configuration.Hocon;

namespace Akka.Configuration;

/// <summary>
/// Stands for Akka's type of this name: makes <see cref="Config"/>s from texts and resources. Not there: FromObject, and app.config
/// behind <see cref="Load"/>.
/// </summary>
public class ConfigurationFactory
{
    /// <summary>The engine's own defaults, as Akka's reference configuration holds them.</summary>
    internal const string ReferenceResource = "Akka.Configuration.reference.conf";

    private static readonly Lazy<Config> Reference = new(
        () => FromResource(ReferenceResource, typeof(ConfigurationFactory).Assembly));

    /// <summary>A configuration without values.</summary>
    public static Config Empty => ParseString("");

    /// <summary>Reads a text; see <see cref="Parser"/> for what it may hold.</summary>
    public static Config ParseString(string hocon, Func<string, HoconRoot> includeCallback) =>
        new(Parser.Parse(hocon, includeCallback));

    /// <summary>Reads a text without includes.</summary>
    public static Config ParseString(string hocon) => ParseString(hocon, null);

    /// <summary>What an app.config holds: here always nothing.</summary>
    public static Config Load() => Empty;

    /// <summary>The engine's reference configuration.</summary>
    public static Config Default() => Reference.Value;

    /// <summary>Reads a resource of the assembly of <typeparamref name="TAssembly"/>.</summary>
    public static Config FromResource<TAssembly>(string resourceName) => FromResource(resourceName, typeof(TAssembly).Assembly);

    /// <summary>Reads a resource of the assembly that holds the type of an object.</summary>
    public static Config FromResource(string resourceName, object instanceInAssembly) => instanceInAssembly switch
    {
        Type type => FromResource(resourceName, type.Assembly),
        Assembly assembly => FromResource(resourceName, assembly),
        _ => FromResource(resourceName, instanceInAssembly.GetType().Assembly),
    };

    /// <summary>Reads a resource.</summary>
    /// <exception cref="ConfigurationException">The assembly has no such resource.</exception>
    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"The assembly {assembly.GetName().Name} has no resource \"{resourceName}\".");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
