using ActorSmtp.Hocon;

namespace ActorSmtp.Server.Settings;

/// <summary>Reads configuration files and what they include.</summary>
internal static class ConfigurationFiles
{
    /// <summary>A file named on the command line; it must be there.</summary>
    public static HoconTree Read(string file, Func<string, byte[]?> readFile, HoconOptions options)
    {
        byte[]? bytes;
        try
        {
            bytes = readFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new HoconException(HoconMistake.Include, HoconOrigin.Of(file), $"cannot be read: {e.Message}");
        }

        return bytes is null
            ? throw new HoconException(HoconMistake.Include, HoconOrigin.Of(file), "there is no such file; mend the name behind --config")
            : HoconTree.Parse(bytes, file, options);
    }

    /// <summary>Answers an include: a file beside the including one, or with classpath("…") a file built in.</summary>
    public static HoconIncludeText? Include(HoconInclude include, Func<string, byte[]?> readFile)
    {
        switch (include.Kind)
        {
            case HoconIncludeKind.Resource:
                return SettingsLoader.BuiltIn(include.Name) is { } text ? new HoconIncludeText(include.Name, text) : null;
            case HoconIncludeKind.Url:
                throw new NotSupportedException("a configuration is not fetched from the network; copy the file here");
        }

        var folder = Path.GetDirectoryName(include.From);
        var file = string.IsNullOrEmpty(folder) ? include.Name : Path.Combine(folder, include.Name);
        return readFile(file) is { } bytes ? new HoconIncludeText(file, HoconTree.Decode(bytes, file)) : null;
    }
}
