using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Logging;

/// <summary>One line of the files, read back.</summary>
/// <param name="Event">The number of the line's kind; 0 where it has none.</param>
internal sealed record LogRecord(
    DateTime Time, string Level, int Event, string? Actor, string? Session, string? State, string? Tx, string Text, string? Exception, ImmutableDictionary<string, string> Values)
{
    private static readonly string[] Known = ["time", "level", "event", "actor", "session", "state", "tx", "text", "exception"];

    /// <summary>Reads a line; null where it is none (the last one of a process that was killed, say).</summary>
    public static LogRecord? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && DateTime.TryParse(Of(root, "time"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
                    ? new LogRecord(time, Of(root, "level") ?? "info", root.TryGetProperty("event", out var id) && id.TryGetInt32(out var number) ? number : 0,
                        Of(root, "actor"), Of(root, "session"), Of(root, "state"), Of(root, "tx"), Of(root, "text") ?? "", Of(root, "exception"),
                        root.EnumerateObject().Where(p => !Known.Contains(p.Name)).DistinctBy(p => p.Name).ToImmutableDictionary(p => p.Name, p => p.Value.ToString()))
                    : null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The line as the console is given it.</summary>
    public LogEntry ToEntry() => new(
        new DateTimeOffset(DateTime.SpecifyKind(Time.ToUniversalTime(), DateTimeKind.Utc)),
        Level,
        Actor,
        Session,
        Tx,
        Text,
        Event == 0 ? null : Event.ToString(CultureInfo.InvariantCulture),
        Exception,
        State is null ? Values : Values.SetItem("state", State));

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

    public bool Wants(LogRecord line) => Wants(line.Level, line.Session, line.Actor, line.Tx);

    public bool Wants(string level, string? session, string? actor, string? tx) =>
        (Session is null || Session.Equals(session, StringComparison.OrdinalIgnoreCase))
        && (Tx is null || Tx.Equals(tx, StringComparison.OrdinalIgnoreCase))
        && (Actor is null || IsAtOrBelow(actor))
        && Math.Max(0, Levels.ToList().IndexOf(level)) >= Level;

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
