using System.Collections.Immutable;
using System.Text.Json;
using ActorSmtp.Storage.Postgres.Nodes;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Accounts;

/// <summary>Tokens of the API in a shared database: one document, changed whole; its version tells the other nodes to read again.</summary>
internal sealed class PostgresTokenStore : ITokenStore
{
    private const string Row = "tokens";

    private readonly Database _database;
    private ImmutableArray<KeptToken> _current = [];

    private PostgresTokenStore(Database database) => _database = database;

    public ImmutableArray<KeptToken> Current => _current;

    /// <param name="keeper">Who hears of changes; null: nobody does.</param>
    /// <exception cref="StoreException">They cannot be read.</exception>
    public static async Task<PostgresTokenStore> OpenAsync(Database database, NodeKeeper? keeper, CancellationToken cancellation)
    {
        var store = new PostgresTokenStore(database);
        try
        {
            await database.ReadyAsync(cancellation).ConfigureAwait(false);
            await store.LookAsync(cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The tokens cannot be read: {failed.Message}.", failed);
        }

        if (keeper is not null)
        {
            keeper.Changed += what => _ = what == Row ? store.LookAgainAsync() : Task.CompletedTask;
        }

        return store;
    }

    public async Task<ImmutableArray<KeptToken>> UpdateAsync(Func<ImmutableArray<KeptToken>, ImmutableArray<KeptToken>> change, CancellationToken cancellation)
    {
        try
        {
            return _current = await _database.TransactAsync(
                async (connection, stop) =>
                {
                    await Database.RunInAsync(connection, "UPDATE versions SET version = version + 1 WHERE name = $1", stop, Database.Value(Row)).ConfigureAwait(false);
                    ImmutableArray<KeptToken> before;
                    await using (var command = new NpgsqlCommand("SELECT content FROM documents WHERE name = $1", connection))
                    {
                        command.Parameters.Add(Database.Value(Row));
                        await using var rows = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                        before = await ReadAsync(rows, stop).ConfigureAwait(false);
                    }

                    var after = change(before);
                    await Database.RunInAsync(
                        connection, "INSERT INTO documents (name, content) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET content = excluded.content", stop,
                        Database.Value(Row), Database.Value(JsonSerializer.SerializeToUtf8Bytes(after.ToArray()))).ConfigureAwait(false);
                    return after;
                },
                cancellation).ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The tokens cannot be saved: {failed.Message}.", failed);
        }
    }

    private async Task LookAsync(CancellationToken cancellation) => _current = await _database.ReadAsync(
        "SELECT content FROM documents WHERE name = $1", [Database.Value(Row)], ReadAsync, cancellation).ConfigureAwait(false);

    /// <summary>What cannot be read lets nobody new in, and what was good before stays good.</summary>
    private async Task LookAgainAsync()
    {
        try
        {
            await LookAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is DatabaseException or StoreException)
        {
        }
    }

    private static async Task<ImmutableArray<KeptToken>> ReadAsync(NpgsqlDataReader rows, CancellationToken stop)
    {
        try
        {
            return await rows.ReadAsync(stop).ConfigureAwait(false) ? [.. JsonSerializer.Deserialize<KeptToken[]>(rows.GetFieldValue<byte[]>(0)) ?? []] : [];
        }
        catch (JsonException wrong)
        {
            throw new StoreException("The database's document tokens is none: delete its row and make new tokens.", wrong);
        }
    }
}
