using System.Globalization;
using System.Text;
using ActorSmtp.Cli.Terminals;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>A log line for people: time, level, actor path, state, text; colours where they are wanted.</summary>
internal sealed class TextLines(bool colours)
{
    private const string Reset = "\x1b[0m";

    public void Write(LogEvent line, StringBuilder into, StringBuilder scratch)
    {
        scratch.Clear();
        LogLine.Render(line, scratch);
        Write(
            line.Timestamp.LocalDateTime,
            LogLine.Word(line.Level),
            LogLine.Text(line, LogLine.Actor),
            LogLine.Text(line, LogLine.State),
            scratch.ToString(),
            line.Exception?.ToString(),
            into);
    }

    /// <summary>The same from the parts, as the files have them.</summary>
    public void Write(DateTime time, string level, string? actor, string? state, string text, string? exception, StringBuilder into)
    {
        into.Append(Dim).Append(time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)).Append(End).Append(' ');
        into.Append(Colour(level)).Append(level.PadRight(7)).Append(End).Append(' ');
        if (!string.IsNullOrEmpty(actor))
        {
            var path = Printable.Line(actor.StartsWith("/user/", StringComparison.Ordinal) ? actor[6..] : actor);
            into.Append(Path).Append(path).Append(End).Append(' ');
        }

        if (!string.IsNullOrEmpty(state))
        {
            into.Append(Dim).Append('[').Append(Printable.Line(state)).Append(']').Append(End).Append(' ');
        }

        into.Append(Printable.Line(text)).Append('\n');
        if (exception is not null)
        {
            into.Append(Printable.Lines(exception)).Append('\n');
        }
    }

    private string Dim => colours ? "\x1b[90m" : "";

    private string Path => colours ? "\x1b[36m" : "";

    private string End => colours ? Reset : "";

    private string Colour(string level) => !colours ? "" : level switch
    {
        "error" => "\x1b[31m",
        "warning" => "\x1b[33m",
        "info" => "\x1b[32m",
        _ => "\x1b[90m",
    };
}
