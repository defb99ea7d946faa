namespace ActorSmtp.Server.Settings;

/// <summary>How much is logged.</summary>
public enum LoggingLevel
{
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Off,
}

/// <summary>How lines on the console look.</summary>
public enum ConsoleFormat
{
    /// <summary>Text with colours on a terminal, without them elsewhere.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>The log.</summary>
/// <param name="Level">What goes to the console.</param>
/// <param name="ConsoleFormat">How it looks there.</param>
/// <param name="DialogueRate">Lines of sessions' dialogues logged in a second; above it they are left out. 0: no limit.</param>
/// <param name="FileLevel">What goes to the files; off: there are none.</param>
/// <param name="FileSize">Octets after which the next file begins.</param>
/// <param name="FileCount">Files kept.</param>
public sealed record LoggingSettings(LoggingLevel Level, ConsoleFormat ConsoleFormat, int DialogueRate, LoggingLevel FileLevel, long FileSize, int FileCount)
{
    internal static LoggingSettings From(SettingsReader r)
    {
        var file = r.Section("file");
        return new LoggingSettings(
            Level: ReadLevel(r),
            ConsoleFormat: r.Choice("console-format", ("text", ConsoleFormat.Text), ("json", ConsoleFormat.Json)),
            DialogueRate: r.Int("dialogue-rate", min: 0, max: 1_000_000_000),
            FileLevel: ReadLevel(file),
            FileSize: file.Bytes("size", min: 64 * 1024, max: 1L << 40),
            FileCount: file.Int("count", min: 1, max: 10_000));
    }

    private static LoggingLevel ReadLevel(SettingsReader r) => r.Choice("level",
        ("trace", LoggingLevel.Trace), ("debug", LoggingLevel.Debug), ("info", LoggingLevel.Info), ("warning", LoggingLevel.Warning),
        ("error", LoggingLevel.Error), ("off", LoggingLevel.Off));
}
