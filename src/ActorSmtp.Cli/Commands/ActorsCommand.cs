using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp actors</c>: the tree of a running server's actors.</summary>
internal static class ActorsCommand
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    public static Command Create(Terminal terminal)
    {
        var path = new Argument<string>("PATH") { Description = "Where to begin: listeners/smtp, /system; without it all of /user.", Arity = ArgumentArity.ZeroOrOne };
        var depth = new Option<int>("--depth") { HelpName = "N", Description = "Generations below it, 0 to 10.", DefaultValueFactory = _ => 3 };
        var watch = new Option<bool>("--watch", "-w") { Description = "Shows it again every second." };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output; with --watch one a line." };
        var command = new Command("actors", """
            Shows the actors of a running server: state, messages that wait, restarts, age.
            Examples:
              actorsmtp actors
              actorsmtp actors listeners/smtp --watch
            """)
        {
            path, depth, watch, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var generations = parsed.GetValue(depth);
            if (generations is < 0 or > 10)
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--depth {generations}: expected a number from 0 to 10");
            }

            using var client = admin.Client(parsed, terminal);
            var question = string.Create(CultureInfo.InvariantCulture, $"api/actors?path={Uri.EscapeDataString(Full(parsed.GetValue(path)))}&depth={generations}");
            var watching = parsed.GetValue(watch);
            do
            {
                var tree = await client.GetAsync<ActorNode>(question, cancellation).ConfigureAwait(false)
                    ?? throw new CommandFailedException(ExitCodes.Unavailable, $"no actor has the path {Full(parsed.GetValue(path))}; `actorsmtp actors` shows those there are");
                if (parsed.GetValue(json))
                {
                    Json.Write(terminal.Out, tree, indented: !watching);
                }
                else
                {
                    terminal.Out.Write(watching && terminal.OutIsTerminal ? "\x1b[H\x1b[J" : "");
                    Show(tree, terminal);
                }

                await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
                if (watching)
                {
                    await Task.Delay(Every, cancellation).ConfigureAwait(false);
                }
            }
            while (watching);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Full(string? path) => path is null ? "/user"
        : path.StartsWith('/') ? path
        : "/user/" + path.TrimEnd('/');

    private static void Show(ActorNode tree, Terminal terminal)
    {
        var rows = new List<string[]>();
        Add(tree, "", "", rows);
        Columns.Write(terminal.Out, ["ACTOR", "TYPE", "STATE", "WAITING", "RESTARTS", "AGE"], rows);

        static void Add(ActorNode node, string before, string below, List<string[]> rows)
        {
            rows.Add([
                before + (rows.Count == 0 ? node.Path : node.Name),
                node.Type,
                node.State ?? "",
                node.MailboxDepth.ToString(CultureInfo.InvariantCulture),
                node.Restarts.ToString(CultureInfo.InvariantCulture),
                Age(DateTimeOffset.UtcNow - node.StartedAt),
            ]);
            for (var i = 0; i < node.Children.Length; i++)
            {
                var last = i == node.Children.Length - 1 && node.ChildCount == node.Children.Length;
                Add(node.Children[i], below + (last ? "└ " : "├ "), below + (last ? "  " : "│ "), rows);
            }

            if (node.ChildCount > node.Children.Length)
            {
                var more = node.ChildCount - node.Children.Length;
                rows.Add([string.Create(CultureInfo.InvariantCulture, $"{below}└ … {more} {(node.Children.IsEmpty ? "below" : "more")}"), "", "", "", "", ""]);
            }
        }
    }

    /// <summary>A time in its two largest units.</summary>
    internal static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 1 } => "0s",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Seconds}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Minutes}m{age.Seconds:00}s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Hours}h{age.Minutes:00}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays}d{age.Hours:00}h"),
    };
}
