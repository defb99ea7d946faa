using Akka.Actor;

namespace Akka.Configuration;

/// <summary>
/// Stands for Akka's type of this name: a configuration cannot be read or used. Not there: the constructor for serialization.
/// </summary>
public class ConfigurationException : AkkaException
{
    public ConfigurationException(string message)
        : base(message)
    {
    }

    public ConfigurationException(string message, Exception exception)
        : base(message, exception)
    {
    }

    /// <summary>The exception for a class that got no configuration, or an empty one, from <paramref name="path"/>.</summary>
    public static ConfigurationException NullOrEmptyConfig<T>(string path = null) =>
        new(string.IsNullOrWhiteSpace(path)
            ? $"Failed to instantiate {typeof(T).Name}: the configuration is null or empty."
            : $"Failed to instantiate {typeof(T).Name}: the configuration at path \"{path}\" is null or empty.");
}
