using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>One thing which is wrong in the configuration.</summary>
/// <param name="Path">The full path, <c>actorsmtp.limits.recipients</c>.</param>
/// <param name="Value">The value as it was given, or null where there is none.</param>
/// <param name="Origin">File, line and column, or the name of the variable or argument; empty where nothing is written.</param>
/// <param name="Expected">What is expected there, or what is wrong.</param>
public sealed record SettingsMistake(string Path, string? Value, HoconOrigin Origin, string Expected)
{
    /// <summary><c>actorsmtp.limits.recipients = "many" (server.conf:12:5): expected a whole number from 100 to 1000000</c></summary>
    public override string ToString()
    {
        var value = Value is null ? "" : $" = {Value}";
        var origin = Origin.ToString();
        return $"{Path}{value}{(origin.Length == 0 ? "" : $" ({origin})")}: {Expected}";
    }
}

/// <summary>The configuration cannot be used; holds every mistake that was found, not only the first. The program ends with 78.</summary>
public sealed class SettingsException(IReadOnlyList<SettingsMistake> mistakes)
    : Exception(string.Join(Environment.NewLine, mistakes.Select(m => m.ToString())))
{
    public IReadOnlyList<SettingsMistake> Mistakes { get; } = mistakes;
}
