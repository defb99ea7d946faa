using System.Globalization;
using System.Text;
using ActorSmtp.Server.Inspection;
using Serilog.Events;

namespace ActorSmtp.Cli.Logging;

/// <summary>
/// A log line as one JSON object: <c>time level event actor session state tx text</c>, then the other values by name, then
/// <c>exception</c>. Every control character and everything that could turn a line around is escaped, so a line stays one line.
/// </summary>
internal static class JsonLines
{
    private const string Hex = "0123456789abcdef";

    public static void Write(LogEvent line, StringBuilder into, StringBuilder scratch)
    {
        Span<char> time = stackalloc char[32];
        line.Timestamp.UtcDateTime.TryFormat(time, out var length, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        into.Append("{\"time\":\"").Append(time[..length]).Append("\",\"level\":\"").Append(LogLine.Word(line.Level)).Append('"');
        if (LogLine.Text(line, LogLine.EventId) is { } id)
        {
            into.Append(",\"event\":").Append(id);
        }

        Add(into, "actor", LogLine.Text(line, LogLine.Actor));
        Add(into, "session", LogLine.Text(line, LogLine.Session));
        Add(into, "state", LogLine.Text(line, LogLine.State));
        Add(into, "tx", LogLine.Text(line, LogLine.Tx));
        scratch.Clear();
        LogLine.Render(line, scratch);
        into.Append(",\"text\":\"");
        foreach (var chunk in scratch.GetChunks())
        {
            Escape(chunk.Span, into);
        }

        into.Append('"');
        if (line.Level >= LogEventLevel.Information)
        {
            foreach (var (name, value) in line.Properties)
            {
                if (name is not (LogLine.Actor or LogLine.Session or LogLine.State or LogLine.Tx or LogLine.EventId) && value is ScalarValue scalar)
                {
                    AddValue(into, name, scalar);
                }
            }
        }

        if (line.Exception is { } fault)
        {
            Add(into, "exception", fault.ToString());
        }

        into.Append("}\n");
    }

    /// <summary>A line that a running server told, in the form of the files; its values are texts.</summary>
    public static void Write(LogEntry line, StringBuilder into)
    {
        into.Append("{\"time\":\"").Append(line.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)).Append("\",\"level\":\"").Append(line.Level).Append('"');
        if (int.TryParse(line.Event, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
        {
            into.Append(CultureInfo.InvariantCulture, $",\"event\":{id}");
        }

        Add(into, "actor", line.Actor);
        Add(into, "session", line.Session);
        Add(into, "state", line.Properties.GetValueOrDefault("state"));
        Add(into, "tx", line.Tx);
        into.Append(",\"text\":\"");
        Escape(line.Message, into);
        into.Append('"');
        foreach (var (name, value) in line.Properties.Where(p => p.Key != "state").OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            into.Append(",\"");
            Escape(name, into);
            into.Append("\":\"");
            Escape(value, into);
            into.Append('"');
        }

        Add(into, "exception", line.Exception);
        into.Append("}\n");
    }

    private static void AddValue(StringBuilder into, string name, ScalarValue value)
    {
        var key = char.ToLowerInvariant(name[0]) + name[1..];
        switch (value.Value)
        {
            case int or long or short or byte or uint or ulong:
                into.Append(",\"").Append(key).Append("\":").Append(CultureInfo.InvariantCulture, $"{value.Value}");
                break;

            case bool flag:
                into.Append(",\"").Append(key).Append("\":").Append(flag ? "true" : "false");
                break;

            case DateTimeOffset at:
                Add(into, key, at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
                break;

            case not null:
                Add(into, key, Convert.ToString(value.Value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void Add(StringBuilder into, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            into.Append(",\"").Append(name).Append("\":\"");
            Escape(value, into);
            into.Append('"');
        }
    }

    private static void Escape(ReadOnlySpan<char> text, StringBuilder into)
    {
        while (!text.IsEmpty)
        {
            var at = 0;
            while (at < text.Length && !MustEscape(text[at]))
            {
                at++;
            }

            into.Append(text[..at]);
            if (at == text.Length)
            {
                return;
            }

            var c = text[at];
            _ = c switch
            {
                '"' => into.Append("\\\""),
                '\\' => into.Append("\\\\"),
                '\n' => into.Append("\\n"),
                '\r' => into.Append("\\r"),
                '\t' => into.Append("\\t"),
                _ => into.Append("\\u").Append(Hex[c >> 12]).Append(Hex[(c >> 8) & 15]).Append(Hex[(c >> 4) & 15]).Append(Hex[c & 15]),
            };
            text = text[(at + 1)..];
        }
    }

    // Controls, half characters (a lone surrogate cannot be written as UTF-8), and what Terminals/Printable.cs keeps from terminals.
    private static bool MustEscape(char c) => c is < ' ' or '"' or '\\' or (>= '\x7f' and <= '\x9f')
        || (c >= '\u061c' && (c is '\u061c' or '\u200e' or '\u200f' or '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
            or '\ufeff' || char.IsSurrogate(c)));
}
