using System.Runtime.CompilerServices;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>
/// Mailboxes in a shared database. A message enters its mailboxes and leaves what is accepted in one statement that its claim's token guards; so
/// a node that slept past its lease delivers nothing a second time. Its content is not copied: the mailboxes refer to the body
/// that was stored when it was accepted. A message's key comes from the message, as its file's name in a Maildir does.
/// </summary>
internal sealed partial class PostgresMailboxStore : IMailboxStore, IMailboxReader
{
    private const int Page = 1000;

    private readonly Database _database;
    private readonly DeliveryLoop _deliveries;

    public PostgresMailboxStore(Database database) => (_database, _deliveries) = (database, new DeliveryLoop(database));

    public void Deliver(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer) => _deliveries.Add(batch, observer);

    public MailboxCondition Condition(string account) => new(_deliveries.WaitingFor(account), _database.Trouble);

    public async IAsyncEnumerable<MailboxSummary> ListMailboxesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var after = ""; ;)
        {
            var page = await SummariesAsync("WHERE account > $1 ORDER BY account LIMIT 1000", after, cancellation).ConfigureAwait(false);
            foreach (var summary in page)
            {
                yield return summary;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            after = page[^1].Account;
        }
    }

    public async Task<MailboxSummary?> ShowAsync(string account, CancellationToken cancellation) =>
        (await SummariesAsync("WHERE account = $1", account, cancellation).ConfigureAwait(false)).FirstOrDefault();

    public async IAsyncEnumerable<MailboxMessage> ListAsync(string account, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var after = ""; ;)
        {
            var page = await MessagesAsync(account, "key > $2 ORDER BY key LIMIT 1000", Database.Value(after), cancellation).ConfigureAwait(false);
            foreach (var message in page)
            {
                yield return message;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            after = page[^1].Key;
        }
    }

    public Task<Stream?> OpenAsync(string account, string key, CancellationToken cancellation) => Try($"A message of {account}", async () =>
    {
        if (!IsText(key) || !IsText(account))
        {
            return null;
        }

        var found = await _database.ReadAsync(
            "SELECT m.body, m.prefix, m.octets, b.content FROM mail m LEFT JOIN bodies b ON b.id = m.body WHERE m.account = $1 AND m.key = $2",
            [Database.Value(account), Database.Value(key)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false)
                ? (Body: rows.GetFieldValue<byte[]>(0), Prefix: rows.GetFieldValue<byte[]>(1), Octets: rows.GetInt64(2), Content: rows.IsDBNull(3) ? null : rows.GetFieldValue<byte[]>(3))
                : default,
            cancellation).ConfigureAwait(false);
        return found.Body is null ? null : (Stream)new MailStream(_database, found.Body, found.Prefix, found.Content, found.Octets);
    });

    public async Task<bool> DeleteAsync(string account, string key, CancellationToken cancellation) =>
        (await RemoveAsync(account, [new MailboxName(key, "", IsNew: false)], cancellation).ConfigureAwait(false)).Length > 0;

    /// <summary>Page by page, so nobody who delivers waits for long; the mailbox itself goes when nothing is left in it.</summary>
    public Task<bool> DeleteMailboxAsync(string account, CancellationToken cancellation) => Try($"The mailbox of {account}", async () =>
    {
        if (!IsText(account) || await ShowAsync(account, cancellation).ConfigureAwait(false) is not { } there)
        {
            return false;
        }

        // Mail may come meanwhile; faster than it goes it should not.
        for (var rounds = (there.Messages / Page) + 100; rounds > 0; rounds--)
        {
            var gone = await _database.ReadAsync(
                MailboxStatements.Empty,
                [Database.Value(account), Database.Value((long)Page)],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt64(0) : 0,
                cancellation,
                s_longWork).ConfigureAwait(false);
            if (gone < Page && await _database.ChangeAsync(MailboxStatements.RemoveMailbox, [Database.Value(account)], cancellation).ConfigureAwait(false) > 0)
            {
                return true;
            }

            if (gone == 0 && await ShowAsync(account, cancellation).ConfigureAwait(false) is null)
            {
                return true;                        // somebody else was quicker
            }
        }

        throw new StoreException($"The mailbox of {account} cannot be emptied: mail comes into it all the time. Disable the account first.");
    });

    public Task<int?> ExportAsync(string account, Stream destination, CancellationToken cancellation) =>
        MboxExport.WriteAsync(this, account, destination, cancellation);

    public ValueTask DisposeAsync() => _deliveries.DisposeAsync();

    /// <summary>What the database can keep as text at all; nothing else is in it.</summary>
    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i]))))
            {
                return false;
            }
        }

        return true;
    }

    private Task<List<MailboxSummary>> SummariesAsync(string which, string value, CancellationToken cancellation) => Try("The mailboxes", async () => !IsText(value) ? [] : await _database.ReadAsync(
        $"SELECT account, messages, unseen, octets, newest FROM mailboxes {which}",
        [Database.Value(value)],
        async (rows, stop) =>
        {
            var all = new List<MailboxSummary>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                all.Add(new MailboxSummary(
                    rows.GetString(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3),
                    rows.IsDBNull(4) || rows.GetInt64(1) == 0 ? null : rows.GetFieldValue<DateTimeOffset>(4)));
            }

            return all;
        },
        cancellation).ConfigureAwait(false));

    /// <summary>What the database says goes to the caller as the stores' own exception.</summary>
    private async Task<T> Try<T>(string what, Func<Task<T>> work)
    {
        try
        {
            await _database.ReadyAsync(CancellationToken.None).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"{what} cannot be read or changed: {failed.Message}.", failed);
        }
    }
}
