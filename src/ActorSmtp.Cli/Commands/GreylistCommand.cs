using System.CommandLine;
using System.Globalization;
using System.Net;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Storage;
using ActorSmtp.Web.Api;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp greylist</c>: what greylisting remembers, asked of the running server.</summary>
internal static class GreylistCommand
{
    private const string Path = "api/greylist";
    private const string NotAsked = "no listener of this server asks greylisting: name it in the checks of one, such as listeners.mx.checks = [greylisting]";

    public static Command Create(Terminal terminal) => new("greylist", """
        Who was asked to come back, who did, and which networks are known (greylisting). Asks the running server.
        Example: actorsmtp greylist list --recipient bob@example.com
        """)
    {
        List(terminal),
        Clear(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var limit = new Option<int?>("--limit", "-n") { HelpName = "N", Description = "So many at most; without it all." };
        var json = Machine();
        var command = new Command("list", """
            Lists what is remembered, the oldest first: who waits, who came back, networks of which some did. Digits of senders are written #.
            Examples:
              actorsmtp greylist list
              actorsmtp greylist list --state waiting --recipient bob@example.com
              actorsmtp greylist list --address 192.0.2.7 --json
            """)
        {
            limit, json,
        };
        var filter = new Filter().AddTo(command);
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var chosen = filter.Read(parsed);
            var most = parsed.GetValue(limit);
            if (most is < 1)
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--limit {most}: expected a number from 1");
            }

            using var client = admin.Client(parsed, terminal);
            return await ListAsync(client, chosen, most ?? long.MaxValue, parsed.GetValue(json), terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Page by page as they come.</summary>
    private static async Task<int> ListAsync(AdminClient client, Choice chosen, long most, bool json, Terminal terminal, CancellationToken cancellation)
    {
        var (shown, cursor) = (0L, (string?)null);
        GreylistListing page;
        do
        {
            var size = Math.Min(GreylistPage.Largest, most - shown);
            var question = string.Create(CultureInfo.InvariantCulture, $"{Path}?limit={size}{chosen.Query}{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            page = await client.GetAsync<GreylistListing>(question, cancellation).ConfigureAwait(false) is { Available: true } there ? there : throw new CommandFailedException(ExitCodes.Unavailable, NotAsked);
            foreach (var item in page.Items)
            {
                if (json)
                {
                    terminal.Out.Write(shown == 0 ? "{\"items\":[\n" : ",\n");
                    terminal.Out.Write(Json.Text(item));
                }
                else
                {
                    if (shown == 0)
                    {
                        terminal.Out.WriteLine(Line("STATE", "NETWORK", "FIRST", "LAST", "PASSES", "FROM > TO"));
                    }

                    terminal.Out.WriteLine(Line(
                        item.State.ToString().ToLowerInvariant(), item.Network, Time(item.First), item.State == GreylistState.Waiting ? "-" : Time(item.Last),
                        item.Passes.ToString(CultureInfo.InvariantCulture), item.State == GreylistState.Network ? "" : $"{(item.Sender.Length == 0 ? "<>" : Printable.Line(item.Sender))} > {Printable.Line(item.Recipient)}"));
                }

                shown++;
            }

            await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
            cursor = page.Next;
        }
        while (cursor is not null && shown < most);

        if (json)
        {
            terminal.Out.WriteLine($"{(shown == 0 ? "{\"items\":[" : "\n")}],\"totals\":{Json.Text(page.Totals)}}}");
        }
        else
        {
            var t = page.Totals;
            terminal.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{shown} shown; in all {t.Waiting} waiting, {t.Passed} passed, {t.Networks} networks of which {t.KnownNetworks} are known")
                + (t.Trouble is null ? "" : $"; not kept at present: {Printable.Line(t.Trouble)}"));
        }

        return ExitCodes.Ok;
    }

    private static Command Clear(Terminal terminal)
    {
        var all = new Option<bool>("--all") { Description = "Everything, where nothing else is said." };
        var json = Machine();
        var command = new Command("clear", """
            Forgets what is remembered: who is meant is a stranger again, and has to come back.
            Example: actorsmtp greylist clear --address 192.0.2.7
            Example: actorsmtp greylist clear --all
            """)
        {
            all, json,
        };
        var filter = new Filter().AddTo(command);
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var chosen = filter.Read(parsed);
            if (chosen.IsAll != parsed.GetValue(all))
            {
                throw new CommandFailedException(
                    ExitCodes.Usage, chosen.IsAll ? "say what is to be forgotten: --address, --sender, --recipient, --state, or --all" : "--all goes with nothing else: it forgets everything");
            }

            using var client = admin.Client(parsed, terminal);
            var outcome = await client.PostAsync<GreylistOutcome>(
                $"{Path}/clear", new { state = chosen.State, address = chosen.Address, sender = chosen.Sender, recipient = chosen.Recipient, all = chosen.IsAll }, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, outcome);
            }
            else
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{outcome.Cleared} {(outcome.Cleared == 1 ? "entry" : "entries")} forgotten"));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Line(string state, string network, string first, string last, string passes, string who) => $"{state,-7}  {network,-24}  {first,-16}  {last,-16} {passes,6}  {who}".TrimEnd();

    private static string Time(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static Option<bool> Machine() => new("--json") { Description = "One JSON document." };

    /// <summary>What was chosen; what is null was not.</summary>
    private sealed record Choice(string? State, string? Address, string? Sender, string? Recipient)
    {
        public bool IsAll => State is null && Address is null && Sender is null && Recipient is null;

        public string Query => Part("state", State) + Part("address", Address) + Part("sender", Sender) + Part("recipient", Recipient);

        private static string Part(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    /// <summary>Which entries are meant: the same words for listing and for clearing.</summary>
    private sealed class Filter
    {
        private readonly Option<string> _state = new("--state") { HelpName = "STATE", Description = "Only what is waiting (has not come back), passed (has), or a network of which some have." };
        private readonly Option<string> _address = new("--address", "-a") { HelpName = "IP", Description = "Of the network that has this address." };
        private readonly Option<string> _sender = new("--sender", "-f") { HelpName = "TEXT", Description = "With this in the sender's address." };
        private readonly Option<string> _recipient = new("--recipient", "-r") { HelpName = "TEXT", Description = "With this in the recipient's address." };

        public Filter AddTo(Command command)
        {
            _state.AcceptOnlyFromAmong("waiting", "passed", "network");
            foreach (var option in new Option[] { _state, _address, _sender, _recipient })
            {
                command.Options.Add(option);
            }

            return this;
        }

        public Choice Read(ParseResult parsed)
        {
            var chosen = new Choice(Given(_state), Given(_address), Given(_sender), Given(_recipient));
            return chosen.Address is null || IPAddress.TryParse(chosen.Address, out _) ? chosen
                : throw new CommandFailedException(ExitCodes.Usage, $"--address {Printable.Line(chosen.Address)}: expected an IPv4 or IPv6 address");

            string? Given(Option<string> option) => parsed.GetValue(option) is { Length: > 0 } text ? text : null;
        }
    }
}
