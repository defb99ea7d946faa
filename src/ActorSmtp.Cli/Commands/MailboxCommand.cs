using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Reading;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Server.Settings;
using ActorSmtp.Storage;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp mailbox</c>: what is in the mailboxes; works with and without a running server.</summary>
internal sealed class MailboxCommand
{
    private readonly Terminal _terminal;
    private readonly Argument<string> _name = new("NAME") { Description = "The mailbox: actorsmtp mailbox list shows all." };
    private readonly Argument<string> _message = new("MESSAGE")
    {
        Description = "Its number in `mailbox show`, its id, or its key; the newest where none is given.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Argument<string[]> _messages = new("MESSAGE") { Description = "Which ones; the whole mailbox where none is given.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _raw = new("--raw") { Description = "The message as it is, octet by octet." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Does not ask." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document on standard output." };

    private MailboxCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var c = new MailboxCommand(terminal);
        return new Command("mailbox", """
            What is in the mailboxes.
            Example: actorsmtp mailbox read barbie
            """)
        {
            c.Sub("list", "Lists the mailboxes.\nExample: actorsmtp mailbox list", c.ListAsync, c._json),
            c.Sub("show", "Lists the messages of a mailbox, oldest first.\nExample: actorsmtp mailbox show barbie", c.ShowAsync, c._name, c._json),
            c.Sub("read", "Shows a message as text.\nExample: actorsmtp mailbox read barbie 3", c.ReadAsync, c._name, c._message, c._raw, c._json),
            c.Sub("export", "Writes a mailbox as mbox to standard output.\nExample: actorsmtp mailbox export barbie > barbie.mbox", c.ExportAsync, c._name),
            c.Sub("delete", "Deletes messages, or a whole mailbox.\nExample: actorsmtp mailbox delete barbie 3 --yes", c.DeleteAsync, c._name, c._messages, c._yes),
        };
    }

    private Command Sub(string name, string description, Func<IMailboxStore, ParseResult, CancellationToken, Task<int>> run, params Symbol[] symbols)
    {
        var command = Subcommand.Of(name, description, symbols);
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = configuration.Load(parsed).Server;
            if (settings.Storage.Kind == StoreKind.Maildir && !Directory.Exists(settings.DataDirectory))
            {
                throw new CommandFailedException(ExitCodes.Unavailable, $"there is no data directory {settings.DataDirectory}; give --config, or --set data-dir=…");
            }

            await using var parts = StoreParts.Of(settings);
            await using var mailboxes = parts.Mailboxes();
            return await run(mailboxes, parsed, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private async Task<int> ListAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var all = await store.ListMailboxesAsync(cancellation).ToListAsync(cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_json))
        {
            Json.Write(_terminal.Out, all);
        }
        else if (all.Count == 0)
        {
            _terminal.Out.WriteLine("no mailboxes yet; one is made at its first mail");
        }
        else
        {
            Columns.Write(_terminal.Out, ["MAILBOX", "MAILS", "NEW", "SIZE", "LAST"], all.Select(m => new[]
            {
                m.Account, Number(m.Messages), Number(m.Unseen), ProgressLine.Size(m.Octets), m.Newest is { } newest ? Time(newest) : "",
            }));
        }

        return ExitCodes.Ok;
    }

    private async Task<int> ShowAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var account = await ExistingAsync(store, parsed, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(_json))
        {
            await using var output = _terminal.OutOctets();
            await Json.WriteAsync(output, new { mailbox = account, messages = GlancesAsync(store, account, cancellation) }, cancellation).ConfigureAwait(false);
            return ExitCodes.Ok;
        }

        var rows = GlancesAsync(store, account, cancellation).Select(m => new[]
        {
            Number(m.Number), m.Unseen ? "N" : "", Time(m.DeliveredAt), ProgressLine.Size(m.Octets), Cut(m.From, 30), m.Subject,
        });
        await Columns.WriteAsync(_terminal.Out, ["NO", "", "DATE", "SIZE", "FROM", "SUBJECT"], rows, cancellation).ConfigureAwait(false);
        return ExitCodes.Ok;
    }

    private static async IAsyncEnumerable<MessageGlance> GlancesAsync(IMailboxStore store, string account, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var number = 0;
        await foreach (var message in store.ListAsync(account, cancellation).ConfigureAwait(false))
        {
            yield return await MessageGlance.OfAsync(store, account, message, ++number, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<int> ReadAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var account = await ExistingAsync(store, parsed, cancellation).ConfigureAwait(false);
        var message = await FindAsync(store, account, parsed.GetValue(_message), cancellation).ConfigureAwait(false);
        var content = await store.OpenAsync(account, message.Key, cancellation).ConfigureAwait(false)
            ?? throw new CommandFailedException(ExitCodes.BadData, "the message was removed or moved just now; try again");
        await using (content.ConfigureAwait(false))
        {
            if (parsed.GetValue(_raw))
            {
                await using var output = _terminal.OutOctets();
                await content.CopyToAsync(output, cancellation).ConfigureAwait(false);
                return ExitCodes.Ok;
            }

            var mail = await ReadableMail.ReadAsync(content, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                Json.Write(_terminal.Out, mail.ToDocument(message));
            }
            else
            {
                mail.WriteText(_terminal.Out);
            }
        }

        return ExitCodes.Ok;
    }

    private async Task<int> ExportAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var account = await ExistingAsync(store, parsed, cancellation).ConfigureAwait(false);
        var summary = await store.ShowAsync(account, cancellation).ConfigureAwait(false);
        await using var output = _terminal.OutOctets();
        using var progress = new ProgressLine(_terminal, "exporting", summary?.Octets ?? 0, !_terminal.OutIsTerminal, TimeProvider.System);
        await using var counted = new CountedStream(output, progress.Report);
        await store.ExportAsync(account, counted, cancellation).ConfigureAwait(false);
        return ExitCodes.Ok;
    }

    private async Task<int> DeleteAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var account = await ExistingAsync(store, parsed, cancellation).ConfigureAwait(false);
        var named = parsed.GetValue(_messages) ?? [];
        var keys = new List<string>();
        foreach (var name in named)
        {
            keys.Add((await FindAsync(store, account, name, cancellation).ConfigureAwait(false)).Key);
        }

        var summary = await store.ShowAsync(account, cancellation).ConfigureAwait(false);
        var what = keys.Count > 0 ? $"{keys.Count} of {account}'s messages" : $"the mailbox {account} with {summary?.Messages ?? 0} messages";
        if (!parsed.GetValue(_yes) && !Confirm($"Delete {what}? It cannot be undone"))
        {
            return ExitCodes.Ok;
        }

        if (keys.Count == 0)
        {
            await store.DeleteMailboxAsync(account, cancellation).ConfigureAwait(false);
        }

        foreach (var key in keys)
        {
            await store.DeleteAsync(account, key, cancellation).ConfigureAwait(false);
        }

        _terminal.Out.WriteLine(Printable.Line($"deleted {what}"));
        return ExitCodes.Ok;
    }

    private bool Confirm(string question)
    {
        if (!_terminal.IsInteractive)
        {
            throw new CommandFailedException(ExitCodes.Usage, "nobody to ask whether to delete; give --yes");
        }

        _terminal.Error.Write($"{Printable.Line(question)} [y/N] ");
        return _terminal.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private async Task<string> ExistingAsync(IMailboxStore store, ParseResult parsed, CancellationToken cancellation)
    {
        var name = parsed.GetValue(_name)!.ToLowerInvariant();
        return await store.ShowAsync(name, cancellation).ConfigureAwait(false) is { } found
            ? found.Account
            : throw new CommandFailedException(ExitCodes.BadData, $"there is no mailbox {name}; actorsmtp mailbox list shows all");
    }

    private static async Task<MailboxMessage> FindAsync(IMailboxStore store, string account, string? which, CancellationToken cancellation)
    {
        var number = 0;
        MailboxMessage? newest = null;
        await foreach (var message in store.ListAsync(account, cancellation).ConfigureAwait(false))
        {
            number++;
            newest = message;
            if (which is not null && (which == Number(number) || which == message.Key || which.Equals(message.Id, StringComparison.OrdinalIgnoreCase)))
            {
                return message;
            }
        }

        return which is null && newest is not null
            ? newest
            : throw new CommandFailedException(ExitCodes.BadData, which is null
                ? $"the mailbox {account} is empty"
                : $"there is no message {which} in {account}; actorsmtp mailbox show {account} lists them");
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..(longest - 1)] + "…";
}
