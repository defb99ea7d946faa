using System.CommandLine;
using ActorSmtp.Cli.Manuals;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp manual</c>: the manual pages, made of the same words as <c>--help</c> and <c>reference.conf</c>.</summary>
internal static class ManualCommand
{
    public static Command Create(Terminal terminal, Func<RootCommand> root)
    {
        var page = new Argument<string>("PAGE") { Description = "actorsmtp.1 (the commands) or actorsmtp.conf.5 (the settings)." };
        page.CompletionSources.Add("actorsmtp.1", "actorsmtp.conf.5");
        var command = new Command("manual", """
            Writes a manual page in mdoc, for man(1).
            Example: actorsmtp manual actorsmtp.1 | man -l -
            """)
        {
            page,
        };
        command.SetAction(parsed =>
        {
            terminal.Out.Write(parsed.GetValue(page) switch
            {
                "actorsmtp.1" => CommandManual.Write(root()),
                "actorsmtp.conf.5" => SettingsManual.Write(),
                var other => throw new CommandFailedException(ExitCodes.Usage, $"manual {other}: expected actorsmtp.1 or actorsmtp.conf.5"),
            });
            return ExitCodes.Ok;
        });
        return command;
    }
}
