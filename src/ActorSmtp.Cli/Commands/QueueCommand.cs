using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorSmtp.Cli.Admin;
using ActorSmtp.Cli.Queueing;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Server.Outbound;
using ActorSmtp.Web.Api;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp queue</c>: mail on its way to other servers, asked of the running server.</summary>
internal static class QueueCommand
{
    private const string Path = "api/queue";
    private const int PageSize = 500;

    /// <summary>An order to a large queue takes its time.</summary>
    private static readonly TimeSpan LongestOrder = TimeSpan.FromMinutes(30);

    public static Command Create(Terminal terminal) => new("queue", """
        Mail on its way to other servers: what waits, why, and what is to be done with it. Asks the running server; where none runs, list and show tell what its queue recorded.
        Example: actorsmtp queue list --destination example.org
        """)
    {
        List(terminal),
        Show(terminal),
        Order(terminal, "retry", "retry", "Tries messages now, whatever the schedule says. What is held stays held.", "actorsmtp queue retry --destination example.org", changed => $"{changed} to be tried now"),
        Order(terminal, "hold", "hold", "Holds messages: no attempt is made until they are released.", "actorsmtp queue hold --sender newsletter@example.com", changed => $"{changed} held"),
        Order(terminal, "release", "release", "Releases messages that are held; they are tried at once.", "actorsmtp queue release --all", changed => $"{changed} released"),
        Remove(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var totals = new Option<bool>("--by-destination", "-D") { Description = "How much waits for whom, the largest first, in place of messages." };
        var limit = new Option<int?>("--limit", "-n") { HelpName = "N", Description = "So many at most; without it all messages, or 50 destinations." };
        var json = Machine();
        var command = new Command("list", """
            Lists the queue: one entry for a message at a destination, with what it waits for.
            Examples:
              actorsmtp queue list
              actorsmtp queue list --error greylist --older-than 2h
              actorsmtp queue list --by-destination
            """)
        {
            totals, limit, json,
        };
        var filter = new QueueFilterOptions().AddTo(command, withState: true);
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var selection = filter.Read(parsed);
            var most = parsed.GetValue(limit);
            if (most is < 1)
            {
                throw new CommandFailedException(ExitCodes.Usage, $"--limit {most}: expected a number from 1");
            }

            if (await IsStoppedAsync(admin, parsed, cancellation).ConfigureAwait(false))
            {
                using var stopped = Stopped(admin, parsed, terminal, cancellation);
                return parsed.GetValue(totals)
                    ? StoppedDestinations(stopped, selection, most, parsed.GetValue(json), terminal)
                    : StoppedList(stopped, selection, most, parsed.GetValue(json), terminal);
            }

            using var client = admin.Client(parsed, terminal);
            if (parsed.GetValue(totals))
            {
                return await DestinationsAsync(client, selection, most, parsed.GetValue(json), terminal, cancellation).ConfigureAwait(false);
            }

            return await ListAsync(client, selection, most, parsed.GetValue(json), terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> DestinationsAsync(AdminClient client, QueueSelection selection, int? most, bool json, Terminal terminal, CancellationToken cancellation)
    {
        CheckByDestination(selection);
        var part = selection.Destination is { } domain ? $"&q={Uri.EscapeDataString(domain)}" : "";
        var question = string.Create(CultureInfo.InvariantCulture, $"{Path}/totals?limit={Math.Min(most ?? 50, 200)}{part}");
        Write(Available(await client.GetAsync<QueueOverview>(question, cancellation).ConfigureAwait(false), a => a.Available), json, terminal);
        return ExitCodes.Ok;
    }

    private static void CheckByDestination(QueueSelection selection)
    {
        if (!(selection with { Destination = null }).IsAll)
        {
            throw new CommandFailedException(ExitCodes.Usage, "--by-destination counts all there is for a destination: of the filters only --destination goes with it");
        }
    }

    private static void Write(QueueOverview all, bool json, Terminal terminal)
    {
        if (json)
        {
            Json.Write(terminal.Out, all);
            return;
        }

        var text = new QueueText(terminal, TimeProvider.System);
        if (all.Items.Count > 0)
        {
            text.Destinations(all);
        }

        text.Foot(all.Totals, shown: null);
    }

    /// <summary>No server runs here, and none elsewhere is meant.</summary>
    private static async Task<bool> IsStoppedAsync(AdminOptions admin, ParseResult parsed, CancellationToken cancellation) =>
        !admin.IsElsewhere(parsed) && !await AdminClient.RunsAsync(admin.Settings(parsed).Server.DataDirectory, cancellation).ConfigureAwait(false);

    private static StoppedQueue Stopped(AdminOptions admin, ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var settings = admin.Settings(parsed).Server;
        var where = System.IO.Path.GetFullPath(settings.DataDirectory);
        try
        {
            var queue = StoppedQueue.Open(settings.DataDirectory, settings.Outbound, TimeProvider.System, cancellation);
            terminal.Error.WriteLine($"no server runs on {where}: this is what its queue recorded");
            if (queue.Damage > 0)
            {
                terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{queue.Damage} places of the record cannot be read, and are not shown; the next start sets them aside"));
            }

            return queue;
        }
        catch (Storage.StoreException cannot)
        {
            throw new CommandFailedException(
                ExitCodes.Unavailable,
                $"no server runs on {where} (nobody answers at admin.sock there), and its queue cannot be looked at: {cannot.Message.TrimEnd('.')}. Start it with `actorsmtp serve`, or say which one is meant: --config, --set data-dir=…, --url");
        }
    }

    private static int StoppedList(StoppedQueue queue, QueueSelection selection, int? most, bool json, Terminal terminal)
    {
        var (list, totals) = (new Listing(json, terminal), new StoppedTotals());
        foreach (var entry in queue.List(selection.ToFilter(), totals))
        {
            if (list.Shown < (most ?? long.MaxValue))
            {
                list.Add(QueueItem.Of(entry));
            }
        }

        list.End(QueueFigures.Of(totals.Totals), selection.IsAll && list.Shown < (most ?? long.MaxValue));
        return ExitCodes.Ok;
    }

    private static int StoppedDestinations(StoppedQueue queue, QueueSelection selection, int? most, bool json, Terminal terminal)
    {
        CheckByDestination(selection);
        var totals = new StoppedTotals();
        foreach (var _ in queue.List(QueueFilter.All, totals))
        {
        }

        var items = totals.Destinations.Where(there => selection.Destination is not { } part || there.Destination.Contains(part, StringComparison.OrdinalIgnoreCase)).Take(Math.Min(most ?? 50, 200));
        Write(new QueueOverview(true, QueueFigures.Of(totals.Totals), [.. items.Select(DestinationFigures.Of)]), json, terminal);
        return ExitCodes.Ok;
    }

    /// <summary>Page by page as they come: a million entries need no more memory than one page.</summary>
    private static async Task<int> ListAsync(AdminClient client, QueueSelection selection, int? most, bool json, Terminal terminal, CancellationToken cancellation)
    {
        var (list, cursor) = (new Listing(json, terminal), (string?)null);
        QueueListing page;
        do
        {
            var size = Math.Min(PageSize, (most ?? long.MaxValue) - list.Shown);
            var question = string.Create(CultureInfo.InvariantCulture, $"{Path}?limit={size}{selection.Query}{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}");
            page = Available(await client.GetAsync<QueueListing>(question, cancellation).ConfigureAwait(false), p => p.Available);
            foreach (var item in page.Items)
            {
                list.Add(item);
            }

            await terminal.Out.FlushAsync(cancellation).ConfigureAwait(false);
            cursor = page.Next;
        }
        while (cursor is not null && list.Shown < (most ?? long.MaxValue));

        list.End(page.Totals, selection.IsAll && cursor is null);
        return ExitCodes.Ok;
    }

    /// <summary>A list as it comes: for people, or one JSON document.</summary>
    private sealed class Listing(bool json, Terminal terminal)
    {
        private readonly QueueText _text = new(terminal, TimeProvider.System);

        public long Shown { get; private set; }

        public void Add(QueueItem item)
        {
            if (json)
            {
                terminal.Out.Write(Shown == 0 ? "{\"items\":[\n" : ",\n");
                terminal.Out.Write(Json.Text(item));
            }
            else
            {
                if (Shown == 0)
                {
                    _text.Head();
                }

                _text.Item(item);
            }

            Shown++;
        }

        /// <param name="isAll">All there is was shown.</param>
        public void End(QueueFigures totals, bool isAll)
        {
            if (json)
            {
                terminal.Out.WriteLine($"{(Shown == 0 ? "{\"items\":[" : "\n")}],\"totals\":{Json.Text(totals)}}}");
            }
            else
            {
                _text.Foot(totals, isAll ? null : Shown);
            }
        }
    }

    private static Command Show(Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "The message's id." };
        var json = Machine();
        var command = new Command("show", """
            Shows a message in the queue: its recipients, and every attempt with host, address, TLS, replies and times.
            Example: actorsmtp queue show 0N825T96800C5ZNN
            """)
        {
            id, json,
        };
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var wanted = parsed.GetValue(id)!;
            if (!MailId.TryParse(wanted, out var mail))
            {
                throw new CommandFailedException(ExitCodes.Usage, $"{Printable.Line(wanted)} is no id of a message: expected 16 characters, as `actorsmtp queue list` shows them");
            }

            if (await IsStoppedAsync(admin, parsed, cancellation).ConfigureAwait(false))
            {
                using var stopped = Stopped(admin, parsed, terminal, cancellation);
                var detail = QueueDetail.Of(stopped.Show(mail) ?? throw NotThere(mail));
                if (parsed.GetValue(json))
                {
                    Json.Write(terminal.Out, detail);
                }
                else
                {
                    new QueueText(terminal, TimeProvider.System).Message(detail);
                }

                return ExitCodes.Ok;
            }

            using var client = admin.Client(parsed, terminal);
            var question = $"{Path}/{mail}";
            if (parsed.GetValue(json))
            {
                using var document = await client.GetAsync<JsonDocument>(question, cancellation).ConfigureAwait(false) ?? throw NotThere(mail);
                Json.Write(terminal.Out, document);
            }
            else
            {
                new QueueText(terminal, TimeProvider.System).Message(await client.GetAsync<QueueDetail>(question, cancellation).ConfigureAwait(false) ?? throw NotThere(mail));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Order(Terminal terminal, string name, string action, string what, string example, Func<string, string> done)
    {
        var all = new Option<bool>("--all") { Description = "The whole queue, where nothing else is said." };
        var json = Machine();
        var command = new Command(name, $"{what}\nExample: actorsmtp queue {name} 0N825T96800C5ZNN\nExample: {example}") { all, json };
        var filter = new QueueFilterOptions().AddTo(command, withState: name == "hold");
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var selection = Wanted(filter.Read(parsed), parsed.GetValue(all), name);
            using var client = admin.Client(parsed, terminal);
            return await OrderAsync(client, action, selection, parsed.GetValue(json), done, terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var all = new Option<bool>("--all") { Description = "The whole queue, where nothing else is said." };
        var notify = new Option<bool>("--notify") { Description = "Senders are told that their message could not be delivered, as far as they want to hear of failures." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Does not ask." };
        var json = Machine();
        var command = new Command("remove", """
            Removes messages from the queue for good, silently or with a notice to their senders.
            Example: actorsmtp queue remove 0N825T96800C5ZNN
            Example: actorsmtp queue remove --destination dead.example --older-than 3d --notify
            """)
        {
            all, notify, yes, json,
        };
        var filter = new QueueFilterOptions().AddTo(command, withState: true);
        var admin = new AdminOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var selection = Wanted(filter.Read(parsed), parsed.GetValue(all), "remove");
            using var client = admin.Client(parsed, terminal);
            var what = selection is { Ids: { } ids } && (selection with { Ids = null }).IsAll ? string.Join(", ", ids) : selection.IsAll ? "the whole queue" : "all that matches";
            if (!parsed.GetValue(yes) && !Confirm(terminal, $"Remove {what}{(parsed.GetValue(notify) ? " and tell the senders" : "; nobody will be told")}? It cannot be undone"))
            {
                return ExitCodes.Ok;
            }

            return parsed.GetValue(notify)
                ? await OrderAsync(client, "return", selection, parsed.GetValue(json), changed => $"{changed} returned to their senders", terminal, cancellation).ConfigureAwait(false)
                : await OrderAsync(client, "remove", selection, parsed.GetValue(json), changed => $"{changed} removed", terminal, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> OrderAsync(
        AdminClient client, string action, QueueSelection selection, bool json, Func<string, string> done, Terminal terminal, CancellationToken cancellation)
    {
        var outcome = await client.PostAsync<QueueOutcome>(
            $"{Path}/actions",
            new
            {
                action,
                ids = selection.Ids,
                destination = selection.Destination,
                sender = selection.Sender,
                recipient = selection.Recipient,
                state = selection.State,
                olderThan = selection.OlderThan,
                error = selection.Error,
                all = selection.IsAll,
            },
            cancellation,
            LongestOrder).ConfigureAwait(false);
        if (json)
        {
            Json.Write(terminal.Out, outcome);
        }
        else
        {
            terminal.Out.WriteLine(outcome.Changed == 0 ? "nothing was changed: no message is meant by that, or it is so already" : done(string.Create(CultureInfo.InvariantCulture, $"{outcome.Changed} {(outcome.Changed == 1 ? "message" : "messages")}")));
        }

        // Who names a message means one that is there.
        return outcome.Changed == 0 && selection.Ids is not null ? ExitCodes.BadData : ExitCodes.Ok;
    }

    private static QueueSelection Wanted(QueueSelection selection, bool all, string name) => (selection.IsAll, all) switch
    {
        (true, false) => throw new CommandFailedException(ExitCodes.Usage, $"queue {name}: say which messages (ids, --destination, --sender, …), or --all for the whole queue"),
        (false, true) => throw new CommandFailedException(ExitCodes.Usage, $"queue {name}: --all is the whole queue; leave it away, or what narrows it down"),
        _ => selection,
    };

    private static bool Confirm(Terminal terminal, string question)
    {
        if (!terminal.IsInteractive)
        {
            throw new CommandFailedException(ExitCodes.Usage, "nobody to ask whether to remove; give --yes");
        }

        terminal.Error.Write($"{Printable.Line(question)} [y/N] ");
        return terminal.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static T Available<T>(T? answer, Func<T, bool> isAvailable)
        where T : class => answer is null
        ? throw new CommandFailedException(ExitCodes.Unavailable, "the server knows no queue: it is another version than this program")
        : isAvailable(answer) ? answer
        : throw new CommandFailedException(ExitCodes.Unavailable, "this server sends no mail on (outbound.routes is empty): there is no queue");

    private static CommandFailedException NotThere(MailId id) =>
        new(ExitCodes.BadData, $"{id} is not in the queue (any more); `actorsmtp explain {id}` tells what became of it");

    private static Option<bool> Machine() => new("--json") { Description = "One JSON document on standard output." };
}
