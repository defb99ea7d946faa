using System.Buffers;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Threads;
using ActorSmtp.Storage;
using ActorSmtp.Transport;

namespace ActorSmtp.Server.Sessions;

/// <summary>
/// Bodies: from the read buffer through the decoder into the store's writer, on the I/O thread, without passing the session. Every limit is
/// looked at while the bytes go by; what is over one is read to its end and dropped. When the writer is full nothing more is read until it
/// says it is ready, so a message is never held whole.
/// </summary>
internal sealed partial class SmtpConversation : IMailWriterObserver
{
    private const int Running = 0;
    private const int Paused = 1;
    private const int ReadyCame = 2;

    /// <summary>Room for a trace field, only within <see cref="WriteTrace"/>: one for each thread, since one for each message is half a kibibyte of garbage.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _trace;

    private BodyDecoder? _body;
    private ChunkDecoder? _chunks;
    private IMailWriter? _writer;
    private ResumeReading? _resume;
    private TellStored? _stored;
    private ArrayBufferWriter<byte>? _normalized;
    private NewlineNormalizer _normalizer;
    private bool _inChunks;
    private bool _binary;
    private bool _lastChunk;
    private long _chunkSize;
    private int _flow;
    private BodyPace _pace;
    private IReadOnlySet<Mailbox>? _passedOn;

    /// <summary>Octets of content received for the present message.</summary>
    public long Octets { get; private set; }

    /// <summary>Puts the trace field in front of the content.</summary>
    /// <param name="passedOn">Addresses of ours among the recipients that lead to other domains: if the message has been there before, it goes in a circle.</param>
    public void WriteTrace(IMailWriter writer, Envelope envelope, Transaction transaction, IReadOnlySet<Mailbox>? passedOn)
    {
        _passedOn = passedOn;
        var trace = _trace ??= new ArrayBufferWriter<byte>(1024);
        trace.ResetWrittenCount();
        _at.WriteTrace(envelope, transaction, passedOn, trace);
        _ = writer.Write(trace.WrittenSpan);                                // an empty writer always has room for it
    }

    /// <summary>Reads what follows DATA into a writer; ends in <see cref="SessionMessages.BodyEnded"/>.</summary>
    public void ReceiveData(IMailWriter writer)
    {
        _body ??= new BodyDecoder(_at.Content.RejectBareNewlines ? BareNewlines.Report : BareNewlines.Normalize);
        _body.Reset(_passedOn);
        _inChunks = false;
        _writer = writer;
        Octets = 0;
        _pace.Begin(_at.Clock.Now);
        StartReading();
    }

    /// <summary>The first BDAT of a message has come; <see cref="ReceiveChunk"/> follows.</summary>
    public void BeginChunks(IMailWriter writer, bool binary)
    {
        _chunks ??= new ChunkDecoder();
        _chunks.Reset(_passedOn);
        _writer = writer;
        _binary = binary;
        _normalizer = default;
        Octets = 0;
        _pace.Begin(_at.Clock.Now);
    }

    /// <summary>Reads one chunk; ends in <see cref="SessionMessages.BodyEnded"/>.</summary>
    public void ReceiveChunk(long size, bool last)
    {
        _inChunks = true;
        _lastChunk = last;
        _chunkSize = size;
        _chunks!.Begin(size);
        StartReading();
    }

    /// <summary>Reads a chunk that nobody wants and throws it away; ends in <see cref="SessionMessages.BodyEnded"/>.</summary>
    public void DiscardChunk(long size)
    {
        _chunks ??= new ChunkDecoder();
        _chunks.Reset();
        _writer = null;
        Octets = 0;
        _pace.Begin(_at.Clock.Now);
        ReceiveChunk(size, last: true);
    }

    /// <summary>
    /// The dialogue ends while a body is read. The I/O thread may be writing at this very moment, and a writer that was given back is soon
    /// another session's: so it is that thread which gives it back.
    /// </summary>
    public void AbandonBody()
    {
        _wanted = Wanted.Nothing;
        _connection.Post(new GiveBackWriter(this));
    }

    void IMailWriterObserver.OnReady(MailId id)
    {
        if (Interlocked.Exchange(ref _flow, ReadyCame) == Paused)
        {
            Volatile.Write(ref _flow, Running);
            _connection.Post(_resume ??= new ResumeReading(this));
        }
    }

    /// <summary>
    /// On the store's thread. One of a few: the session answers right here, which saves a lone client a wake-up. One of many: the answers
    /// are handed to the I/O threads, so that the next sync is not kept waiting.
    /// </summary>
    void IMailWriterObserver.OnStored(MailId id)
    {
        if (StoredInCrowds.IsUnderWay)
        {
            _connection.Post(_stored ??= new TellStored(this));
        }
        else
        {
            Tell(SessionMessages.Stored.Instance);
        }
    }

    void IMailWriterObserver.OnStoreFailed(MailId id, StoreFailure failure) => Tell(new SessionMessages.StoreFailed(failure));

    /// <summary>In the session's turn: what was said goes out, then the content that is there is taken.</summary>
    private void StartReading()
    {
        Want(Wanted.Body, _at.Limits.DataTimeout);
        _connection.ReadsLargeBlocks = true;
        ReadBody(flush: true);
    }

    /// <summary>On the I/O thread: more has come.</summary>
    private protected override void OnMoreOfBody()
    {
        if (_wanted == Wanted.Body)
        {
            ReadBody(flush: false);
        }
    }

    /// <summary>Asks for the next chunk's command: between chunks the message must go on as fast as within them.</summary>
    /// <param name="within">The time for a command.</param>
    public void NextChunk(TimeSpan within)
    {
        var now = _at.Clock.Now;
        var left = TimeSpan.FromMilliseconds(Math.Max(0, _pace.Deadline(now, Octets, _at.Limits) - now));
        Next(left < within ? left : within);
    }

    /// <summary>The time until the peer must have sent more: each part has its own (RFC 5321 §4.5.3.2.5), and all together a speed.</summary>
    private void AwaitMoreBody() => Volatile.Write(ref _deadline, _pace.Deadline(_at.Clock.Now, Octets, _at.Limits));

    /// <summary>The time until the store must have made room. It is not the peer's.</summary>
    private void AwaitRoom()
    {
        var now = _at.Clock.Now;
        _pace.Pause(now);
        _waits = true;
        Volatile.Write(ref _deadline, now + (long)_at.Limits.DataTimeout.TotalMilliseconds);
    }

    private void RoomCame()
    {
        _waits = false;
        _pace.Resume(_at.Clock.Now);
    }

    private void ReadBody(bool flush)
    {
        while (true)
        {
            switch (TakeBody())
            {
                case BodyStatus.End:
                    EndBody();
                    return;

                case BodyStatus.NeedMore:
                    if (flush)
                    {
                        _connection.Flush();
                    }

                    AwaitMoreBody();
                    _connection.RequestInput();
                    return;

                default:                                                    // the writer is full
                    if (flush)
                    {
                        _connection.Flush();
                        flush = false;
                    }

                    AwaitRoom();
                    if (Interlocked.Exchange(ref _flow, Paused) == ReadyCame)
                    {
                        Volatile.Write(ref _flow, Running);
                        RoomCame();
                        continue;
                    }

                    return;
            }
        }
    }

    /// <summary>Decodes what is there. <see cref="BodyStatus.Content"/>: the writer took it and wants no more for now.</summary>
    private BodyStatus TakeBody()
    {
        var input = _connection.Input;
        var taken = 0;
        while (true)
        {
            var status = _inChunks
                ? _chunks!.Decode(input[taken..], out var consumed, out var content)
                : _body!.Decode(input[taken..], out consumed, out content);
            taken += consumed;
            if (status == BodyStatus.Content)
            {
                Octets += content.Length;
                if (_writer is null || Octets > _at.Limits.MessageSize || Write(content))
                {
                    continue;
                }
            }

            _connection.Consume(taken);
            _octetsIn += taken;
            return status;
        }
    }

    /// <summary>DATA's decoder has mended bare newlines already where the profile says so; text in chunks is mended here.</summary>
    private bool Write(ReadOnlySpan<byte> content)
    {
        if (!_inChunks || _binary || _at.Content.RejectBareNewlines)
        {
            return _writer!.Write(content);
        }

        _normalized ??= new ArrayBufferWriter<byte>();
        _normalized.ResetWrittenCount();
        _normalizer.Write(content, _normalized);
        return _writer!.Write(_normalized.WrittenSpan);
    }

    private void EndBody()
    {
        _wanted = Wanted.Nothing;
        _connection.ReadsLargeBlocks = false;
        Volatile.Write(ref _deadline, long.MaxValue);
        if (_inChunks && _lastChunk)
        {
            _chunks!.Complete();
            if (_normalized is not null && _writer is not null)
            {
                _normalized.ResetWrittenCount();
                _normalizer.End(_normalized);
                _ = _writer.Write(_normalized.WrittenSpan);
                _normalized = null;
            }
        }

        Tell(new SessionMessages.BodyEnded(new BodyFacts(
            _inChunks ? _chunks!.Report : _body!.Report,
            Octets,
            MoreChunks: _inChunks && !_lastChunk,
            ChunkOctets: _chunkSize,
            Binary: _inChunks && _binary)));
    }

    /// <summary>Tells the session on its I/O thread.</summary>
    private sealed class TellStored(SmtpConversation conversation) : IoWork
    {
        protected override void Run() => conversation.Tell(SessionMessages.Stored.Instance);
    }

    /// <summary>Goes on reading on the I/O thread after the store's thread said that there is room.</summary>
    private sealed class ResumeReading(SmtpConversation conversation) : IoWork
    {
        protected override void Run()
        {
            if (conversation._wanted == Wanted.Body)
            {
                conversation.RoomCame();
                conversation.OnMoreOfBody();
            }
        }
    }

    /// <summary>Throws away on the I/O thread what was received of a message.</summary>
    private sealed class GiveBackWriter(SmtpConversation conversation) : IoWork
    {
        protected override void Run()
        {
            var writer = conversation._writer;
            conversation._writer = null;
            writer?.Abort();
        }
    }
}

/// <summary>What was seen in a body, or so far in a message that comes in chunks.</summary>
/// <param name="Octets">Content received, stored or not.</param>
/// <param name="MoreChunks">A BDAT without LAST: the message goes on.</param>
/// <param name="ChunkOctets">Size of that BDAT.</param>
/// <param name="Binary">BODY=BINARYMIME: any octets are allowed (RFC 3030 §3).</param>
public sealed record BodyFacts(ContentReport Seen, long Octets, bool MoreChunks, long ChunkOctets, bool Binary);
