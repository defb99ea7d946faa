using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Web.Api;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp dmarc</c>: what is counted of mail in the name of other domains, asked of the running server.</summary>
internal static class DmarcCommand
{
    private const string Path = "api/dmarc";
    private const string NotAsked = "no listener of this server asks dmarc: name it in the checks of one, such as listeners.mx.checks = [dmarc]";

    public static Command Create(Terminal terminal) => new("dmarc", """
        Mail by the DMARC policies that it was judged by: today's and yesterday's, as aggregate reports tell it. Asks the running server.
        Example: actorsmtp dmarc list --domain example.org
        """)
    {
        List(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var domain = new Option<string?>("--domain", "-d") { HelpName = "DOMAIN", Description = "Only by the policy of this domain, with all kinds of messages; else the ten most frequent." };
        var limit = new Option<int?>("--limit", "-n") { HelpName = "N", Description = "So many days and domains at most; 50 without it." };
        var json = new Option<bool>("--json") { Description = "One JSON document." };
        var command = new Command("list", """
            Lists domains and days, the latest first: how much mail came in the domain's name, for how much of it SPF or a signature spoke, where the rest came from, and what was done with it.
            Examples:
              actorsmtp dmarc list
              actorsmtp dmarc list --domain example.org --json
            """)
        {
            domain, limit, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(limit) is < 1 or > 500)
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--limit {parsed.GetValue(limit)}: expected a number from 1 to 500");
            }

            var question = string.Create(CultureInfo.InvariantCulture, $"{Path}?limit={parsed.GetValue(limit) ?? 50}")
                + (parsed.GetValue(domain) is { Length: > 0 } only ? $"&domain={Uri.EscapeDataString(only)}" : "");
            using var client = admin.Client(parsed, terminal);
            var all = await client.GetAsync<DmarcListing>(question, cancellation).ConfigureAwait(false) is { Available: true } there ? there : throw new CommandFailedException(ExitCodes.Unavailable, NotAsked);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, all);
            }
            else
            {
                Write(terminal, all);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, DmarcListing all)
    {
        foreach (var day in all.Items)
        {
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{day.Day:yyyy-MM-dd}  {Printable.Line(day.Domain)} (p={day.Policy}): {day.Messages} {(day.Messages == 1 ? "message" : "messages")}, {day.Passed} its own"));
            foreach (var row in day.Rows)
            {
                var spoke = (row.Dkim, row.Spf) switch { (true, true) => "signed, sent", (true, false) => "signed", (false, true) => "sent", _ => "neither" };
                terminal.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row.Count,10}  {row.Source,-20} {spoke,-12} {row.Disposition,-10} from {Printable.Line(row.From)}, sent by {(row.Sender.Length == 0 ? "<>" : Printable.Line(row.Sender))} (spf {row.SpfResult}){Signed(row)}{Why(row)}"));
            }

            if (day.Unlisted > 0)
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{day.Unlisted,10}  without a row of their own: there is no room for more"));
            }
        }

        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Items.Count} of {all.Total} shown"));
    }

    private static string Signed(DmarcRowItem row) => row.Signatures.Length == 0 ? "" : $", dkim {Printable.Line(row.Signatures)}";

    private static string Why(DmarcRowItem row) => row.Why.Length == 0 ? "" : $", {Printable.Line(row.Why)}";
}
