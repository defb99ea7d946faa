using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Queue;

/// <summary>A queued message whose content lies in records of the queue's files.</summary>
internal sealed class RecordedMail(QueueStore store, OpenRecords records, int slot, MailId id, long length, Envelope envelope, ReadOnlyMemory<byte> state)
    : QueuedMail(slot, id, length, envelope, state)
{
    private readonly Lock _gate = new();
    private byte[]? _piece;                         // content of the record read last, as far as it is wanted further
    private int _pieceAt = -1;

    private protected override int ReadContent(long offset, Span<byte> into)
    {
        lock (_gate)
        {
            var done = 0;
            for (var i = 0; i < records.Count && done < into.Length; i++)
            {
                var here = records.LengthOf(i);
                if (offset >= here)
                {
                    offset -= here;
                    continue;
                }

                var piece = Piece(i).AsSpan((int)offset, Math.Min(here - (int)offset, into.Length - done));
                piece.CopyTo(into[done..]);
                done += piece.Length;
                if (offset + piece.Length == here)
                {
                    (_piece, _pieceAt) = (null, -1);
                }

                offset = 0;
            }

            return done;
        }
    }

    private protected override void GiveBack() => store.Release(Slot, records);

    private byte[] Piece(int i)
    {
        if (_pieceAt != i)
        {
            try
            {
                (_piece, _pieceAt) = (records.Read(i, place => store.ReadContent(Id, place)), i);
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The content of {Id} cannot be read: {failed.Message}.", failed);
            }
        }

        return _piece!;
    }
}
