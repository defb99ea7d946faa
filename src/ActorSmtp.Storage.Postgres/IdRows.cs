using Npgsql;

namespace ActorSmtp.Storage.Postgres;

/// <summary>Statements that say of which messages they are true.</summary>
internal static class IdRows
{
    /// <summary>Runs a statement whose rows begin with an id each.</summary>
    /// <param name="patience">As <see cref="Database.QueryAsync"/> has it.</param>
    /// <exception cref="DatabaseException">As there.</exception>
    public static Task<HashSet<MailId>> IdsAsync(this Database database, string statement, NpgsqlParameter[] values, CancellationToken cancellation, TimeSpan? patience = null) => database.QueryAsync(
        statement,
        values,
        async (rows, stop) =>
        {
            var ids = new HashSet<MailId>();
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                ids.Add(MailId.Read(rows.GetFieldValue<byte[]>(0)));
            }

            return ids;
        },
        cancellation,
        patience);

    /// <summary>The same of a statement that marks some of them.</summary>
    public static Task<(HashSet<MailId> Plain, HashSet<MailId> Marked)> MarkedIdsAsync(
        this Database database, string statement, NpgsqlParameter[] values, CancellationToken cancellation, TimeSpan? patience = null) => database.QueryAsync(
        statement,
        values,
        async (rows, stop) =>
        {
            var ids = (Plain: new HashSet<MailId>(), Marked: new HashSet<MailId>());
            while (await rows.ReadAsync(stop).ConfigureAwait(false))
            {
                (rows.GetBoolean(1) ? ids.Marked : ids.Plain).Add(MailId.Read(rows.GetFieldValue<byte[]>(0)));
            }

            return ids;
        },
        cancellation,
        patience);
}
