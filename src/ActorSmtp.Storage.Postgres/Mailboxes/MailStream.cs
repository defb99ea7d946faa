using ActorSmtp.Storage.Postgres.Mail;

namespace ActorSmtp.Storage.Postgres.Mailboxes;

/// <summary>A message of a mailbox: its first lines and then the body, of which a piece at a time is in memory.</summary>
internal sealed class MailStream(Database database, byte[] body, byte[] prefix, byte[]? content, long length) : Stream
{
    private byte[] _piece = content ?? [];
    private long _pieceAt;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= length)
        {
            return 0;
        }

        if (Missing is { } offset)
        {
            try
            {
                Have(await Bodies.ReadAsync(database, body, offset, cancellationToken).ConfigureAwait(false), offset);
            }
            catch (DatabaseException failed)
            {
                throw new StoreException($"The message cannot be read on: {failed.Message}.", failed);
            }
        }

        return Copy(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= length)
        {
            return 0;
        }

        if (Missing is { } offset)
        {
            try
            {
                Have(Bodies.Read(database, body, offset), offset);
            }
            catch (DatabaseException failed)
            {
                throw new StoreException($"The message cannot be read on: {failed.Message}.", failed);
            }
        }

        return Copy(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => length,
    };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>The offset in the body from which on a piece is needed now; null: what is needed is here.</summary>
    private long? Missing => _position - prefix.Length is var at and >= 0 && (at < _pieceAt || at >= _pieceAt + _piece.Length) ? at : null;

    private void Have(byte[] piece, long offset) =>
        (_piece, _pieceAt) = piece.Length > 0 ? (piece, offset) : throw new StoreException("The message was removed while it was read.");

    private int Copy(Span<byte> into)
    {
        var source = _position < prefix.Length ? prefix.AsSpan((int)_position) : _piece.AsSpan((int)(_position - prefix.Length - _pieceAt));
        var count = (int)Math.Min(Math.Min(source.Length, into.Length), length - _position);
        source[..count].CopyTo(into);
        _position += count;
        return count;
    }
}
