using System.Buffers.Binary;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// What stands right behind the copy of a moved message, in the same write: which of its recipients have it. The records that said so
/// may be freed before the copy is.
/// </summary>
internal static class MovedDone
{
    /// <summary>Recipients in one record: it fits a large block.</summary>
    private const int Most = 4000;

    /// <summary>What the records for so many recipients take.</summary>
    public static int Octets(int recipients) => recipients == 0 ? 0 : (((recipients - 1) / Most) + 1) * RecordHeader.Size + (recipients * DoneList.EntrySize);

    /// <summary>Adds the records to the copy's chain, so that they are written and released with it.</summary>
    /// <returns>Octets they take.</returns>
    public static int AddTo(Block chain, long order, ReadOnlySpan<int> recipients, BlockPool pool, Func<RecordHeader> next)
    {
        var tail = chain;
        while (tail.Next is not null)
        {
            tail = tail.Next;
        }

        var octets = Octets(recipients.Length);
        for (; recipients.Length > 0; recipients = recipients[Math.Min(Most, recipients.Length)..])
        {
            var count = Math.Min(Most, recipients.Length);
            tail = tail.Next = pool.RentLarge();
            tail.Used = RecordHeader.Size + (count * DoneList.EntrySize);
            var payload = tail.Bytes[RecordHeader.Size..];
            for (var i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(payload[(i * DoneList.EntrySize)..], order);
                BinaryPrimitives.WriteInt64LittleEndian(payload[((i * DoneList.EntrySize) + 8)..], recipients[i]);
            }

            var header = next();
            header.ContentLength = payload.Length;
            header.PayloadCrc = Crc32C.Of(payload);
            header.Write(tail.Bytes);
        }

        return octets;
    }
}
