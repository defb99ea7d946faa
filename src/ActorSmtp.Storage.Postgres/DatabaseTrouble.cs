using System.Net.Sockets;
using Npgsql;

namespace ActorSmtp.Storage.Postgres;

/// <summary>What is wrong with a database that did not do what was asked.</summary>
internal enum DatabaseTrouble
{
    /// <summary>It is not there, shuts down, starts up, or did not answer in time. Whether the statement was done is not known.</summary>
    Away,

    /// <summary>Somebody else had a lock on what was to be changed, for longer than is waited, or the statement was cancelled there: it was not done.</summary>
    Busy,

    /// <summary>It has no room.</summary>
    Full,

    /// <summary>It says no, and would again.</summary>
    Refused,
}

/// <summary>A statement failed; the message says why, in the database's words.</summary>
internal sealed class DatabaseException : IOException
{
    public DatabaseException(DatabaseTrouble kind, string message, string? sqlState = null, Exception? inner = null) : base(message, inner) =>
        (Kind, SqlState) = (kind, sqlState);

    public DatabaseTrouble Kind { get; }

    /// <summary>The five letters of SQL's table of errors, where the database said them.</summary>
    public string? SqlState { get; }

    /// <summary>Whether the driver may still read what it was given: memory of it must not be used for anything else.</summary>
    public bool IsLeftBehind => InnerException is LeftBehindException;

    /// <summary>Translates what the driver throws; null: it is none of the database's.</summary>
    public static DatabaseException? Of(Exception thrown) => thrown switch
    {
        DatabaseException already => already,
        PostgresException said => new DatabaseException(KindOf(said.SqlState), $"{said.MessageText} ({said.SqlState})", said.SqlState, said),
        NpgsqlException failed => new DatabaseException(DatabaseTrouble.Away, Words(failed), null, failed),
        TimeoutException slow => new DatabaseException(DatabaseTrouble.Away, "no answer in time", null, slow),
        OperationCanceledException slow => new DatabaseException(DatabaseTrouble.Away, "no answer in time", null, slow),
        StoreException => null,                      // ours, thrown while we were at work
        SocketException or IOException or ObjectDisposedException => new DatabaseException(DatabaseTrouble.Away, thrown.Message.TrimEnd('.'), null, thrown),
        _ => null,
    };

    /// <summary>Two transactions were in each other's way and this one was undone: to be tried again. (Not 40003, by which distributed ones say that they do not know whether it was.)</summary>
    public static bool IsCollision(Exception thrown) => thrown is PostgresException { SqlState: ['4', '0', ..] and not PostgresErrorCodes.StatementCompletionUnknown };

    /// <summary>It waited for a lock, and was undone: to be tried again as long as there is time.</summary>
    public static bool IsLocked(Exception thrown) => thrown is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    // 08 connection, 53 resources (53100: disk), 57 operator's doing (shutdown; 57014: cancelled), 58 the system: all but a full disk pass by themselves.
    private static DatabaseTrouble KindOf(string state) => state switch
    {
        PostgresErrorCodes.DiskFull => DatabaseTrouble.Full,
        PostgresErrorCodes.ReadOnlySqlTransaction => DatabaseTrouble.Away,      // a standby that was the primary a moment ago
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled => DatabaseTrouble.Busy,
        PostgresErrorCodes.StatementCompletionUnknown => DatabaseTrouble.Away,
        ['4', '0', ..] => DatabaseTrouble.Busy,
        ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or ['5', '8', ..] or ['X', 'X', ..] => DatabaseTrouble.Away,
        _ => DatabaseTrouble.Refused,
    };

    private static string Words(Exception failed)
    {
        while (failed.InnerException is { } inner)
        {
            failed = inner;
        }

        return failed is TimeoutException ? "no answer in time" : failed.Message.TrimEnd('.');
    }
}
