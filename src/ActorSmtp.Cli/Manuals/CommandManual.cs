using System.CommandLine;

namespace ActorSmtp.Cli.Manuals;

/// <summary>The page <c>actorsmtp(1)</c>, of the commands' own descriptions.</summary>
internal static class CommandManual
{
    public static string Write(RootCommand root)
    {
        var page = new Mdoc()
            .Macro("Dd November 22, 2026").Macro("Dt ACTORSMTP 1").Macro("Os")
            .Macro("Sh NAME").Macro("Nm actorsmtp").Macro("Nd an actor-model SMTP server and its tools")
            .Macro("Sh SYNOPSIS").Macro("Nm").Macro("Ar command").Macro("Op Ar options")
            .Macro("Sh DESCRIPTION")
            .Text("""
                actorsmtp is a mail server and what belongs to it in one program.
                Without a configuration `actorsmtp serve` takes mail for every address on 127.0.0.1:2525, keeps it below ./data and lets nothing leave the machine.
                """)
            .Macro("Sh COMMANDS").Macro("Bl -tag -width Ds");
        foreach (var command in root.Subcommands.Where(c => !c.Hidden))
        {
            Describe(page, command, command.Name);
        }

        page.Macro("El")
            .Macro("Sh ENVIRONMENT").Macro("Bl -tag -width Ds")
            .Macro("It", "ACTORSMTP_\u2026").Text("Settings, by the names of their keys; see actorsmtp.conf(5).")
            .Macro("It", "ACTORSMTP_PASSWORD").Text("The password that `send` logs in with.")
            .Macro("It", "ACTORSMTP_TOKEN").Text("The token for --url.")
            .Macro("It", "NO_COLOR").Text("No colours on the terminal.")
            .Macro("El")
            .Macro("Sh FILES").Macro("Bl -tag -width Ds")
            .Macro("It", "DATA-DIR/mail").Text("Mailboxes, as Maildirs.")
            .Macro("It", "DATA-DIR/journal").Text("What is accepted and not yet delivered.")
            .Macro("It", "DATA-DIR/queue").Text("Mail on its way to other servers.")
            .Macro("It", "DATA-DIR/users").Text("Accounts.")
            .Macro("It", "DATA-DIR/log").Text("The log.")
            .Macro("It", "DATA-DIR/admin.sock").Text("How commands speak to the running server.")
            .Macro("El");

        page.Macro("Sh EXIT STATUS").Text("Those of sysexits.h:").Macro("Bl -tag -width 3n -compact");
        foreach (var (code, meaning) in new[]
        {
            (0, "done"), (64, "the command was used wrongly"), (65, "what was given, or found, is wrong"), (69, "a service, a server or a place is not available"),
            (70, "a fault of the program"), (74, "reading or writing failed"), (75, "not now; try again"), (77, "not permitted"), (78, "the configuration is wrong"),
        })
        {
            page.Macro($"It {code}").Text(meaning);
        }

        return page.Macro("El")
            .Macro("Sh SEE ALSO").Macro("Xr actorsmtp.conf 5").ToString();
    }

    private static void Describe(Mdoc page, Command command, string path)
    {
        var description = (command.Description ?? "").ReplaceLineEndings("\n").Split('\n');
        var example = Array.FindIndex(description, l => l.StartsWith("Example", StringComparison.Ordinal));
        var arguments = string.Join(' ', command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.HelpName ?? a.Name}]" : a.HelpName ?? a.Name));
        page.Macro("It", $"{path}{(arguments.Length > 0 ? " " + arguments : "")}")
            .Text(string.Join('\n', example < 0 ? description : description[..example]));
        if (command.Options.Any(o => !o.Hidden) || command.Arguments.Any(a => a.Description is not null))
        {
            page.Macro("Bl -tag -width Ds -compact");
            foreach (var argument in command.Arguments.Where(a => !a.Hidden && a.Description is not null))
            {
                page.Macro("It", argument.HelpName ?? argument.Name).Text(argument.Description!);
            }

            foreach (var option in command.Options.Where(o => !o.Hidden))
            {
                page.Macro("It", $"{string.Join(", ", option.Aliases.Prepend(option.Name))}{(option.HelpName is { } value ? " " + value : "")}").Text(option.Description ?? "");
            }

            page.Macro("El");
        }

        if (example >= 0)
        {
            var lines = description[example..].Select((l, i) => i == 0 ? l[(l.IndexOf(':', StringComparison.Ordinal) + 1)..] : l).Select(l => l.Trim()).Where(l => l.Length > 0);
            page.Literal(lines);
        }

        foreach (var sub in command.Subcommands.Where(c => !c.Hidden))
        {
            Describe(page, sub, $"{path} {sub.Name}");
        }
    }
}
