using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Client;

/// <summary>
/// Content that is made as it is read (a composed message, a file): its pieces are asked for on the pool, one after the other, so that a
/// slow disk keeps no actor waiting. Reading at 0 begins anew.
/// </summary>
public sealed class StreamedContent : IMailContent, IDisposable
{
    private readonly Func<IEnumerable<ReadOnlyMemory<byte>>> _open;
    private IEnumerator<ReadOnlyMemory<byte>>? _pieces;
    private ReadOnlyMemory<byte> _rest;
    private long _position;

    /// <param name="length">All octets; what is made must be as long.</param>
    /// <param name="kind">What is in it.</param>
    /// <param name="open">Gives the pieces from the start; each lives until the next is asked for.</param>
    public StreamedContent(long length, ContentKind kind, Func<IEnumerable<ReadOnlyMemory<byte>>> open)
    {
        Length = length;
        Kind = kind;
        _open = open;
    }

    /// <summary>A composed message.</summary>
    public static StreamedContent Of(ComposedMessage message) =>
        new(message.Length, new ContentKind(message.IsEightBit, IsBinary: false, message.NeedsSmtpUtf8), message.Pieces);

    public long Length { get; }

    public ContentKind Kind { get; }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellation) =>
        await Task.Run(() => Read(offset, into), cancellation).ConfigureAwait(false);

    public void Dispose() => _pieces?.Dispose();

    private int Read(long offset, Memory<byte> into)
    {
        if (_pieces is null || offset != _position)
        {
            Restart(offset);
        }

        var filled = 0;
        while (filled < into.Length && (!_rest.IsEmpty || NextPiece()))
        {
            var n = Math.Min(_rest.Length, into.Length - filled);
            _rest[..n].CopyTo(into[filled..]);
            _rest = _rest[n..];
            filled += n;
        }

        _position += filled;
        return filled;
    }

    private void Restart(long offset)
    {
        _pieces?.Dispose();
        _pieces = _open().GetEnumerator();
        _rest = default;
        _position = 0;
        while (_position < offset && (!_rest.IsEmpty || NextPiece()))
        {
            var n = (int)Math.Min(_rest.Length, offset - _position);
            _rest = _rest[n..];
            _position += n;
        }
    }

    private bool NextPiece()
    {
        while (_pieces!.MoveNext())
        {
            _rest = _pieces.Current;
            if (!_rest.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }
}
