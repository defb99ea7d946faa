using System.Buffers;
using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// The queue's thread: takes all that waits, writes content and syncs it, then writes what that means and syncs that, and tells everybody. What
/// arrives meanwhile is the next batch. So a record of state never speaks of content that is not stable. Everything about segments in use belongs to this
/// thread. Reads like: gather → content → state → conclude → make room.
/// </summary>
internal sealed partial class QueueLoop(QueueStore store, QueueLog content, QueueLog state, TimeProvider time) : IWork
{
    /// <summary>Content of one record at most: a piece that is read at once.</summary>
    public const int MostContent = 64 * 1024;

    private const int MostJobs = 1024;
    private const long MostOctets = 8 << 20;
    private const int NoSpacePatience = 200;

    private readonly Lock _gate = new();
    private readonly List<QueueJob> _portion = [];
    private readonly List<QueueJob> _done = [];
    private readonly HashSet<MailId> _adding = [];
    private readonly ArrayBufferWriter<byte> _envelope = new(1024);
    private List<QueueJob> _incoming = [];
    private Queue<QueueJob> _work = new();
    private long? _noSpaceAt;
    private bool _writesState;                      // the batch has come so far that records of state may be on the disk
    private volatile bool _closing;

    public bool Closed { get; private set; }

    public long Added { get; private set; }

    public long Saved { get; private set; }

    public long Removed { get; private set; }

    public long Moved { get; private set; }

    /// <summary>From any thread.</summary>
    public void Submit(ReadOnlySpan<QueueJob> jobs)
    {
        lock (_gate)
        {
            _incoming.AddRange(jobs);
        }
    }

    /// <summary>From any thread: do what is there, then an end mark, and stop.</summary>
    public void Close() => _closing = true;

    public int Step()
    {
        Gather();
        if (store.Fault is not null)
        {
            return GiveUp();
        }

        if (_noSpaceAt is { } failed && time.GetElapsedTime(failed).TotalMilliseconds < NoSpacePatience && !_closing)
        {
            return NoSpacePatience;
        }

        var idle = _work.Count == 0 && !HasMoves && !_closing ? Idle() : 0;
        if (idle != 0 || Closed)
        {
            return Closed ? IWork.Nothing : idle;
        }

        try
        {
            return WriteAll();
        }
        catch (DiskException broken)
        {
            store.Fail(new StoreFault(broken.Operation, broken.Message));       // the page may be gone: nothing is tried again
            return GiveUp();
        }
    }

    private void Gather()
    {
        lock (_gate)
        {
            foreach (var job in _incoming)
            {
                _work.Enqueue(job);
            }

            _incoming.Clear();
        }
    }

    private int WriteAll()
    {
        TakePortion();
        (_recorded, _writesState) = (store.Handover.Stable, false);
        var waits = false;
        try
        {
            waits = PlaceContents();
            content.Flush();
            content.Sync();
            _writesState = true;
            waits |= PlaceStates();
            if (_portion.Count == 0 && WantsNote)
            {
                waits |= !state.TryNote(RecordKind.Note);
            }

            if (_closing && _work.Count == 0 && !waits && !HasTwins)
            {
                Closed = state.TryNote(RecordKind.Clean);
            }

            state.Flush();
            state.Sync();
            _noSpaceAt = null;
        }
        catch (DiskException full) when (full.Error == DiskError.NoSpace)
        {
            NoSpace(full);
            waits = true;
        }

        Conclude();
        PutBack();
        if (_closing && waits)
        {
            return GiveUp();                        // no room for the rest, nor for an end mark: the next start reads the log as after a crash
        }

        MakeRoom();
        store.AfterBatch();
        return waits ? 100 : 0;
    }

    /// <summary>A message is asked to be added twice in this batch.</summary>
    private bool HasTwins => _portion.Exists(job => job is { Kind: QueueJobKind.Add, Step: { IsSettled: false, Content: null } });

    private void TakePortion()
    {
        var octets = 0L;
        while (_portion.Count < MostJobs && octets < MostOctets && _work.TryDequeue(out var job))
        {
            _portion.Add(job);
            octets += job.Mail?.Length ?? job.State.Length;
            (job.Step.Content, job.Step.State, job.Step.IsSettled) = (null, default, false);
        }
    }

    /// <summary>True: something has to wait for a segment.</summary>
    private bool PlaceContents()
    {
        var waits = false;
        foreach (var job in _portion)
        {
            if (job.Kind != QueueJobKind.Add)
            {
                continue;
            }

            if (store.IsKnown(job.Mail!.Id, out var slot))
            {
                (job.WasThere, job.Slot, job.Step.IsSettled) = (true, slot, true);
            }
            else if (!_adding.Add(job.Mail.Id))
            {
                continue;                           // the same is in this batch already: what becomes of that one is known in the next
            }
            else if (waits)
            {
                continue;                           // in order: what came before it waits
            }
            else if (!PlaceContent(job) && !job.Step.IsSettled)
            {
                waits = !CannotHave(content, job);
            }
        }

        return PlaceMoves() || waits;
    }

    /// <summary>A segment is wanted, and none can be made: the job fails. False: it is being made.</summary>
    private static bool CannotHave(QueueLog log, QueueJob job)
    {
        if (log.Shelf.Trouble is not { } trouble)
        {
            return false;
        }

        Fail(job, trouble.Error == DiskError.NoSpace ? StoreFailure.Full : StoreFailure.Unavailable, trouble.Message);
        return true;
    }

    private static void Fail(QueueJob job, StoreFailure failure, string problem) =>
        (job.Failure, job.Problem, job.Step.IsSettled) = (failure, problem, true);

    private bool PlaceContent(QueueJob job)
    {
        var mail = job.Mail!;
        _envelope.ResetWrittenCount();
        try
        {
            EnvelopeBytes.Write(mail.Envelope.Edits is null ? mail.Envelope : mail.Envelope with { Edits = null }, _envelope);     // applied by now
            var octets = mail.HandedOnLength;
            var pieces = (int)Math.Max(1, (octets + MostContent - 1) / MostContent);
            if (_envelope.WrittenCount + MostContent > store.MostPayload || job.State.Length + (pieces * 20) > store.MostState)
            {
                Fail(job, StoreFailure.Unavailable, "the envelope is too long for a segment");
                return false;
            }

            var places = new QueuePlace[pieces];
            for (var i = 0; i < pieces; i++)
            {
                var last = i == pieces - 1;
                var length = (int)Math.Min(MostContent, octets - ((long)i * MostContent));
                if (!content.TryReserve(length + (last ? _envelope.WrittenCount : 0), makesRoom: false, out var into))
                {
                    return false;
                }

                Fill(mail, (long)i * MostContent, into[..length]);
                if (last)
                {
                    _envelope.WrittenSpan.CopyTo(into[length..]);
                }

                places[i] = content.Place(HeaderOf(mail.Id, octets, i, pieces, length, last ? _envelope.WrittenSpan : []));
            }

            job.Step.Content = places;
            return true;
        }
        catch (ArgumentException tooLong)
        {
            Fail(job, StoreFailure.Unavailable, tooLong.Message);
        }
        catch (StoreException cannotBeRead)
        {
            Fail(job, StoreFailure.Unavailable, cannotBeRead.Message);
        }

        return false;
    }

    private static void Fill(StoredMail mail, long offset, Span<byte> into)
    {
        if (mail.TryGetHandedOn(out var whole))
        {
            whole.Span.Slice((int)offset, into.Length).CopyTo(into);
            return;
        }

        while (into.Length > 0)
        {
            var read = mail.ReadHandedOn(offset, into);
            if (read == 0)
            {
                throw new StoreException($"The content of {mail.Id} ends before its length.");
            }

            offset += read;
            into = into[read..];
        }
    }

    /// <summary>As the journal writes messages: one record, or parts and the last one with the envelope. Its sum is kept beside that of the whole.</summary>
    private static RecordHeader HeaderOf(MailId id, long total, int index, int pieces, int length, ReadOnlySpan<byte> envelope) => new()
    {
        Kind = pieces == 1 ? RecordKind.Message : index < pieces - 1 ? RecordKind.Chunk : RecordKind.Commit,
        Id = id,
        Index = index,
        Total = total,
        ContentLength = length,
        EnvelopeLength = envelope.Length,
        Order = envelope.Length > 0 ? Crc32C.Of(envelope) : 0,
    };

    /// <summary>True: something has to wait for a segment.</summary>
    private bool PlaceStates()
    {
        var removals = 0;
        foreach (var job in _portion)
        {
            if (job.Step.IsSettled || job.Kind == QueueJobKind.Remove || (job.Kind == QueueJobKind.Add && job.Step.Content is null))
            {
                removals += job.Kind == QueueJobKind.Remove && !Vanished(job) ? 1 : 0;
                continue;
            }

            if (Vanished(job))
            {
                continue;
            }

            var places = job.Step.Content ?? PlacesNow(job.Slot);
            job.Step.Id = job.Mail?.Id ?? store.IdOf(job.Slot);
            if (!TryPlaceState(job.Step.Id, places, job.State.Span, makesRoom: job.Kind == QueueJobKind.Save, out job.Step.State)
                && !(job.Kind == QueueJobKind.Add && CannotHave(state, job)))
            {
                return true;
            }

            _touched.Add(job.Slot);
        }

        return (removals > 0 && !PlaceRemovals(removals)) || PlaceMovedStates();
    }

    private bool Vanished(QueueJob job)
    {
        if (job.Kind != QueueJobKind.Add && !store.IsUsed(job.Slot))
        {
            Fail(job, StoreFailure.Unavailable, "there is no such message");
        }

        return job.Step.IsSettled;
    }

    private bool TryPlaceState(MailId id, QueuePlace[] places, ReadOnlySpan<byte> octets, bool makesRoom, out QueuePlace place)
    {
        place = default;
        var length = StatePayload.LengthOf(places) + octets.Length;
        if (!state.TryReserve(length, makesRoom, out var into))
        {
            return false;
        }

        StatePayload.Write(places, octets, into);
        place = state.Place(new RecordHeader { Kind = RecordKind.State, Id = id, ContentLength = length, Total = places.Sum(p => (long)p.ContentLength) });
        return true;
    }

    private bool PlaceRemovals(int count)
    {
        if (!state.TryReserve(count * MailId.Size, makesRoom: true, out var into))
        {
            return false;
        }

        foreach (var job in _portion)
        {
            if (job.Kind == QueueJobKind.Remove && !job.Step.IsSettled)
            {
                job.Step.Id = store.IdOf(job.Slot);
                job.Step.Id.Write(into);
                into = into[MailId.Size..];
            }
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var place = state.Place(new RecordHeader { Kind = RecordKind.Removed, ContentLength = count * MailId.Size, Total = now });
        state.Find(place.Use)!.RememberedUntil = store.Handover.Asked;
        foreach (var job in _portion)
        {
            if (job.Kind == QueueJobKind.Remove && !job.Step.IsSettled)
            {
                job.Step.State = place;
                _touched.Add(job.Slot);
            }
        }

        return true;
    }

    /// <summary>Additions are refused; what has to be kept is tried again.</summary>
    private void NoSpace(DiskException full)
    {
        foreach (var job in _portion)
        {
            if (job.Kind == QueueJobKind.Add && !job.Step.IsSettled)
            {
                Orphan(job);
                Fail(job, StoreFailure.Full, full.Message);
            }

            job.Step.State = default;
        }

        if (_writesState)
        {
            DoubtMoves();
        }

        ForgetMoves();
        _noSpaceAt = time.GetTimestamp();
        store.NoSpace();
    }
}
