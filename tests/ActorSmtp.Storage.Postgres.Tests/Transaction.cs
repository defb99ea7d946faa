using Npgsql;

namespace ActorSmtp.Storage.Postgres.Tests;

/// <summary>Statements of somebody else that are not committed yet.</summary>
internal sealed class Transaction(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    public static async Task<Transaction> BeginAsync(string database)
    {
        var connection = new NpgsqlConnection(Cluster.Shared.ConnectionTo(database) + ";Pooling=false;Timeout=60;Command Timeout=60");
        await connection.OpenAsync();
        return new Transaction(connection, await connection.BeginTransactionAsync());
    }

    public async Task RunAsync(string statement, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(statement, connection, transaction);
        command.Parameters.AddRange(values);
        await command.ExecuteNonQueryAsync();
    }

    public Task CommitAsync() => transaction.CommitAsync();

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
