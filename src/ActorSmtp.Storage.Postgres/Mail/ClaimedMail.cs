using System.Collections;
using ActorSmtp.Protocol.Smtp;
using Npgsql;
using NpgsqlTypes;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// An accepted message that this node has claimed. The claim is good until <see cref="GoodUntil"/> and guarded by <see cref="Token"/>: what is
/// done with a token that is no longer the row's own is not done at all.
/// </summary>
internal sealed class ClaimedMail(Database database, MailId id, byte[] key, Envelope envelope, long length, long sequence, long token) : StoredMail
{
    private readonly Lock _gate = new();
    private readonly BitArray _done = new(envelope.Recipients.Length);
    private readonly BitArray _recorded = new(envelope.Recipients.Length);
    private int _left = envelope.Recipients.Length;
    private byte[]? _content;
    private bool _mayBeDelivered;

    public override MailId Id => id;

    public override Envelope Envelope => envelope;

    public override long Length => length;

    public override long Sequence => sequence;

    public override bool MayBeDelivered => _mayBeDelivered;

    public override string? TakenFrom => Before;

    /// <summary>As <see cref="TakenFrom"/>.</summary>
    public string? Before { get; init; }

    public Database Database => database;

    /// <summary>Its id as the tables have it.</summary>
    public byte[] Key => key;

    public long Token => token;

    /// <summary>The token, for statements about a message that is not what was accepted to the octet; null: it was not accepted in this database, and nobody else can have it.</summary>
    public static NpgsqlParameter TokenOf(StoredMail? mail, Database database) =>
        new() { Value = mail is ClaimedMail claimed && claimed.Database == database ? claimed.Token : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };

    /// <summary>Somebody wants to hear that it was delivered: it stays accepted until that is stored.</summary>
    public bool IsTold { get; } = envelope.Recipients.Any(r => (r.Notify & DsnNotify.Success) != 0);

    /// <summary>Several rows may come to refer to its body: of mailboxes, or of a mailbox while it is accepted still.</summary>
    public bool IsShared => envelope.Recipients.Length > 1 || IsTold;

    /// <summary>A timestamp of this node's own clock, taken before the database was asked: the claim lasts at least so long.</summary>
    public long GoodUntil { get; set; }

    /// <summary>Its row is gone, or is another node's: nothing is left to do.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Somebody has taken it from the feed and not given it back.</summary>
    public bool IsTaken { get; set; }

    /// <summary>Octets of content held in memory.</summary>
    public int Held => _content?.Length ?? 0;

    /// <summary>Its row is gone, or another node's. What is held of it is let go, and counted, when the feed drops it.</summary>
    public void MarkGone() => IsGone = true;

    public void MarkFound() => _mayBeDelivered = true;

    /// <summary>Keeps the content at hand.</summary>
    public void Hold(byte[] content) => _content = content;

    public void LetGo() => _content = null;

    /// <summary>This recipient has it; true where that is new.</summary>
    /// <param name="last">Now all have.</param>
    public bool Finish(int recipient, out bool last)
    {
        lock (_gate)
        {
            last = false;
            if ((uint)recipient >= (uint)_done.Length || _done[recipient])
            {
                return false;
            }

            _done[recipient] = true;
            last = --_left == 0;
            return true;
        }
    }

    /// <summary>The database knows already that this recipient has it.</summary>
    public void Record(int recipient)
    {
        lock (_gate)
        {
            _recorded[recipient] = true;
        }
    }

    public bool IsRecorded(int recipient)
    {
        lock (_gate)
        {
            return _recorded[recipient];
        }
    }

    /// <summary>All have it; true where that is new.</summary>
    public bool FinishAll()
    {
        lock (_gate)
        {
            var some = _left > 0;
            _done.SetAll(true);
            _left = 0;
            return some;
        }
    }

    /// <summary>Whether all would have it, if these had.</summary>
    public bool WouldEnd(List<int> recipients)
    {
        lock (_gate)
        {
            var left = 0;
            for (var i = 0; i < _done.Length; i++)
            {
                left += _done[i] || _recorded[i] ? 0 : 1;
            }

            foreach (var recipient in recipients)
            {
                left -= _done[recipient] || _recorded[recipient] ? 0 : 1;
            }

            return left <= 0;
        }
    }

    public override bool IsComplete(int recipient)
    {
        lock (_gate)
        {
            return _done[recipient];
        }
    }

    public override bool TryGetContent(out ReadOnlyMemory<byte> content)
    {
        content = _content;
        return length == 0 || _content is not null;
    }

    public override int Read(long offset, Span<byte> into)
    {
        if (ReadHeld(offset, into) is { } read)
        {
            return read;
        }

        try
        {
            return Part(Bodies.Read(database, key, offset), into);
        }
        catch (DatabaseException failed)
        {
            throw Unread(failed);
        }
    }

    /// <summary>As <see cref="Read"/>, and no thread waits.</summary>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation)
    {
        if (ReadHeld(offset, into.Span) is { } read)
        {
            return read;
        }

        try
        {
            return Part(await Bodies.ReadAsync(database, key, offset, cancellation).ConfigureAwait(false), into.Span);
        }
        catch (DatabaseException failed)
        {
            throw Unread(failed);
        }
    }

    /// <summary>Null: it has to be asked for.</summary>
    private int? ReadHeld(long offset, Span<byte> into) =>
        offset >= length || into.IsEmpty ? 0 : _content is { } held ? Part(held.AsSpan((int)offset), into) : null;

    private static int Part(ReadOnlySpan<byte> from, Span<byte> into)
    {
        var part = from[..Math.Min(from.Length, into.Length)];
        part.CopyTo(into);
        return part.Length;
    }

    private StoreException Unread(DatabaseException failed) => new($"The content of {id} cannot be read: {failed.Message}.", failed);
}
