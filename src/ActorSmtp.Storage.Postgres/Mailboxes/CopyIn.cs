using System.Security.Cryptography;
using ActorSmtp.Storage.Postgres.Mail;
using Npgsql;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>Puts a message into a mailbox with a body of its own; a key that is there already stays as it is.</summary>
internal static class CopyIn
{
    /// <summary>Reads content from an offset on; 0 at the end.</summary>
    public delegate ValueTask<int> Source(long offset, Memory<byte> into);

    /// <param name="length">Octets of content.</param>
    /// <param name="accepted">Of which accepted message it is a copy, by its claim (<see cref="ClaimedMail.TokenOf"/>), and by its id.</param>
    /// <returns>False: that message is another node's by now, and nothing was stored.</returns>
    /// <exception cref="DatabaseException">It is not there; a second try does no harm.</exception>
    public static async Task<bool> StoreAsync(
        Database database, string account, string key, ReadOnlyMemory<byte> prefix, long length, Source read, DateTimeOffset at, string flags, bool isNew,
        (NpgsqlParameter Token, byte[] Id) accepted, CancellationToken cancellation)
    {
        var body = RandomNumberGenerator.GetBytes(16);
        var piece = new byte[Math.Min(length, Bodies.Whole)];
        if (length <= Bodies.Whole)
        {
            await FillAsync(read, 0, piece).ConfigureAwait(false);
            return await ArriveAsync(MailboxStatements.DeliverCopy, piece).ConfigureAwait(false);
        }

        for (var offset = 0L; offset < length;)
        {
            var part = piece.AsMemory(0, (int)Math.Min(piece.Length, length - offset));
            await FillAsync(read, offset, part).ConfigureAwait(false);
            if (!await Bodies.UploadAsync(database, body, offset, part, cancellation).ConfigureAwait(false))
            {
                throw Swept();
            }

            offset += part.Length;
        }

        return await ArriveAsync(MailboxStatements.DeliverChunkedCopy, []).ConfigureAwait(false);

        async Task<bool> ArriveAsync(string statement, byte[] content)
        {
            var (isWhole, isOurs) = await database.QueryAsync(
                statement,
                [
                    Database.Value(body), Database.Value(account), Database.Value(key), Database.Value(prefix), Database.Value(prefix.Length + length),
                    Database.Value(at.UtcDateTime), Database.Value(content), Database.Value(flags), Database.Value(isNew), accepted.Token.Clone(), Database.Value(accepted.Id),
                ],
                async (rows, stop) => await rows.ReadAsync(stop).ConfigureAwait(false) ? (rows.GetBoolean(0), rows.GetBoolean(1)) : default,
                cancellation).ConfigureAwait(false);
            return isWhole ? isOurs : throw Swept();
        }
    }

    private static DatabaseException Swept() => new(DatabaseTrouble.Busy, "the content's time ended before all of it was there");

    private static async Task FillAsync(Source read, long offset, Memory<byte> into)
    {
        while (!into.IsEmpty)
        {
            var count = await read(offset, into).ConfigureAwait(false);
            if (count == 0)
            {
                throw new StoreException($"The content ended at octet {offset}, before its length.");
            }

            offset += count;
            into = into[count..];
        }
    }
}
