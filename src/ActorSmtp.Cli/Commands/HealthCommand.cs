using System.CommandLine;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Inspection;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp health</c>: whether a running server takes mail, for people, containers and monitors.</summary>
internal static class HealthCommand
{
    public static Command Create(Terminal terminal)
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Says nothing; the exit code says it." };
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("health", """
            Says whether the running server takes mail: 0 if it does, 69 if it does not or none runs.
            Example: actorsmtp health
            """)
        {
            quiet, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var client = admin.Client(parsed, terminal);
            var report = await client.GetAsync<HealthReport>("health/ready", cancellation, alsoUnavailable: true).ConfigureAwait(false)
                ?? throw new CommandFailedException(ExitCodes.Unavailable, "the server does not know /health/ready: it is another version than this program");
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, report);
            }
            else if (!parsed.GetValue(quiet))
            {
                terminal.Out.WriteLine(report.Status);
                Columns.Write(terminal.Out, ["CHECK", "STATUS", "DETAIL"], report.Checks.Select(c => new[] { c.Name, c.Status, c.Detail }));
            }

            return report.Status == "failed" ? ExitCodes.Unavailable : ExitCodes.Ok;
        });
        return command;
    }
}
