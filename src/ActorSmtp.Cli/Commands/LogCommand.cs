using System.CommandLine;
using System.Globalization;
using System.Text;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp log</c>: the actors' log from the files, and live with <c>--follow</c>.</summary>
internal static class LogCommand
{
    private const int LinesBeforeFollowing = 20;

    public static Command Create(Terminal terminal)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Waits for more lines and shows them as they come." };
        var session = new Option<string>("--session") { HelpName = "ID", Description = "Lines of one session." };
        var actor = new Option<string>("--actor") { HelpName = "PATH", Description = "Lines of an actor and of those below it: listeners/smtp, mailboxes." };
        var tx = new Option<string>("--message") { HelpName = "ID", Description = "Lines about one message." };
        var level = new Option<string>("--level") { HelpName = "LEVEL", Description = $"Lines of at least this level: {string.Join(", ", LogFilter.Levels)}." };
        var lines = new Option<string>("--lines", "-n") { HelpName = "N", Description = $"The last N lines only; with --follow alone {LinesBeforeFollowing}." };
        var json = new Option<bool>("--json") { Description = "One JSON object a line, as the files have them." };
        var command = new Command("log", """
            Shows the log of the server from the files in data-dir/log; with --follow live from the server that runs there, and from the files where
            none does; with --url from a running server elsewhere.
            Examples:
              actorsmtp log --follow
              actorsmtp log --session s7g2k-1f
              actorsmtp log --level warning --json
              actorsmtp log --follow --url http://mail.example.com:8025
            """)
        {
            follow, session, actor, tx, level, lines, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var filter = new LogFilter(parsed.GetValue(session), parsed.GetValue(actor), parsed.GetValue(tx), LevelOf(parsed.GetValue(level)));
            var isPlain = filter == LogFilter.All;
            var last = parsed.GetValue(lines) is { } n ? LinesOf(n) : parsed.GetValue(follow) && isPlain ? LinesBeforeFollowing : int.MaxValue;
            var (isFollowed, isJson) = (parsed.GetValue(follow), parsed.GetValue(json));
            if (admin.IsElsewhere(parsed))
            {
                return ShowAsync(admin.Client(parsed, terminal), filter, last, isFollowed, isJson, terminal, cancellation);
            }

            var settings = admin.Settings(parsed).Server;
            return isFollowed
                ? FollowAsync(settings, filter, last, isJson, terminal, cancellation)
                : ShowAsync(settings.DataDirectory, filter, last, false, isJson, null, terminal, cancellation);
        });
        return command;
    }

    private static async Task<int> ShowAsync(AdminClient client, LogFilter filter, int last, bool follow, bool json, Terminal terminal, CancellationToken cancellation)
    {
        using var asked = client;
        var most = Math.Min(last, RemoteLog.MostLines);
        if (!follow)
        {
            return await RemoteLog.ShowAsync(client, filter, most, json, terminal, cancellation).ConfigureAwait(false);
        }

        await RemoteLog.FollowAsync(client, filter, most, json, terminal, cancellation).ConfigureAwait(false);
        throw new CommandFailedException(ExitCodes.Unavailable, "the server has ended the log: it stops, or the connection broke");
    }

    /// <summary>From the running server while there is one, then from the files, where the next one goes on.</summary>
    private static async Task<int> FollowAsync(ServerSettings settings, LogFilter filter, int last, bool json, Terminal terminal, CancellationToken cancellation)
    {
        DateTimeOffset? seen = null;
        try
        {
            using var client = AdminClient.OfDataDirectory(settings.DataDirectory);
            seen = await RemoteLog.FollowAsync(client, filter, Math.Min(last, RemoteLog.MostLines), json, terminal, cancellation).ConfigureAwait(false);
            terminal.Complain("the server has ended; waiting for what the next one writes");
        }
        catch (CommandFailedException nobody) when (nobody.ExitCode == ExitCodes.Unavailable)
        {
            // None runs: the files are all there is.
        }

        return await ShowAsync(settings.DataDirectory, filter, seen is null ? last : int.MaxValue, true, json, seen, terminal, cancellation).ConfigureAwait(false);
    }

    /// <param name="after">Only what is later; null: all.</param>
    private static async Task<int> ShowAsync(
        string dataDirectory, LogFilter filter, int last, bool follow, bool json, DateTimeOffset? after, Terminal terminal, CancellationToken cancellation)
    {
        if (!follow && LogFolder.Files(dataDirectory).Count == 0)
        {
            throw new CommandFailedException(
                ExitCodes.Unavailable, $"there is no log in {LogFolder.FolderOf(dataDirectory)}; has a server run with this data-dir? (--config, --set data-dir=…)");
        }

        var text = new TextLines(terminal.Colours);
        var into = new StringBuilder();
        var held = last == int.MaxValue ? null : new Queue<string>();
        await foreach (var line in new LogReader(dataDirectory).ReadAsync(follow, cancellation).ConfigureAwait(false))
        {
            if (line.IsEmpty)
            {
                Release(ref held, terminal);
                await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
                continue;
            }

            if (LogRecord.TryParse(line) is not { } record || !filter.Wants(record) || record.Time.ToUniversalTime() <= after?.UtcDateTime)
            {
                continue;
            }

            if (json)
            {
                into.Append(Encoding.UTF8.GetString(line.Span)).Append('\n');
            }
            else
            {
                text.Write(record.Time.ToLocalTime(), record.Level, record.Actor, record.State, record.Text, record.Exception, into);
            }

            if (held is null)
            {
                await terminal.Out.WriteAsync(into, cancellation).ConfigureAwait(false);
                if (follow)
                {
                    await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
                }
            }
            else
            {
                held.Enqueue(into.ToString());
                if (held.Count > last)
                {
                    held.Dequeue();
                }
            }

            into.Clear();
        }

        Release(ref held, terminal);
        return ExitCodes.Ok;
    }

    private static void Release(ref Queue<string>? held, Terminal terminal)
    {
        foreach (var line in held ?? [])
        {
            terminal.Out.Write(line);
        }

        held = null;
    }

    private static int LevelOf(string? word)
    {
        var at = word is null ? 0 : LogFilter.Levels.ToList().IndexOf(word.ToLowerInvariant());
        return at >= 0 ? at : throw new CommandFailedException(ExitCodes.Usage, $"--level {word}: expected {string.Join(", ", LogFilter.Levels)}");
    }

    private static int LinesOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n <= 1_000_000
        ? n
        : throw new CommandFailedException(ExitCodes.Usage, $"--lines {text}: expected a number up to 1000000");
}
