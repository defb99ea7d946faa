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
    private volatile Piece? _last;                  // a message that goes to several destinations has several readers

    public override bool ReadsAsynchronously => content is null;

    private protected override int ReadContent(long offset, Span<byte> into)
    {
        var done = ReadAtHand(offset, into);
        while (done < into.Length && offset + done < Length)
        {
            try
            {
                done += Copy(Have(Mail.Bodies.Read(database, held.Body, offset + done), offset + done), into[done..]);
            }
            catch (DatabaseException failed)
            {
                throw Unread(failed);
            }
        }

        return Ended(offset, done);
    }

    private protected override async ValueTask<int> ReadContentAsync(long offset, Memory<byte> into, CancellationToken cancellation)
    {
        var done = ReadAtHand(offset, into.Span);
        while (done < into.Length && offset + done < Length)
        {
            try
            {
                var piece = await Mail.Bodies.ReadAsync(database, held.Body, offset + done, cancellation).ConfigureAwait(false);
                done += Copy(Have(piece, offset + done), into.Span[done..]);
            }
            catch (DatabaseException failed)
            {
                throw Unread(failed);
            }
        }

        return Ended(offset, done);
    }

    private protected override void GiveBack() => _last = null;

    /// <summary>What is in memory of it; 0: it has to be asked for.</summary>
    private int ReadAtHand(long offset, Span<byte> into)
    {
        if (offset >= Length || into.IsEmpty)
        {
            return 0;
        }

        MakeSure();
        return content is { } whole ? Copy(whole.Span[(int)offset..], into)
            : _last is var (octets, at) && offset >= at && offset < at + octets.Length ? Copy(octets.AsSpan((int)(offset - at)), into)
            : 0;
    }

    private byte[] Have(byte[] piece, long offset)
    {
        MakeSure();
        _last = piece.Length > 0 ? new Piece(piece, offset) : throw new StoreException($"The content of {Id} is not there from octet {offset} on.");
        return piece;
    }

    /// <summary>Nothing is kept of what has been read to its end.</summary>
    private int Ended(long offset, int done)
    {
        if (offset + done == Length)
        {
            _last = null;
        }

        return done;
    }

    /// <summary>What is under way is given up before the final dot, where another node may have it.</summary>
    private void MakeSure()
    {
        if (!table.IsSure(held.Slot) || table[held.Slot] != held)
        {
            throw new StoreException($"The content of {Id} is not read: this node's claim has ended.", new IOException("the claim has ended"));
        }
    }

    private StoreException Unread(DatabaseException failed) => new($"The content of {Id} cannot be read: {failed.Message}.", failed);

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> into)
    {
        var part = from[..Math.Min(from.Length, into.Length)];
        part.CopyTo(into);
        return part.Length;
    }

    private sealed record Piece(byte[] Octets, long At);
}
