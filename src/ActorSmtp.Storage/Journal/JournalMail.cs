using System.Collections;

namespace ActorSmtp.Storage.Journal;

/// <summary>
/// A stored message. Its content lies in memory while the budget lasts, and always in the journal. Which recipients are
/// done is kept here until it is in the journal.
/// </summary>
internal sealed class JournalMail : StoredMail
{
    private readonly JournalMailStore _store;
    private readonly Lock _gate = new();
    private Envelope? _envelope;
    private Block? _content;
    private RecordPlace[]? _chunks;
    private RecordPlace _last;
    private BitArray? _complete;
    private int _remaining = -1;                    // not known before the envelope was read
    private bool _mayBeDelivered;

    public JournalMail(JournalMailStore store, MailId id, long order, long length)
    {
        _store = store;
        Id = id;
        Sequence = order;
        Length = length;
    }

    public override MailId Id { get; }

    public override long Sequence { get; }

    public override long Length { get; }

    public override Envelope Envelope => _envelope ?? throw new InvalidOperationException("taken before it was loaded");

    public override bool MayBeDelivered => _mayBeDelivered;

    public bool IsLoaded => _envelope is not null;

    public bool HoldsMemory => _content is not null;

    /// <summary>The record with the envelope; the only one but for large messages.</summary>
    public RecordPlace Last => _last;

    public RecordPlace[]? Chunks => _chunks;

    /// <summary>Delivered and on record as such; belongs to the journal's thread.</summary>
    public bool IsGone { get; set; }

    public void SetPlaces(RecordPlace last, RecordPlace[]? chunks)
    {
        lock (_gate)
        {
            (_last, _chunks) = (last, chunks);
        }
    }

    public void Load(Envelope envelope)
    {
        lock (_gate)
        {
            _envelope = envelope;
            if (_remaining < 0)
            {
                _remaining = EnvelopeBytes.Recipients(envelope);
                for (var i = 0; _complete is not null && i < _complete.Length; i++)
                {
                    _remaining -= _complete[i] ? 1 : 0;
                }
            }
        }
    }

    /// <summary>Drops what can be read again.</summary>
    public void Spill()
    {
        lock (_gate)
        {
            _envelope = null;
        }
    }

    public void Hold(Block content) => _content = content;

    public void MarkFound() => _mayBeDelivered = true;

    /// <summary>The blocks, which are no longer needed.</summary>
    public Block? LetGo()
    {
        lock (_gate)
        {
            var content = _content;
            _content = null;
            return content;
        }
    }

    /// <summary>True where this recipient was not yet done; <paramref name="last"/>: now all are.</summary>
    public bool Finish(int recipient, out bool last)
    {
        lock (_gate)
        {
            last = false;
            _complete ??= new BitArray(recipient + 1);
            if (_complete.Length <= recipient)
            {
                _complete.Length = recipient + 1;
            }

            if (_complete[recipient])
            {
                return false;
            }

            _complete[recipient] = true;
            last = _remaining > 0 && --_remaining == 0;
            return true;
        }
    }

    public bool FinishAll()
    {
        lock (_gate)
        {
            var was = _remaining;
            _remaining = 0;
            return was != 0;
        }
    }

    /// <summary>Which recipients have it. False: all have, or will be on record as such.</summary>
    public bool TryGetCompleted(out int[] recipients)
    {
        lock (_gate)
        {
            recipients = _complete is null ? [] : [.. Enumerable.Range(0, _complete.Length).Where(_complete.Get)];
            return _remaining != 0 && !IsGone;
        }
    }

    /// <summary>Whether nobody waits for it any more.</summary>
    public bool IsComplete()
    {
        lock (_gate)
        {
            return _remaining == 0;
        }
    }

    /// <summary>The envelope, read again where it was put out of memory; null where the disk cannot give it.</summary>
    public Envelope? EnvelopeFor(JournalMailStore store) => _envelope ?? store.ReadEnvelope(this);

    public override bool IsComplete(int recipient)
    {
        lock (_gate)
        {
            return _remaining == 0 || (_complete is not null && recipient < _complete.Length && _complete[recipient]);
        }
    }

    public override bool TryGetContent(out ReadOnlyMemory<byte> content)
    {
        if (_content is { Next: null } block)
        {
            content = new ReadOnlyMemory<byte>(block.Array, block.Offset + RecordHeader.Size, (int)Length);
            return true;
        }

        content = default;
        return Length == 0;
    }

    public override int Read(long offset, Span<byte> into)
    {
        lock (_gate)                                // moved to another segment only between two reads
        {
            return _content is not null ? ReadMemory(_content, offset, into) : ReadJournal(offset, into);
        }
    }

    private int ReadMemory(Block block, long offset, Span<byte> into)
    {
        into = into[..(int)Math.Clamp(Length - offset, 0, into.Length)];
        var skip = offset + RecordHeader.Size;
        var done = 0;
        for (var at = block; at is not null && done < into.Length; at = at.Next)
        {
            if (skip >= at.Used)
            {
                skip -= at.Used;
                continue;
            }

            var piece = at.Bytes[(int)skip..];
            piece = piece[..Math.Min(piece.Length, into.Length - done)];
            piece.CopyTo(into[done..]);
            done += piece.Length;
            skip = 0;
        }

        return done;
    }

    private int ReadJournal(long offset, Span<byte> into)
    {
        var done = 0;
        for (var i = 0; i <= (_chunks?.Length ?? 0) && done < into.Length; i++)
        {
            var place = _chunks is { } chunks && i < chunks.Length ? chunks[i] : _last;
            if (offset >= place.ContentLength)
            {
                offset -= place.ContentLength;
                continue;
            }

            var piece = into.Slice(done, (int)Math.Min(place.ContentLength - offset, into.Length - done));
            var read = _store.ReadPlace(place, place.ContentOffset + (int)offset, piece);
            done += read;
            offset = 0;
        }

        return done;
    }
}
