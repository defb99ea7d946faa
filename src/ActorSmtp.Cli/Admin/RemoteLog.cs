using System.Globalization;
using System.Text;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Admin;

/// <summary>The log of a running server, asked over its interface: the newest lines there are, then those that come.</summary>
internal static class RemoteLog
{
    /// <summary>Lines shown where no number is asked for.</summary>
    public const int MostLines = 10_000;

    private const int Page = 200;

    /// <summary>Shows the newest lines.</summary>
    public static async Task<int> ShowAsync(AdminClient client, Logging.LogFilter filter, int last, bool json, Terminal terminal, CancellationToken cancellation)
    {
        Show(await Newest(client, Question(filter, "debug"), filter, last, cancellation).ConfigureAwait(false), json, terminal);
        return ExitCodes.Ok;
    }

    /// <summary>Shows the newest lines, then those that come, until the server ends it.</summary>
    /// <returns>The time of the last line that was shown: what comes later has not been.</returns>
    public static async Task<DateTimeOffset> FollowAsync(AdminClient client, Logging.LogFilter filter, int last, bool json, Terminal terminal, CancellationToken cancellation)
    {
        var question = Question(filter, Server.Inspection.LogFilter.Usual);     // what the server is set to: ours may be another's
        LogEntry? shown = null;
        var seen = DateTimeOffset.MinValue;
        await foreach (var (name, data) in client.EventsAsync($"api/events?types=log&{question}", cancellation).ConfigureAwait(false))
        {
            if (name == "hello")                                            // from here on nothing is missed: now for what was before
            {
                var before = await Newest(client, question, filter, last, cancellation).ConfigureAwait(false);
                Show(before, json, terminal);
                shown = before.LastOrDefault();
                seen = shown?.At ?? AdminClient.Read<Hello>(data)?.At ?? seen;
            }
            else if (name == "log" && AdminClient.Read<LogEntry>(data) is { } entry && filter.Wants(entry.Level, entry.Session, entry.Actor, entry.Tx)
                && (shown is null || entry.At > shown.At || (entry.At == shown.At && entry.Message != shown.Message)))
            {
                Show([entry], json, terminal);
                seen = entry.At;
            }
            else if (name == "lost")
            {
                terminal.Complain($"lines were left out: the server has more to say than this connection takes ({data})");
            }

            await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
        }

        return seen;
    }

    /// <param name="usual">The level where none is asked for.</param>
    private static string Question(Logging.LogFilter filter, string usual) => $"level={(filter.Level == 0 ? usual : Logging.LogFilter.Levels[filter.Level])}"
        + (filter.Session is { } session ? $"&session={Uri.EscapeDataString(session)}" : "")
        + (filter.Actor is { } actor ? $"&actor={Uri.EscapeDataString(Path(actor))}" : "");

    /// <summary>The newest lines, oldest first.</summary>
    private static async Task<List<LogEntry>> Newest(AdminClient client, string question, Logging.LogFilter filter, int last, CancellationToken cancellation)
    {
        var lines = new List<LogEntry>();
        string? cursor = null;
        do
        {
            var before = cursor is null ? "" : $"&before={Uri.EscapeDataString(cursor)}";
            var page = await client.GetAsync<LogPage>(string.Create(CultureInfo.InvariantCulture, $"api/log?{question}&limit={Page}{before}"), cancellation).ConfigureAwait(false)
                ?? throw new CommandFailedException(ExitCodes.Unavailable, "the server keeps no log that can be read");
            lines.AddRange(page.Items.Where(e => filter.Wants(e.Level, e.Session, e.Actor, e.Tx)));
            cursor = page.Next;
        }
        while (cursor is not null && lines.Count < last);
        lines.Reverse();
        return lines.Count > last ? lines[^last..] : lines;
    }

    private static void Show(IEnumerable<LogEntry> lines, bool json, Terminal terminal)
    {
        var text = new TextLines(terminal.Colours);
        var into = new StringBuilder();
        foreach (var line in lines)
        {
            if (json)
            {
                JsonLines.Write(line, into);
            }
            else
            {
                text.Write(line.At.LocalDateTime, line.Level, line.Actor, line.Properties.GetValueOrDefault("state"), line.Message, line.Exception, into);
            }

            terminal.Out.Write(into);
            into.Clear();
        }
    }

    private static string Path(string actor) => actor.StartsWith('/') ? actor : "/user/" + actor;

    /// <summary>What the server says first.</summary>
    private sealed record Hello(DateTimeOffset At);
}
