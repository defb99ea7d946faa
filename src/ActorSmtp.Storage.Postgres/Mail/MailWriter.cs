using System.Buffers;

namespace ActorSmtp.Storage.Postgres.Mail;

/// <summary>
/// One message on its way into the database. Up to <see cref="Bodies.Whole"/> it stays in memory and goes with many others in one statement;
/// what is longer, or comes while memory is short, is written as chunks meanwhile, one at a time, while the peer waits.
/// </summary>
internal sealed class MailWriter(PostgresMailStore store, MailId id, IMailWriterObserver observer) : IMailWriter
{
    private const int Smallest = 4 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<(byte[] Buffer, int Used, long At)> _waiting = new();
    private byte[] _buffer = [];
    private int _used;
    private long _chunked;
    private bool _uploads;
    private bool _owesReady;
    private bool _ended;
    private StoreFailure? _failure;
    private Envelope? _envelope;

    public MailId Id => id;

    public long Length { get; private set; }

    public IMailWriterObserver Observer => observer;

    public byte[] Key { get; } = KeyOf(id);

    public Envelope Envelope => _envelope!;

    /// <summary>The envelope's binary form.</summary>
    public byte[] EnvelopeOctets { get; private set; } = [];

    /// <summary>All of it lies in chunks.</summary>
    public bool IsChunked => _chunked > 0;

    /// <summary>The content, where it is not in chunks.</summary>
    public ReadOnlyMemory<byte> Content => _buffer.AsMemory(0, _used);

    public static byte[] KeyOf(MailId id)
    {
        var key = new byte[MailId.Size];
        id.Write(key);
        return key;
    }

    public bool Write(ReadOnlySpan<byte> content)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        lock (_gate)
        {
            Length += content.Length;
            if (_failure is null && !store.Takes)
            {
                _failure = StoreFailure.Unavailable;
            }

            if (_failure is not null)
            {
                DropBuffers();                      // the body is read to its end, and the end tells
                return true;
            }

            while (content.Length > 0)
            {
                if (_used == _buffer.Length && !Grow(content.Length))
                {
                    Seal();
                    continue;
                }

                var part = content[..Math.Min(content.Length, _buffer.Length - _used)];
                part.CopyTo(_buffer.AsSpan(_used));
                _used += part.Length;
                content = content[part.Length..];
            }

            if (_used >= Smallest && store.IsShortOfMemory)
            {
                Seal();
            }

            Upload();
            return !(_owesReady = _uploads);
        }
    }

    public void Commit(Envelope envelope)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        var octets = new ArrayBufferWriter<byte>(256);
        try
        {
            EnvelopeCodec.Write(envelope, octets);
        }
        catch
        {
            Abort();
            throw;
        }

        lock (_gate)
        {
            _ended = true;
            _envelope = envelope;
            EnvelopeOctets = octets.WrittenSpan.ToArray();
            if (IsChunked || _waiting.Count > 0)
            {
                Seal();
                Upload();
            }

            if (_uploads)
            {
                return;                             // the last chunk's end goes on
            }
        }

        Hand();
    }

    public void Abort()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            DropBuffers();
            if (_uploads)
            {
                _failure ??= StoreFailure.Unavailable;      // what is being written goes when it has been
                return;
            }
        }

        if (IsChunked)
        {
            store.Forget(Key);
        }
    }

    /// <summary>The end was said.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The driver may still read the content: its memory is not used again.</summary>
    public void LeaveBehind()
    {
        store.Lend(-_buffer.Length);
        (_buffer, _used) = ([], 0);
    }

    /// <summary>Says the end; nothing is held any more.</summary>
    public void End(StoreFailure? failure)
    {
        HasEnded = true;
        DropBuffers();
        if (failure is { } why)
        {
            observer.OnStoreFailed(id, why);
        }
        else
        {
            observer.OnStored(id);
        }
    }

    private void Hand()
    {
        if (_failure is { } failure)
        {
            if (IsChunked)
            {
                store.Forget(Key);
            }

            store.Fail(this, failure);
        }
        else
        {
            store.Store(this);
        }
    }

    /// <summary>A longer buffer; false where there is none.</summary>
    private bool Grow(int more)
    {
        if (_buffer.Length >= Bodies.Whole)
        {
            return false;
        }

        var wanted = Math.Min(Bodies.Whole, Math.Max(Smallest, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(Bodies.Whole, _used + more))));
        var longer = ArrayPool<byte>.Shared.Rent(wanted);
        _buffer.AsSpan(0, _used).CopyTo(longer);
        store.Lend(longer.Length - _buffer.Length);
        Return(_buffer);
        _buffer = longer;
        return true;
    }

    /// <summary>What has come becomes a chunk.</summary>
    private void Seal()
    {
        if (_used == 0)
        {
            return;
        }

        _waiting.Enqueue((_buffer, _used, _chunked));
        _chunked += _used;
        (_buffer, _used) = ([], 0);
    }

    private void Upload()
    {
        if (!_uploads && _waiting.Count > 0)
        {
            _uploads = true;
            _ = UploadAll();
        }
    }

    private async Task UploadAll()
    {
        await Task.Yield();
        while (true)
        {
            (byte[] Buffer, int Used, long At) chunk;
            bool ready, ended;
            lock (_gate)
            {
                if (_failure is null && _waiting.TryDequeue(out chunk))
                {
                    ready = ended = false;
                }
                else
                {
                    DropWaiting();
                    chunk = default;
                    (ready, _owesReady) = (_owesReady && !_ended, false);
                    ended = _ended;
                    _uploads = false;
                }
            }

            if (chunk.Buffer is null)
            {
                if (ready)
                {
                    observer.OnReady(id);
                }
                else if (ended && _envelope is not null)
                {
                    Hand();
                }
                else if (ended)
                {
                    store.Forget(Key);
                }

                return;
            }

            var (failure, isLeftBehind) = await store.UploadAsync(Key, chunk.At, chunk.Buffer.AsMemory(0, chunk.Used)).ConfigureAwait(false);
            store.Lend(-chunk.Buffer.Length);
            if (!isLeftBehind)
            {
                Return(chunk.Buffer);               // else the driver may still read it
            }

            if (failure is not null)
            {
                lock (_gate)
                {
                    _failure ??= failure;
                }
            }
        }
    }

    private void DropBuffers()
    {
        store.Lend(-_buffer.Length);
        Return(_buffer);
        (_buffer, _used) = ([], 0);
        if (!_uploads)
        {
            DropWaiting();
        }
    }

    private void DropWaiting()
    {
        while (_waiting.TryDequeue(out var chunk))
        {
            store.Lend(-chunk.Buffer.Length);
            Return(chunk.Buffer);
        }
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
