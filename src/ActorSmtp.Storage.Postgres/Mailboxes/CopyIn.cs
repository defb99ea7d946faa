using System.Security.Cryptography;
using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>Puts a message into a mailbox with a body of its own; a key that is there already stays as it is.</summary>
internal static class CopyIn
{
    /// <summary>Reads content from an offset on; 0 at the end.</summary>
    public delegate ValueTask<int> Source(long offset, Memory<byte> into);

    /// <param name="length">Octets of content.</param>
    /// <exception cref="DatabaseException">It is not there; a second try does no harm.</exception>
    public static async Task StoreAsync(
        Database database, string account, string key, ReadOnlyMemory<byte> prefix, long length, Source read, DateTimeOffset at, string flags, bool isNew, CancellationToken cancellation)
    {
        var body = RandomNumberGenerator.GetBytes(16);
        var piece = new byte[Math.Min(length, Bodies.Whole)];
        if (length <= Bodies.Whole)
        {
            await FillAsync(read, 0, piece).ConfigureAwait(false);
            await ArriveAsync(MailboxStatements.DeliverCopy, piece).ConfigureAwait(false);
            return;
        }

        for (var offset = 0L; offset < length;)
        {
            var part = piece.AsMemory(0, (int)Math.Min(piece.Length, length - offset));
            await FillAsync(read, offset, part).ConfigureAwait(false);
            if (!await Bodies.UploadAsync(database, body, offset, part, cancellation).ConfigureAwait(false))
            {
                throw new DatabaseException(DatabaseTrouble.Away, "the content's time ended before all of it was there");
            }

            offset += part.Length;
        }

        if (!await ArriveAsync(MailboxStatements.DeliverChunkedCopy, []).ConfigureAwait(false))
        {
            throw new DatabaseException(DatabaseTrouble.Away, "the content's time ended before all of it was there");
        }

        Task<bool> ArriveAsync(string statement, byte[] content) => database.QueryAsync(
            statement,
            [
                Database.Value(body), Database.Value(account), Database.Value(key), Database.Value(prefix), Database.Value(prefix.Length + length),
                Database.Value(at.UtcDateTime), Database.Value(content), Database.Value(flags), Database.Value(isNew),
            ],
            (rows, stop) => rows.ReadAsync(stop),
            cancellation);
    }

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
