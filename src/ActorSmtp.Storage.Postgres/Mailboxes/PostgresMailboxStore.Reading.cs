using System.Collections.Immutable;
using System.Text.Json;
using ActorSmtp.Storage.Maildir;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <content>The mailboxes for those who read them.</content>
internal sealed partial class PostgresMailboxStore
{
    private static readonly TimeSpan s_longWork = TimeSpan.FromMinutes(5);

    private static readonly ImmutableDictionary<string, ImmutableArray<string>> s_noTags = ImmutableDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    public async Task<string[]> AccountsAsync(CancellationToken cancellation)
    {
        var all = new List<string>();
        while (true)
        {
            var page = await Try("The mailboxes", () => _database.ReadAsync(
                "SELECT account FROM mailboxes WHERE account > $1 ORDER BY account LIMIT 10000",
                [Database.Value(all.Count == 0 ? "" : all[^1])],
                (rows, stop) => Texts(rows, stop),
                cancellation)).ConfigureAwait(false);
            all.AddRange(page);
            if (page.Count < 10000)
            {
                // The database sorts by the octets of UTF-8, an ordinal order of strings by UTF-16.
                return [.. all.Order(StringComparer.Ordinal)];
            }
        }
    }

    public Task<long?> StampAsync(string account, CancellationToken cancellation) => Try($"The mailbox of {account}", async () => !IsText(account) ? null : await _database.ReadAsync(
        "SELECT changes FROM mailboxes WHERE account = $1",
        [Database.Value(account)],
        async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetInt64(0) : (long?)null,
        cancellation).ConfigureAwait(false));

    public Task<bool> VisitAsync(string account, MailboxVisitor visit, CancellationToken cancellation) =>
        MeasureAsync(account, (key, flags, isNew, _) => visit(key, flags, isNew), cancellation);

    public async Task<bool> MeasureAsync(string account, MailboxMeasurer visit, CancellationToken cancellation)
    {
        if (await StampAsync(account, cancellation).ConfigureAwait(false) is null)
        {
            return false;
        }

        var after = "";
        for (var count = Page; count == Page;)
        {
            count = await Try($"The mailbox of {account}", () => _database.ReadAsync(
                "SELECT key, flags, is_new, octets FROM mail WHERE account = $1 AND key > $2 ORDER BY key LIMIT 1000",
                [Database.Value(account), Database.Value(after)],
                async (rows, stop) =>
                {
                    var read = 0;
                    while (await rows.ReadAsync(stop).ConfigureAwait(false))
                    {
                        visit(after = rows.GetString(0), rows.GetString(1), rows.GetBoolean(2), rows.GetInt64(3));
                        read++;
                    }

                    return read;
                },
                cancellation)).ConfigureAwait(false);
        }

        return true;
    }

    public async Task<ImmutableArray<MailboxMessage>> LookAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        var found = new Dictionary<string, MailboxMessage>(StringComparer.Ordinal);
        foreach (var part in names.Select(name => name.Key).Where(IsText).Chunk(Page))
        {
            foreach (var message in await MessagesAsync(account, "key = ANY ($2::text[])", Database.Value(part), cancellation).ConfigureAwait(false))
            {
                found[message.Key] = message;
            }
        }

        return [.. names.Select(name => found.GetValueOrDefault(name.Key)).OfType<MailboxMessage>()];
    }

    public Task<Stream?> OpenAsync(string account, MailboxName name, CancellationToken cancellation) => OpenAsync(account, name.Key, cancellation);

    public Task<MailboxName?> FlagAsync(string account, MailboxName name, string set, string clear, CancellationToken cancellation) => Try($"A message of {account}", async () =>
    {
        while (IsText(account) && IsText(name.Key))
        {
            var (flags, isNew) = await _database.ReadAsync(
                "SELECT flags, is_new FROM mail WHERE account = $1 AND key = $2",
                [Database.Value(account), Database.Value(name.Key)],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetString(0), rows.GetBoolean(1)) : (null, false),
                cancellation).ConfigureAwait(false);
            if (flags is null)
            {
                return null;
            }

            var wanted = string.Concat(flags.Where(letter => !clear.Contains(letter, StringComparison.Ordinal)).Concat(set).Distinct().Order());
            if (await _database.ChangeAsync(
                MailboxStatements.Flag,
                [Database.Value(account), Database.Value(name.Key), Database.Value(flags), Database.Value(isNew), Database.Value(wanted)],
                cancellation).ConfigureAwait(false) > 0)
            {
                return new MailboxName(name.Key, wanted, IsNew: false);
            }
        }

        return null;
    });

    public async Task<ImmutableArray<string>> RemoveAsync(string account, IReadOnlyList<MailboxName> names, CancellationToken cancellation)
    {
        var removed = ImmutableArray.CreateBuilder<string>();
        foreach (var part in names.Select(name => name.Key).Where(IsText).Chunk(Page))
        {
            removed.AddRange(await Try($"The mailbox of {account}", async () => !IsText(account) ? [] : await _database.ReadAsync(
                MailboxStatements.Remove, [Database.Value(account), Database.Value(part)], (rows, stop) => Texts(rows, stop), cancellation, s_longWork).ConfigureAwait(false)).ConfigureAwait(false));
        }

        return removed.ToImmutable();
    }

    public Task<ImmutableDictionary<string, ImmutableArray<string>>> TagsAsync(string account, CancellationToken cancellation) => Try($"The tags of {account}", async () =>
    {
        var text = !IsText(account) ? "" : await _database.ReadAsync(
            "SELECT tags FROM mailboxes WHERE account = $1",
            [Database.Value(account)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetString(0) : "",
            cancellation).ConfigureAwait(false);
        return text.Length == 0
            ? s_noTags
            : JsonSerializer.Deserialize<Dictionary<string, string[]>>(text)!.ToImmutableDictionary(e => e.Key, e => e.Value.ToImmutableArray(), StringComparer.Ordinal);
    });

    public Task<bool> SaveTagsAsync(string account, ImmutableDictionary<string, ImmutableArray<string>> tags, CancellationToken cancellation) => Try($"The tags of {account}", async () =>
        IsText(account) && await _database.ChangeAsync(
            "UPDATE mailboxes SET tags = $2 WHERE account = $1",
            [Database.Value(account), Database.Value(tags.IsEmpty ? "" : JsonSerializer.Serialize(tags.ToDictionary(e => e.Key, e => e.Value.ToArray())))],
            cancellation).ConfigureAwait(false) > 0);

    private Task<List<MailboxMessage>> MessagesAsync(string account, string which, NpgsqlParameter value, CancellationToken cancellation) => Try($"The mailbox of {account}", async () => !IsText(account) ? [] : await _database.ReadAsync(
        $"SELECT key, octets, delivered_at, is_new, flags FROM mail WHERE account = $1 AND {which}",
        [Database.Value(account), value],
        async (rows, stop) =>
        {
            var all = new List<MailboxMessage>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                var (key, isNew, flags) = (rows.GetString(0), rows.GetBoolean(3), rows.GetString(4));
                all.Add(new MailboxMessage(
                    key, MaildirName.Id(key), rows.GetInt64(1), rows.GetFieldValue<DateTimeOffset>(2), isNew || !flags.Contains('S', StringComparison.Ordinal), flags));
            }

            return all;
        },
        cancellation).ConfigureAwait(false));

    private static async Task<List<string>> Texts(NpgsqlDataReader rows, CancellationToken stop)
    {
        var all = new List<string>();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            all.Add(rows.GetString(0));
        }

        return all;
    }
}
