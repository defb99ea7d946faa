using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp nodes</c>: the nodes that share the database.</summary>
internal static class NodesCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("nodes", """
            The nodes that share this configuration's database, as the database sees them.
            Example: actorsmtp nodes --config cluster.conf
            """)
        {
            json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var parts = StoreParts.Of(configuration.Load(parsed).Server);
            if (parts.Shared is not { } shared)
            {
                throw new CommandFailedException(ExitCodes.Configuration, "actorsmtp.storage.kind = maildir: a server that keeps mail in files is alone; give --config of one with postgres");
            }

            var list = await new SharedNodes(shared).ListAsync(cancellation).ConfigureAwait(false);
            var nodes = list.Nodes;
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, list);
            }
            else if (nodes.IsEmpty)
            {
                terminal.Out.WriteLine("no nodes yet; one joins with: actorsmtp serve");
            }
            else
            {
                Columns.Write(terminal.Out, ["NODE", "STATE", "VERSION", "STARTED", "SEEN", "HELD", "STORED"], nodes.Select(n => new[]
                {
                    n.Name, n.State, n.Version, n.StartedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    string.Create(CultureInfo.InvariantCulture, $"{n.SeenSecondsAgo:0.0} s ago"),
                    n.Held.ToString(CultureInfo.InvariantCulture), n.Stored.ToString(CultureInfo.InvariantCulture),
                }));
                foreach (var differs in list.Differences)
                {
                    terminal.Out.WriteLine(Printable.Line($"{differs.Key} differs: {string.Join("; ", differs.Values.Select(v => $"{v.Node} has {v.Value}"))}"));
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
