using System.Text;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Tests.Settings;

/// <summary>A configuration in the making: files, variables and arguments in memory.</summary>
internal sealed class Configuration
{
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly List<string> _configs = [];
    private readonly List<string> _sets = [];
    private readonly Dictionary<string, string> _environment = [];

    /// <summary>A file that is there.</summary>
    public Configuration File(string name, string text)
    {
        _files[name] = Encoding.UTF8.GetBytes(text);
        return this;
    }

    /// <summary>A file given with --config.</summary>
    public Configuration Config(string text, string name = "test.conf")
    {
        _configs.Add(name);
        return File(name, text);
    }

    /// <summary>A file given with --config which may be missing.</summary>
    public Configuration ConfigNamed(string name)
    {
        _configs.Add(name);
        return this;
    }

    public Configuration Set(string argument)
    {
        _sets.Add(argument);
        return this;
    }

    public Configuration Variable(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    public LoadedSettings Load() => SettingsLoader.Load(new SettingsSources
    {
        ConfigFiles = _configs,
        Sets = _sets,
        Environment = _environment,
        ReadFile = _files.GetValueOrDefault,
        MachineName = "box",
    });

    /// <summary>The messages of a configuration that must not load.</summary>
    public IReadOnlyList<string> Mistakes() => [.. Assert.Throws<SettingsException>(Load).Mistakes.Select(m => m.ToString())];

    /// <summary>The one message of a configuration that must not load.</summary>
    public string Mistake() => Assert.Single(Mistakes());

    /// <summary>A configuration of one listener and these settings.</summary>
    public static Configuration With(string settings) =>
        new Configuration().Config("actorsmtp {\nlisteners { mx { bind = \"127.0.0.1:0\" } }\n" + settings + "\n}");
}
