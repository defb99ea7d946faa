using System.Globalization;

namespace ActorSmtp.Storage.Postgres.Accounts;

/// <summary>Small documents in a shared database, a row each: all nodes see the same.</summary>
internal sealed class PostgresDocuments(Database database) : IKeptDocuments
{
    private const int MostOctets = 16 << 20;

    public Task<byte[]?> ReadAsync(string name, CancellationToken cancellation) => Try(name, "read", () => database.ReadAsync(
        "SELECT content FROM documents WHERE name = $1",
        [Database.Value(Row(name))],
        async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? rows.GetFieldValue<byte[]>(0) : null,
        cancellation));

    public Task SaveAsync(string name, byte[]? content, CancellationToken cancellation) => content switch
    {
        null => Try(name, "removed", () => database.ChangeAsync("DELETE FROM documents WHERE name = $1", [Database.Value(Row(name))], cancellation)),
        { Length: > MostOctets } => throw new StoreException($"The document {name} cannot be saved: it has {content.Length} octets, and {MostOctets} at most are kept."),
        _ => Try(name, "saved", () => database.ChangeAsync(
            "INSERT INTO documents (name, content) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
            [Database.Value(Row(name)), Database.Value(content)],
            cancellation)),
    };

    public Task<string> SetAsideAsync(string name, CancellationToken cancellation) => Try(name, "renamed", async () =>
    {
        for (var number = 1; ; number++)
        {
            var aside = string.Create(CultureInfo.InvariantCulture, $"{name}.unreadable-{number}");
            try
            {
                return await database.ChangeAsync(
                    "UPDATE documents SET name = $2 WHERE name = $1", [Database.Value(Row(name)), Database.Value(Row(aside))], cancellation).ConfigureAwait(false) == 1
                    ? aside
                    : throw new StoreException($"The document {name} cannot be renamed: there is none.");
            }
            catch (DatabaseException taken) when (taken.SqlState == Npgsql.PostgresErrorCodes.UniqueViolation)
            {
                // The next number.
            }
        }
    });

    private static string Row(string name) => $"document.{name}";

    private async Task<T> Try<T>(string name, string what, Func<Task<T>> work)
    {
        try
        {
            await database.ReadyAsync(CancellationToken.None).ConfigureAwait(false);
            return await work().ConfigureAwait(false);
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The document {name} cannot be {what}: {failed.Message}.", failed);
        }
    }
}
