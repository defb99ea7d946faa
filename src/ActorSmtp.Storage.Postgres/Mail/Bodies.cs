using Npgsql;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>Contents of messages as the tables have them: in one piece up to <see cref="Whole"/>, else in chunks.</summary>
internal static class Bodies
{
    /// <summary>Octets of a chunk, and the longest content that has none.</summary>
    public const int Whole = 128 * 1024;

    /// <summary>Octets of one answer.</summary>
    public const int Piece = 256 * 1024;

    // A body without content is in chunks; the chunk that an offset falls into is the last that begins not after it.
    private const string PieceAt =
        """
        SELECT substring(b.content FROM ($2 + 1)::int4 FOR 262144) FROM bodies b WHERE b.id = $1 AND b.content IS NOT NULL
        UNION ALL
        SELECT substring(c.content FROM ($2 - c.at + 1)::int4 FOR 262144) FROM
          (SELECT at, content FROM chunks WHERE body = $1 AND at <= $2 ORDER BY at DESC LIMIT 1) c
        """;

    /// <summary>Content from an offset on, as much as lies together; empty: there is none (any more). Waits on the caller's thread.</summary>
    /// <exception cref="DatabaseException">It cannot be read now.</exception>
    public static byte[] Read(Database database, byte[] body, long offset) => database.ReadBlocking(
        PieceAt, Values(body, offset), rows => rows.Read() ? rows.GetFieldValue<byte[]>(0) : []);

    /// <inheritdoc cref="Read"/>
    public static Task<byte[]> ReadAsync(Database database, byte[] body, long offset, CancellationToken cancellation) => database.ReadAsync(
        PieceAt,
        Values(body, offset),
        async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? await rows.GetFieldValueAsync<byte[]>(0, stop).ConfigureAwait(false) : [],
        cancellation);

    /// <summary>As it is delivered or sent on, from an offset on; no thread waits where it is to come from the database.</summary>
    /// <returns>Octets read; 0 at the end.</returns>
    /// <exception cref="StoreException">It cannot be read.</exception>
    public static ValueTask<int> ReadHandedOnAsync(this StoredMail mail, long offset, Memory<byte> into, CancellationToken cancellation)
    {
        if (mail is not ClaimedMail claimed)
        {
            return new(mail.ReadHandedOn(offset, into.Span));
        }

        if (mail.Envelope.Edits is not { } edits)
        {
            return claimed.ReadAsync(offset, into, cancellation);
        }

        var (inserted, from, most) = edits.At(offset);
        if (inserted.IsEmpty)
        {
            return claimed.ReadAsync(from, into[..(int)Math.Min(into.Length, most)], cancellation);
        }

        inserted = inserted[..Math.Min(inserted.Length, into.Length)];
        inserted.CopyTo(into);
        return new(inserted.Length);
    }

    /// <summary>Writes one chunk of content that is still coming; the first one begins it.</summary>
    /// <returns>False: what came before is not there any more, as its time had ended.</returns>
    /// <exception cref="DatabaseException">It is not known to be there.</exception>
    public static async Task<bool> UploadAsync(Database database, byte[] body, long at, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        await database.ExecuteAsync(
            at == 0 ? Statements.UploadFirst : Statements.UploadNext, [Database.Value(body), Database.Value(at), Database.Value(content)], cancellation).ConfigureAwait(false) == 1;

    private static NpgsqlParameter[] Values(byte[] body, long offset) => [Database.Value(body), Database.Value(offset)];
}
