using System.Buffers;
using ActorSmtp.Storage;

namespace ActorSmtp.Server.Pop3;

/// <summary>
/// One message on its way out: its stream and one buffer, filled when asked for. The disk works elsewhere meanwhile; who ends it while that is
/// under way has it cleared away afterwards.
/// </summary>
internal sealed class MessageReading(IMailboxReader reader, string account, MailboxName name)
{
    private const int PieceSize = 32 * 1024;

    private const int Idle = 0;
    private const int Reading = 1;
    private const int Ended = 2;

    private Stream? _stream;
    private byte[]? _buffer;
    private int _state;

    /// <summary>What the last reading brought.</summary>
    public ReadOnlyMemory<byte> Piece { get; private set; }

    /// <summary>Whether that was all.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Reads the next piece. False: the message is not there (any more).</summary>
    /// <exception cref="StoreException">The mailbox cannot be read.</exception>
    /// <exception cref="IOException">The message cannot be read.</exception>
    public async Task<bool> ReadAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Reading, Idle) != Idle)
        {
            throw new InvalidOperationException("A message is read a piece at a time, until it is ended.");
        }

        try
        {
            _stream ??= await reader.OpenAsync(account, name, CancellationToken.None);
            if (_stream is null)
            {
                return false;
            }

            _buffer ??= ArrayPool<byte>.Shared.Rent(PieceSize);
            var length = await _stream.ReadAsync(_buffer);
            Piece = _buffer.AsMemory(0, length);
            IsAtEnd = length == 0 || (_stream.CanSeek && _stream.Position >= _stream.Length);
            return true;
        }
        finally
        {
            if (Interlocked.CompareExchange(ref _state, Idle, Reading) != Reading)
            {
                Clear();
            }
        }
    }

    /// <summary>Nothing more is wanted. Said once.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _state, Ended) == Idle)
        {
            Clear();
        }
    }

    private void Clear()
    {
        Piece = default;
        _stream?.Dispose();
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
