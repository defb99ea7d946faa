using System.Collections;
using System.CommandLine;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli;

/// <summary><c>--config FILE</c> and <c>--set KEY=VALUE</c>: the same for every subcommand that needs the server's files or address.</summary>
internal sealed class ConfigurationOptions
{
    private readonly Option<string[]> _config = new("--config", "-c")
    {
        Description = "A HOCON file; may be given several times, later ones win. None: the laptop profile.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "One setting, over everything else: limits.message-size=10MiB. May be given several times.",
        HelpName = "KEY=VALUE",
    };

    /// <summary>Adds both options to a command.</summary>
    public ConfigurationOptions AddTo(Command command)
    {
        command.Options.Add(_config);
        command.Options.Add(_set);
        return this;
    }

    /// <summary>Reads the configuration they describe.</summary>
    /// <exception cref="SettingsException">Something in it is wrong.</exception>
    public LoadedSettings Load(ParseResult parsed) => SettingsLoader.Load(Sources(parsed));

    /// <summary>Where it comes from.</summary>
    public SettingsSources Sources(ParseResult parsed) => new()
    {
        ConfigFiles = parsed.GetValue(_config) ?? [],
        Sets = parsed.GetValue(_set) ?? [],
        Environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        ReadFile = path => File.Exists(path) ? File.ReadAllBytes(path) : null,
        MachineName = Environment.MachineName.ToLowerInvariant(),
    };
}
