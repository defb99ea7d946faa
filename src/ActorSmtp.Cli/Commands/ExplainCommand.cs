using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Logging;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp explain</c>: the whole story of a session, a message or a delivery.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string>("ID")
        {
            Description = "A session (s7g2k-1f), a message (0N7ZSVAV000FF2RS), or a delivery: MESSAGE/ACCOUNT, or ACCOUNT/FILE as it lies in the Maildir.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("explain", """
            Tells all that is known of a session, a message or a delivery, in order. Asks the running server; where none runs, the log's files.
            Examples:
              actorsmtp explain 0N7ZSVAV000FF2RS
              actorsmtp explain s7g2k-1f
              actorsmtp explain 0N7ZSVAV000FF2RS/barbie
            """)
        {
            id, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = parsed.GetValue(id)!;
            var story = await Find(wanted, admin, parsed, terminal, cancellation).ConfigureAwait(false)
                ?? throw new CommandFailedException(ExitCodes.BadData, $"nothing is known of {wanted}: not in the server's memory (inspection.keep), nor in the log's files (logging.file)");
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, story);
            }
            else
            {
                Show(story, terminal);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<Story?> Find(string id, AdminOptions admin, ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        using var client = admin.Client(parsed, terminal);
        try
        {
            return await client.GetAsync<Story>($"api/stories/{Uri.EscapeDataString(id)}", cancellation).ConfigureAwait(false);
        }
        catch (CommandFailedException nobody) when (nobody.ExitCode == ExitCodes.Unavailable && !admin.IsElsewhere(parsed))
        {
            var settings = admin.Settings(parsed).Server;
            if (LogFolder.Files(settings.DataDirectory).Count == 0)
            {
                throw;
            }

            return await new LogStories(settings.DataDirectory, settings.Hostname, memory: null).ExplainAsync(id, cancellation).ConfigureAwait(false);
        }
    }

    private static void Show(Story story, Terminal terminal)
    {
        terminal.Out.WriteLine($"{story.Kind} {Printable.Line(story.Id)}{(story.Complete ? "" : " (as far as it is known)")}");
        DateTimeOffset? before = null;
        var (dim, end) = terminal.Colours ? ("\x1b[90m", "\x1b[0m") : ("", "");
        foreach (var entry in story.Entries)
        {
            var since = before is { } last && entry.At >= last ? string.Create(CultureInfo.InvariantCulture, $"+{Step(entry.At - last)}") : "";
            var at = before is null || entry.At.Date != before.Value.Date ? "yyyy-MM-dd HH:mm:ss.fff" : "           HH:mm:ss.fff";
            before = entry.At;
            terminal.Out.WriteLine(
                $"{dim}{entry.At.ToLocalTime().ToString(at, CultureInfo.InvariantCulture)} {since,9}{end}  {entry.What,-15} {Printable.Line(entry.Detail)}{dim}{Who(entry, story.Shared)}{end}");
        }
    }

    private static string Who(StoryEntry entry, bool shared) =>
        entry.What is StoryWords.Command or StoryWords.Reply || (entry.Actor.Length == 0 && !shared) ? "" : $"  [{Printable.Line(shared ? $"{entry.Node} {entry.Actor}".TrimEnd() : entry.Actor)}]";

    private static string Step(TimeSpan step) => step switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{step.TotalMilliseconds:0.###}ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{step.TotalSeconds:0.###}s"),
        _ => ActorsCommand.Age(step),
    };
}
