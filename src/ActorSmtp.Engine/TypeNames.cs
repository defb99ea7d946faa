using System.Reflection;
using Akka.Configuration;

namespace Akka;

/// <summary>
/// Types named in the configuration as "Namespace.Type, Assembly". The assembly names of Akka mean this engine's. No counterpart in Akka.
/// </summary>
internal static class TypeNames
{
    internal static Type Find(string name, string setting)
    {
        var type = string.IsNullOrWhiteSpace(name) ? null : Type.GetType(name, Resolve, null, throwOnError: false);
        return type ?? throw new ConfigurationException($"{setting}: no type [{name}]; expected \"Namespace.Type, Assembly\".");
    }

    internal static T CreateInstance<T>(string name, string setting, params object[] arguments)
        where T : class
    {
        var type = Find(name, setting);
        if (!typeof(T).IsAssignableFrom(type))
        {
            throw new ConfigurationException($"{setting}: [{name}] is not a {typeof(T).FullName}.");
        }

        const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        try
        {
            return (T)Activator.CreateInstance(type, Any, null, arguments, null);
        }
        catch (MissingMethodException e)
        {
            throw new ConfigurationException(
                $"{setting}: [{name}] has no constructor ({string.Join(", ", arguments.Select(a => a?.GetType().Name ?? "null"))}).", e);
        }
        catch (TargetInvocationException e)
        {
            throw new ConfigurationException($"{setting}: [{name}] could not be made: {e.InnerException?.Message}", e.InnerException);
        }
    }

    private static Assembly Resolve(AssemblyName name)
    {
        try
        {
            return name.Name switch
            {
                "Akka" or "Akka.Hosting" => typeof(TypeNames).Assembly,
                "Akka.TestKit" or "Akka.TestKit.Xunit2" => Assembly.Load("ActorSmtp.Engine.TestKit"),
                _ => Assembly.Load(name),
            };
        }
        catch (IOException)
        {
            return null;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }
}
