using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage;

/// <summary>
/// A queued message that is being dealt with: what is known of it, and its content to be read until it is disposed of; also when it is removed
/// from the queue meanwhile.
/// </summary>
public sealed class QueuedMail : IDisposable
{
    private readonly Queue.QueueStore _store;
    private readonly Lock _gate = new();
    private byte[]? _piece;                         // content of the record read last, as far as it is wanted further
    private int _pieceAt = -1;
    private int _disposed;

    internal QueuedMail(Queue.QueueStore store, Queue.OpenRecords records, int slot, MailId id, long length, Envelope envelope, ReadOnlyMemory<byte> state)
    {
        (_store, Records, Slot, Id, Length, Envelope, State) = (store, records, slot, id, length, envelope, state);
    }

    public int Slot { get; }

    public MailId Id { get; }

    /// <summary>Octets of content.</summary>
    public long Length { get; }

    public Envelope Envelope { get; }

    /// <summary>As it was stored when this was loaded.</summary>
    public ReadOnlyMemory<byte> State { get; }

    internal Queue.OpenRecords Records { get; }

    /// <summary>Reads content at an offset; waits for the disk. From any thread, one at a time.</summary>
    /// <returns>Octets read, as many as fit; 0 at the end.</returns>
    /// <exception cref="StoreException">The disk failed, or what it gave is not what was stored.</exception>
    public int Read(long offset, Span<byte> into)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        lock (_gate)
        {
            var done = 0;
            for (var i = 0; i < Records.Count && done < into.Length; i++)
            {
                var length = Records.LengthOf(i);
                if (offset >= length)
                {
                    offset -= length;
                    continue;
                }

                var piece = Piece(i).AsSpan((int)offset, Math.Min(length - (int)offset, into.Length - done));
                piece.CopyTo(into[done..]);
                done += piece.Length;
                if (offset + piece.Length == length)
                {
                    (_piece, _pieceAt) = (null, -1);
                }

                offset = 0;
            }

            return done;
        }
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _store.GiveBack(this);
        }
    }

    private byte[] Piece(int i)
    {
        if (_pieceAt != i)
        {
            try
            {
                (_piece, _pieceAt) = (Records.Read(i, place => _store.ReadContent(Id, place)), i);
            }
            catch (DiskException failed)
            {
                throw new StoreException($"The content of {Id} cannot be read: {failed.Message}.", failed);
            }
        }

        return _piece!;
    }
}
