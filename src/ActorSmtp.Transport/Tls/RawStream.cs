using System.Buffers;
using System.Threading.Tasks.Sources;

namespace ActorSmtp.Transport;

/// <summary>
/// A connection's raw bytes as the stream SslStream wants. One read at a time, which waits without a buffer; writes never wait (what the
/// kernel refuses stays with the connection, within its limit). Allocates nothing per read.
/// </summary>
internal sealed class RawStream(StreamConnection raw, HandshakeGate gate) : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _into;
    private Action? _completeRead;
    private int _waiting;
    private volatile bool _closed;

    /// <summary>A server's: what the client says first, until it has been looked at.</summary>
    public ArrayBufferWriter<byte>? First { get; set; }

    /// <summary>While true, reads are completed on a handshake thread.</summary>
    public volatile bool Handshaking = true;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!raw.RawInput.IsEmpty)
        {
            return new(Take(buffer));
        }

        if (_closed)
        {
            return new(0);
        }

        _read.Reset();
        _into = buffer;
        Volatile.Write(ref _waiting, 1);
        Interlocked.MemoryBarrier();
        if (_closed && Interlocked.Exchange(ref _waiting, 0) == 1)
        {
            return new(0);
        }

        raw.RawRequestInput();
        return new(this, _read.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A key update answered by the reading side may meet the writing side here.
        lock (this)
        {
            raw.RawWrite(buffer.Span);
            raw.RawFlush();
        }

        return default;
    }

    /// <summary>Lane: the raw connection has input for us.</summary>
    public void OnInput()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 0)
        {
            return;
        }

        if (Handshaking)
        {
            gate.Run(_completeRead ??= CompleteRead);
        }
        else
        {
            CompleteRead();
        }
    }

    /// <summary>Lane: the raw connection has ended.</summary>
    public void OnClosed()
    {
        _closed = true;
        if (Interlocked.Exchange(ref _waiting, 0) == 1)
        {
            _into = default;
            _read.SetResult(0);
        }
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private void CompleteRead()
    {
        var count = Take(_into);
        _into = default;
        _read.SetResult(count);
    }

    private int Take(Memory<byte> buffer)
    {
        var input = raw.RawInput;
        var count = Math.Min(input.Length, buffer.Length);
        input[..count].CopyTo(buffer.Span);
        if (First is { } first && first.WrittenCount < ClientHello.MaxLength)
        {
            first.Write(input[..count]);
        }

        raw.RawConsume(count);
        return count;
    }
}
