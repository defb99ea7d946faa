using System.Globalization;
using System.Text.Json;

namespace ActorSmtp.Cli.Logging;

/// <summary>One line of the files, read back.</summary>
internal sealed record LogRecord(DateTime Time, string Level, string? Actor, string? Session, string? State, string? Tx, string Text, string? Exception)
{
    /// <summary>Reads a line; null where it is none (the last one of a process that was killed, say).</summary>
    public static LogRecord? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && DateTime.TryParse(Of(root, "time"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
                    ? new LogRecord(time, Of(root, "level") ?? "info", Of(root, "actor"), Of(root, "session"), Of(root, "state"), Of(root, "tx"),
                        Of(root, "text") ?? "", Of(root, "exception"))
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Of(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Which lines are wanted.</summary>
/// <param name="Session">A session's id, or null.</param>
/// <param name="Actor">An actor's path, with or without /user; its children count too.</param>
/// <param name="Tx">A message's id.</param>
/// <param name="Level">The least level, as an index into <see cref="Levels"/>.</param>
internal sealed record LogFilter(string? Session, string? Actor, string? Tx, int Level)
{
    public static readonly IReadOnlyList<string> Levels = ["trace", "debug", "info", "warning", "error"];

    /// <summary>Wants everything.</summary>
    public static LogFilter All { get; } = new(null, null, null, 0);

    public bool Wants(LogRecord line) =>
        (Session is null || Session.Equals(line.Session, StringComparison.OrdinalIgnoreCase))
        && (Tx is null || Tx.Equals(line.Tx, StringComparison.OrdinalIgnoreCase))
        && (Actor is null || IsAtOrBelow(line.Actor))
        && Math.Max(0, Levels.ToList().IndexOf(line.Level)) >= Level;

    private bool IsAtOrBelow(string? path)
    {
        if (path is null)
        {
            return false;
        }

        var wanted = "/" + Actor!.Trim('/');
        wanted = wanted.StartsWith("/user", StringComparison.Ordinal) || wanted.StartsWith("/system", StringComparison.Ordinal) ? wanted : "/user" + wanted;
        return path.StartsWith(wanted, StringComparison.Ordinal) && (path.Length == wanted.Length || path[wanted.Length] == '/');
    }
}
