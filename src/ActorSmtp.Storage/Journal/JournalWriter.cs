using System.Buffers;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// A message on its way in. Up to 64 KiB wait in blocks and become one record; beyond that every full block goes to the
/// journal as a chunk, and when a window of it is not yet written the owner is asked to wait.
/// </summary>
internal sealed class JournalWriter(JournalMailStore store) : IMailWriter
{
    /// <summary>Content of one record at most, but for the last octets of a block.</summary>
    public const int WholeLimit = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _envelopeBytes;

    private readonly Append _last = new();
    private Block? _head;
    private Block? _tail;
    private int _inRecord;                          // content in the present chain
    private int _chunks;
    private int _unwritten;                         // octets of chunks handed over and not yet written
    private int _wantsReady;
    private volatile int _failure = -1;

    public MailId Id { get; private set; }

    public long Length { get; private set; }

    public IMailWriterObserver Observer { get; private set; } = null!;

    /// <summary>Given at commit, for the entry made when it is stable.</summary>
    public Envelope? Envelope { get; private set; }

    /// <summary>The waiting message this copy takes the place of; null for a new one.</summary>
    public JournalMail? Moves { get; private set; }

    /// <summary>Chunks on disk; belongs to the journal's thread.</summary>
    public List<RecordPlace>? Written { get; private set; }

    public StoreFailure? Failure => _failure < 0 ? null : (StoreFailure)_failure;

    public void Start(MailId id, IMailWriterObserver observer, JournalMail? moves = null)
    {
        (Id, Observer, Moves) = (id, observer, moves);
        Length = 0;
        Envelope = null;
        (_inRecord, _chunks, _unwritten, _wantsReady, _failure) = (0, 0, 0, 0, -1);
        Written?.Clear();
        Begin(large: false);
    }

    public bool Write(ReadOnlySpan<byte> content)
    {
        Length += content.Length;
        if (_failure >= 0)
        {
            return true;
        }

        while (content.Length > 0)
        {
            var room = _tail!.Room;
            if (room.Length == 0)
            {
                if (_inRecord >= WholeLimit || _chunks > 0)
                {
                    Submit();
                }
                else
                {
                    Grow();
                }

                continue;
            }

            var piece = content[..Math.Min(room.Length, content.Length)];
            piece.CopyTo(room);
            _tail.Used += piece.Length;
            _inRecord += piece.Length;
            content = content[piece.Length..];
        }

        return Volatile.Read(ref _unwritten) < store.Window || Waits();
    }

    public void Commit(Envelope envelope)
    {
        Envelope = envelope;
        var bytes = _envelopeBytes ??= new ArrayBufferWriter<byte>(1024);
        bytes.ResetWrittenCount();
        try
        {
            EnvelopeBytes.Write(envelope, bytes);
        }
        catch (ArgumentException)
        {
            Abort();                                // the caller's error, and the writer is not lost for it
            throw;
        }

        var left = bytes.WrittenSpan;
        while (left.Length > 0)
        {
            if (_tail!.Room.Length == 0)
            {
                Grow();
            }

            var piece = left[..Math.Min(_tail.Room.Length, left.Length)];
            piece.CopyTo(_tail.Room);
            _tail.Used += piece.Length;
            left = left[piece.Length..];
        }

        _last.Kind = _chunks == 0 ? AppendKind.Message : AppendKind.Commit;
        Fill(_last, bytes.WrittenCount);
        if (bytes.Capacity > 64 * 1024)
        {
            _envelopeBytes = null;                  // a thousand recipients: do not keep that for every thread
        }

        store.Submit(_last);
    }

    public void Abort()
    {
        store.Pool.Return(_head);
        (_head, _tail) = (null, null);
        if (_chunks == 0)
        {
            store.GiveBack(this);
            return;
        }

        _last.Kind = AppendKind.Abort;
        _last.Head = null;
        _last.Writer = this;
        store.Submit(_last);
    }

    /// <summary>From the journal's thread: the message cannot be stored; the rest of it is read and dropped.</summary>
    public void Fail(StoreFailure failure) => _failure = (int)failure;

    /// <summary>From the journal's thread: a chunk is written (or given up).</summary>
    /// <returns>True: the owner waits and has to be told.</returns>
    public bool ChunkLeft(int length) =>
        Interlocked.Add(ref _unwritten, -length) <= store.Window / 2 && Interlocked.Exchange(ref _wantsReady, 0) == 1;

    /// <summary>The store is closed: whoever waits is told here and now.</summary>
    public void Refuse(Append append)
    {
        store.Pool.Return(append.Head);
        append.Head = null;
        switch (append.Kind)
        {
            case AppendKind.Chunk:
                Fail(StoreFailure.Unavailable);
                ChunkLeft(append.ContentLength);
                break;
            case AppendKind.Abort:
                store.GiveBack(this);
                break;
            default:
                var (observer, id) = (Observer, Id);
                store.GiveBack(this);
                observer.OnStoreFailed(id, StoreFailure.Unavailable);
                break;
        }
    }

    public void AddWritten(RecordPlace place) => (Written ??= []).Add(place);

    private bool Waits()
    {
        Interlocked.Exchange(ref _wantsReady, 1);
        return Volatile.Read(ref _unwritten) <= store.Window / 2 && Interlocked.Exchange(ref _wantsReady, 0) == 1;
    }

    private void Begin(bool large)
    {
        _head = _tail = large ? store.Pool.RentLarge() : store.Pool.RentSmall();
        _head.Used = RecordHeader.Size;
        _inRecord = 0;
    }

    private void Grow()
    {
        var block = store.Pool.RentLarge();
        _tail!.Next = block;
        _tail = block;
    }

    private void Submit()
    {
        var chunk = new Append { Kind = AppendKind.Chunk };
        var length = _inRecord;
        Fill(chunk, envelopeLength: 0);
        chunk.Index = _chunks++;
        Interlocked.Add(ref _unwritten, length);
        store.Submit(chunk);
        Begin(large: true);
    }

    /// <summary>Hands the chain over, with its sum, padded to the next record's place.</summary>
    private void Fill(Append append, int envelopeLength)
    {
        var crc = ~0u;
        for (var block = _head; block is not null; block = block.Next)
        {
            crc = Crc32C.Add(crc, block.Bytes[(block == _head ? RecordHeader.Size : 0)..]);
        }

        append.Head = _head;
        append.ContentLength = _inRecord;
        append.EnvelopeLength = envelopeLength;
        append.PayloadCrc = ~crc;
        append.Index = _chunks;
        append.Total = Length;
        append.Writer = this;
        var pad = append.RecordLength - (RecordHeader.Size + _inRecord + envelopeLength);
        _tail!.Room[..pad].Clear();                 // blocks are multiples of eight long, so there is room
        _tail.Used += pad;
        (_head, _tail) = (null, null);
    }
}
