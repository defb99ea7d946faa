using System.Diagnostics.CodeAnalysis;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres;

/// <content>Statements and their values, as the driver wants them.</content>
internal sealed partial class Database
{
    // Values by position; the names of the types are the driver's.
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    public static NpgsqlParameter Value(byte[][] value) => new NpgsqlParameter<byte[][]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    public static NpgsqlParameter Value(ReadOnlyMemory<byte>[] value) =>
        new NpgsqlParameter<ReadOnlyMemory<byte>[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };

    public static NpgsqlParameter Value(ReadOnlyMemory<byte> value) => new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    /// <summary>Waits on the caller's thread: for the few who read content where nothing else can be done.</summary>
    public T ReadBlocking<T>(string statement, NpgsqlParameter[] values, Func<NpgsqlDataReader, T> read)
    {
        if (!_edges.Wait(Settings.Patience, _closing.Token))
        {
            throw new DatabaseException(DatabaseTrouble.Busy, "all connections are in use");
        }

        try
        {
            if (_trouble is { } away)
            {
                throw new DatabaseException(DatabaseTrouble.Away, away);
            }

            using var connection = _hosts.Current.Work.OpenConnection();
            using var command = Command(connection, statement, values, Settings.Patience);
            command.CommandTimeout = Math.Max(1, (int)Math.Ceiling(Settings.Patience.TotalSeconds));
            using var rows = command.ExecuteReader();
            return read(rows);
        }
        catch (Exception thrown) when (Judge(thrown, default) is { } trouble)
        {
            throw trouble;
        }
        finally
        {
            _edges.Release();
        }
    }

    /// <summary>The driver's own limit comes late: it ends only what cannot be sent (see <see cref="Driver"/>).</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Statements are constants; what comes from outside comes as values.")]
    private static NpgsqlCommand Command(NpgsqlConnection connection, string statement, NpgsqlParameter[] values, TimeSpan patience)
    {
        var command = new NpgsqlCommand(statement, connection) { CommandTimeout = (int)Math.Ceiling(patience.TotalSeconds) + 10 };
        command.Parameters.AddRange(values);
        return command;
    }

    /// <summary>The same between two others that tell the database how long it may take: all three or none, so nothing of that is left where it fails.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "As above; and numbers.")]
    private NpgsqlBatch Patient(NpgsqlConnection connection, string statement, NpgsqlParameter[] values, TimeSpan patience)
    {
        var patient = new NpgsqlBatchCommand(statement);
        patient.Parameters.AddRange(values);
        return new NpgsqlBatch(connection)
        {
            Timeout = (int)Math.Ceiling(patience.TotalSeconds) + 10,
            BatchCommands = { new NpgsqlBatchCommand(Hosts.SetStatementTimeout(patience)), patient, new NpgsqlBatchCommand(Hosts.SetStatementTimeout(Settings.Patience)) },
        };
    }
}
