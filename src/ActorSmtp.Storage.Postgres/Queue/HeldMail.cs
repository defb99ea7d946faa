namespace ActorSmtp.Storage.Postgres.Queue;

/// <summary>A queued message that this node has claimed, in its slot. What is done with a token that is no longer the row's own is not done at all.</summary>
internal sealed class HeldMail(int slot, MailId id, byte[] key, long token, string line, long length, byte[] body)
{
    public int Slot => slot;

    public MailId Id => id;

    /// <summary>Its id as the tables have it.</summary>
    public byte[] Key => key;

    public long Token => token;

    /// <summary>Where it waited when it was claimed.</summary>
    public string Line => line;

    public long Length => length;

    public byte[] Body => body;

    /// <summary>As it was last stored; null: not kept in memory.</summary>
    public volatile byte[]? State;

    /// <summary>Null: not kept in memory.</summary>
    public byte[]? Envelope { get; init; }

    /// <summary>A timestamp of this node's own clock, taken before the database was asked: the claim lasts at least so long.</summary>
    public long GoodUntil;

    /// <summary>It is another node's by now; its slot stays until it is given back.</summary>
    public volatile bool IsLost;
}

/// <summary>A queued message that is being dealt with: its content comes from the database in pieces, or is at hand still from when it was accepted.</summary>
internal sealed class SharedQueuedMail(Database database, HeldTable table, HeldMail held, Envelope envelope, ReadOnlyMemory<byte> state, ReadOnlyMemory<byte>? content)
    : QueuedMail(held.Slot, held.Id, held.Length, envelope, state)
{
    private readonly Lock _gate = new();
    private byte[] _piece = [];
    private long _pieceAt;

    private protected override int ReadContent(long offset, Span<byte> into)
    {
        if (offset >= Length || into.IsEmpty)
        {
            return 0;
        }

        if (!table.IsSure(held.Slot) || table[held.Slot] != held)
        {
            throw Ended();                          // what is under way is given up before the final dot: another node may have it
        }

        if (content is { } whole)
        {
            return Copy(whole.Span[(int)offset..], into);
        }

        lock (_gate)
        {
            var done = 0;
            while (done < into.Length && offset + done < Length)
            {
                var at = offset + done - _pieceAt;
                if (at < 0 || at >= _piece.Length)
                {
                    (_piece, _pieceAt, at) = (Fetch(offset + done), offset + done, 0);
                }

                done += Copy(_piece.AsSpan((int)at), into[done..]);
            }

            if (offset + done == Length)
            {
                (_piece, _pieceAt) = ([], 0);
            }

            return done;
        }
    }

    private protected override void GiveBack() => _piece = [];

    private byte[] Fetch(long offset)
    {
        try
        {
            var piece = Mail.Bodies.Read(database, held.Body, offset);
            return piece.Length > 0 ? piece
                : table.IsSure(held.Slot) ? throw new StoreException($"The content of {Id} is not there from octet {offset} on.")
                : throw Ended();
        }
        catch (DatabaseException failed)
        {
            throw new StoreException($"The content of {Id} cannot be read: {failed.Message}.", failed);
        }
    }

    private StoreException Ended() => new($"The content of {Id} is not read: this node's claim has ended.", new IOException("the claim has ended"));

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> into)
    {
        var part = from[..Math.Min(from.Length, into.Length)];
        part.CopyTo(into);
        return part.Length;
    }
}
