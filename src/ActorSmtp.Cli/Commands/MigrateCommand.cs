using System.CommandLine;
using System.Globalization;
using ActorSmtp.Cli.Composition;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Storage;
using ActorSmtp.Storage.Access;
using ActorSmtp.Storage.Postgres;

namespace ActorSmtp.Cli.Commands;

/// <summary><c>actorsmtp migrate</c>: moves accounts, tokens and mailboxes from files into the database that nodes share, or back.</summary>
internal static class MigrateCommand
{
    public static Command Create(Terminal terminal)
    {
        var target = new Option<string>("--to") { HelpName = "postgres|maildir", Description = "Where it is to be afterwards; the other side is left as it is.", Required = true };
        target.AcceptOnlyFromAmong("postgres", "maildir");
        var json = new Option<bool>("--json") { Description = "One JSON document on standard output." };
        var command = new Command("migrate", """
            Copies accounts, tokens and mailboxes between data-dir and storage.connection's database, and compares both afterwards.
            May be interrupted and run again. No server may run on either.
            Example: actorsmtp migrate --to postgres --config cluster.conf
            """)
        {
            target, json,
        };
        var configuration = new ConfigurationOptions().AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var settings = configuration.Load(parsed).Server;
            if (settings.Storage.Database.Connection.Length == 0)
            {
                throw new CommandFailedException(ExitCodes.Configuration, "actorsmtp.storage.connection = \"\": expected Npgsql's connection text of the database to move to or from");
            }

            var toDatabase = parsed.GetValue(target) == "postgres";
            if (!toDatabase)
            {
                DataDirectory.Prepare(settings.DataDirectory);
            }
            else if (!Directory.Exists(settings.DataDirectory))
            {
                throw new CommandFailedException(ExitCodes.Unavailable, $"there is no data directory {settings.DataDirectory}; give --config, or --set data-dir=…");
            }

            await using var files = StoreParts.OfFiles(settings);
            await using var shared = StoreParts.OfDatabase(settings);
            using var alone = HoldFiles(files);
            await using var aloneToo = await HoldDatabaseAsync(shared.Shared!, cancellation).ConfigureAwait(false);
            await CheckAtRest(files, shared.Shared!, settings.DataDirectory, cancellation).ConfigureAwait(false);
            var result = await MoveAsync(toDatabase ? files : shared, toDatabase ? shared : files, terminal, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                Json.Write(terminal.Out, result);
            }
            else
            {
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{result.Accounts} accounts, {result.Tokens} tokens, {result.Mailboxes} mailboxes: {result.Copied} messages ({ProgressLine.Size(result.Octets)}) copied, {result.Kept} were there"));
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from: {result.FromMessages} messages, sha256 {result.FromSum}"));
                terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"to:   {result.ToMessages} messages, sha256 {result.ToSum}"));
            }

            if (!result.Equal)
            {
                terminal.Complain("the two sides differ: the target had other messages before, or somebody changed one of them meanwhile; nothing was removed anywhere");
            }

            return result.Equal ? ExitCodes.Ok : ExitCodes.BadData;
        });
        return command;
    }

    /// <summary>No server may run on the files, nor start, until the command has ended.</summary>
    private static IDisposable HoldFiles(StoreParts files)
    {
        try
        {
            return files.HoldFiles();
        }
        catch (StoreException used)
        {
            throw new CommandFailedException(ExitCodes.TemporaryFailure, used.Message);
        }
    }

    /// <summary>Nor on the database.</summary>
    private static async Task<IAsyncDisposable> HoldDatabaseAsync(PostgresStores shared, CancellationToken cancellation)
    {
        try
        {
            return await shared.AloneAsync(cancellation).ConfigureAwait(false);
        }
        catch (StoreException used)
        {
            throw new CommandFailedException(ExitCodes.TemporaryFailure, used.Message);
        }
    }

    /// <summary>What was accepted and is not delivered yet would be left behind.</summary>
    private static async Task CheckAtRest(StoreParts files, PostgresStores shared, string dataDirectory, CancellationToken cancellation)
    {
        if (files.WaitingInJournal is > 0 and var waiting)
        {
            throw new CommandFailedException(
                ExitCodes.TemporaryFailure, $"{waiting} messages in {dataDirectory}/journal are accepted and not delivered: run serve with storage.kind = maildir until they are, and stop it");
        }

        if (await shared.WaitingAsync(cancellation).ConfigureAwait(false) is > 0 and var held)
        {
            throw new CommandFailedException(
                ExitCodes.TemporaryFailure, $"{held} messages in the database are accepted and not delivered: run serve with storage.kind = postgres until they are, and stop it");
        }
    }

    private static async Task<Result> MoveAsync(StoreParts from, StoreParts to, Terminal terminal, CancellationToken cancellation)
    {
        await using var fromUsers = from.Users();
        await using var toUsers = to.Users();
        var accounts = await fromUsers.LoadAsync(cancellation).ConfigureAwait(false);
        await toUsers.UpdateAsync(table => accounts.Accounts.Values.Aggregate(table, (all, account) => all.With(account)), cancellation).ConfigureAwait(false);
        var tokens = (await from.TokensAsync(cancellation).ConfigureAwait(false)).Current;
        if (tokens.Length > 0)
        {
            await (await to.TokensAsync(cancellation).ConfigureAwait(false)).UpdateAsync(
                all => [.. all.Where(t => !tokens.Any(m => m.Id == t.Id)), .. tokens], cancellation).ConfigureAwait(false);
        }

        await using var source = from.Mailboxes();
        await using var target = to.Mailboxes();
        TransferCount copied;
        using (var progress = new ProgressLine(terminal, "messages copied:", 0, wanted: true, TimeProvider.System))
        {
            copied = await new MailboxTransfer((IMailboxReader)source, (IMailboxTarget)target).CopyAsync(count => progress.Report(count.Copied), cancellation).ConfigureAwait(false);
        }

        var before = await SumAsync(source, "octets read at the source:", terminal, cancellation).ConfigureAwait(false);
        var after = await SumAsync(target, "octets read at the target:", terminal, cancellation).ConfigureAwait(false);
        return new Result(
            accounts.Accounts.Count, tokens.Length, copied.Mailboxes, copied.Copied, copied.Kept, copied.Octets, before.Messages, before.Sum, after.Messages, after.Sum, before == after);
    }

    private static async Task<(long Messages, string Sum)> SumAsync(IMailboxStore store, string what, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = new ProgressLine(terminal, what, 0, wanted: true, TimeProvider.System);
        return await MailboxTransfer.SumAsync((IMailboxReader)store, progress.Report, cancellation).ConfigureAwait(false);
    }

    private sealed record Result(
        int Accounts, int Tokens, long Mailboxes, long Copied, long Kept, long Octets, long FromMessages, string FromSum, long ToMessages, string ToSum, bool Equal);
}
