using System.Security.Cryptography;
using ActorSmtp.Storage.Postgres.Nodes;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Accounts;

/// <summary>
/// Accounts in a shared database, a row each. A change is one transaction that holds the row of their version, so changes follow each other, by
/// whichever node or command; the version tells the other nodes to read again.
/// </summary>
internal sealed class PostgresUserStore : IUserStore
{
    private const string Secret = "accounts.secret";
    private const string Version = "accounts";

    private readonly Database _database;
    private readonly NodeKeeper? _keeper;

    /// <param name="keeper">Who hears of changes; null: nobody does, as in a command that ends soon.</param>
    public PostgresUserStore(Database database, NodeKeeper? keeper)
    {
        (_database, _keeper) = (database, keeper);
        if (keeper is not null)
        {
            keeper.Changed += OnChanged;
        }
    }

    public event Action? Changed;

    public Task<UserTable> LoadAsync(CancellationToken cancellation) => Try(async () => await _database.ReadAsync(
        "SELECT name, password, addresses, sends_as, certificates, disabled, admin FROM accounts", [], Read, cancellation).ConfigureAwait(false));

    public Task<UserTable> UpdateAsync(Func<UserTable, UserTable> change, CancellationToken cancellation) => Try(async () =>
    {
        var table = await _database.TransactAsync(
            async (connection, stop) =>
            {
                await Database.RunInAsync(connection, "UPDATE versions SET version = version + 1 WHERE name = $1", stop, Database.Value(Version)).ConfigureAwait(false);
                UserTable before;
                await using (var command = new NpgsqlCommand("SELECT name, password, addresses, sends_as, certificates, disabled, admin FROM accounts", connection))
                await using (var rows = await command.ExecuteReaderAsync(stop).ConfigureAwait(false))
                {
                    before = await Read(rows, stop).ConfigureAwait(false);
                }

                var after = change(before);
                var gone = before.Accounts.Keys.Where(name => !after.Accounts.ContainsKey(name)).ToArray();
                if (gone.Length > 0)
                {
                    await Database.RunInAsync(connection, "DELETE FROM accounts WHERE name = ANY ($1::text[])", stop, Database.Value(gone)).ConfigureAwait(false);
                }

                foreach (var account in after.Accounts.Values.Where(a => !before.Accounts.TryGetValue(a.Name, out var was) || was != a))
                {
                    await Database.RunInAsync(
                        connection,
                        """
                        INSERT INTO accounts (name, password, addresses, sends_as, certificates, disabled, admin) VALUES ($1, $2, $3, $4, $5, $6, $7)
                        ON CONFLICT (name) DO UPDATE SET password = excluded.password, addresses = excluded.addresses, sends_as = excluded.sends_as,
                          certificates = excluded.certificates, disabled = excluded.disabled, admin = excluded.admin
                        """,
                        stop,
                        Database.Value(account.Name), Database.Value(account.Password), Database.Value(account.Addresses.ToArray()), Database.Value(account.SendsAs.ToArray()),
                        Database.Value(account.Certificates.ToArray()), Database.Value(account.Disabled), Database.Value(account.Admin)).ConfigureAwait(false);
                }

                return after;
            },
            cancellation).ConfigureAwait(false);
        Changed?.Invoke();
        return table;
    });

    public Task<ReadOnlyMemory<byte>> LoadSecretAsync(CancellationToken cancellation) => Try(async () =>
    {
        // Whoever is first makes it; all others read that one.
        await _database.ChangeAsync(
            "INSERT INTO documents (name, content) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            [Database.Value(Secret), Database.Value(RandomNumberGenerator.GetBytes(IUserStore.SecretLength))],
            cancellation).ConfigureAwait(false);
        var secret = await _database.ReadAsync(
            "SELECT content FROM documents WHERE name = $1",
            [Database.Value(Secret)],
            async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetFieldValue<byte[]>(0) : [],
            cancellation).ConfigureAwait(false);
        return secret.Length == IUserStore.SecretLength
            ? (ReadOnlyMemory<byte>)secret
            : throw new StoreException($"The database's document {Secret} has {secret.Length} octets and needs {IUserStore.SecretLength}: delete its row, and a new one is made.");
    });

    public ValueTask DisposeAsync()
    {
        if (_keeper is not null)
        {
            _keeper.Changed -= OnChanged;
        }

        return ValueTask.CompletedTask;
    }

    private void OnChanged(string what)
    {
        if (what == Version)
        {
            Changed?.Invoke();
        }
    }

    private static async Task<UserTable> Read(NpgsqlDataReader rows, CancellationToken stop)
    {
        var accounts = UserTable.Empty.Accounts.ToBuilder();
        while (await rows.ReadAsync(stop).ConfigureAwait(false))
        {
            accounts[rows.GetString(0)] = new UserAccount(rows.GetString(0), rows.GetString(1), [.. rows.GetFieldValue<string[]>(2)], rows.GetBoolean(5), rows.GetBoolean(6))
            {
                SendsAs = [.. rows.GetFieldValue<string[]>(3)],
                Certificates = [.. rows.GetFieldValue<string[]>(4)],
            };
        }

        return new UserTable(accounts.ToImmutable());
    }

    private async Task<T> Try<T>(Func<Task<T>> work)
    {
        try
        {
            await _database.ReadyAsync(CancellationToken.None).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The accounts cannot be read or saved: {failed.Message}.", failed);
        }
    }
}
