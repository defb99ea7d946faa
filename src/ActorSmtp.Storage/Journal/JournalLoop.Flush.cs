using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Journal;

/// <summary>From a placed portion to those who are told.</summary>
internal sealed partial class JournalLoop
{
    /// <summary>
    /// Writes the portion and makes it stable. <paramref name="end"/>: seal and clean add a record of their own. False: there was no space,
    /// and everybody is told.
    /// </summary>
    /// <exception cref="DiskException">The journal is broken: nothing of the portion may be believed.</exception>
    private bool Flush(RecordKind end)
    {
        var needsSync = end != RecordKind.Note;
        var deliveries = 0;
        if (_current is not null)
        {
            if (end != RecordKind.Seal && _current.HasRoom(_position, DoneList.MostRecord))
            {
                deliveries = PlaceDeliveries();
            }

            foreach (var append in _portion)
            {
                needsSync |= append.Kind is AppendKind.Message or AppendKind.Commit && append.Place.Segment == _current && append.Head is not null;
            }

            needsSync |= deliveries > 0;
            if (end != RecordKind.Note || (!needsSync && _portion.Count == 0 && (Floor() > _durableFloor || _noSpaceAt is not null)))
            {
                _vectors.Add(Header(end), []);
                _position += RecordHeader.Size;
                needsSync = true;
            }
        }

        var begin = _begin;
        var written = _vectors.Count == 0 || Write();
        if (!written)
        {
            deliveries = 0;
        }
        else if (needsSync)
        {
            Sync();
        }
        else if (_sync && _begin - begin >= BlockPool.Large)
        {
            _current!.File.BeginSync(begin, _begin - begin);        // large messages on their way: the disk need not wait for their ends
        }

        foreach (var append in _portion)
        {
            Conclude(append);
        }

        _portion.Clear();
        _done.Concluded(deliveries, this);
        if (_fresh.Count > 0)
        {
            _store.Stored(_fresh);
            _fresh.Clear();
        }

        FreeSegments();
        Closed |= end == RecordKind.Clean;
        return written;
    }

    private int PlaceDeliveries()
    {
        var (count, payload) = _done.Fill();
        if (count == 0)
        {
            return 0;
        }

        var header = Header(RecordKind.Done);
        header.ContentLength = payload.Length;
        header.PayloadCrc = Crc32C.Of(payload.Span);
        _vectors.Add(header, payload.Span);
        _position += header.RecordLength;
        return count;
    }

    /// <summary>
    /// False: there was no space (a file system that copies on write), and the portion failed as a whole. A part of it may stand in the file
    /// all the same: the next write goes over it, and its numbers are not used again, so that what is left of it behind that write never counts.
    /// </summary>
    private bool Write()
    {
        _position = _vectors.PadTo(_position, Segment.Page);
        var floor = Floor();
        try
        {
            _current!.File.Write(_vectors.Span, _begin);
        }
        catch (DiskException failed) when (failed.Error == DiskError.NoSpace)
        {
            foreach (var append in _portion)
            {
                if (append.Kind != AppendKind.Abort)
                {
                    append.Writer!.Fail(StoreFailure.Full);
                }
            }

            _noSpaceAt = _time.GetTimestamp();
            _store.NoSpace();
            _vectors.Clear();
            if (_begin == 0)                        // the segment's first write
            {
                BeginSegment();
            }
            else
            {
                _position = _begin;
                var note = Header(RecordKind.Note);
                note.Index = (int)(note.Sequence - _beginSequence);
                _vectors.Add(note, []);
                _position += note.RecordLength;
            }

            return false;
        }

        _unsealed = null;
        _noSpaceAt = null;
        Batches++;
        Octets += _position - _begin;
        _writtenFloor = floor;
        (_begin, _beginSequence) = (_position, _sequence);
        _vectors.Clear();
        TellReady();
        return true;
    }

    private void Sync()
    {
        if (_sync)
        {
            _current!.File.Sync();
            Syncs++;
        }

        _stable = _position;
        _durableFloor = Math.Max(_durableFloor, _writtenFloor);
    }

    /// <summary>Chunks need no sync: their memory is free, and their writers go on, while the sync runs.</summary>
    private void TellReady()
    {
        CompletionBatch? ready = null;
        foreach (var append in _portion)
        {
            if (append.Kind == AppendKind.Chunk && append.Writer!.Failure is null)
            {
                append.Place.Segment.Pin(append.Place);
                append.Writer.AddWritten(append.Place);
                _store.Release(append.Head);
                append.Head = null;
                if (append.Writer.ChunkLeft(append.ContentLength))
                {
                    (ready ??= _store.RentCompletions()).Ready(append.Writer);
                }
            }
        }

        if (ready is not null)
        {
            _store.Post(ready);
        }
    }

    private void Conclude(Append append)
    {
        var writer = append.Writer!;
        switch (append.Kind)
        {
            case AppendKind.Chunk:
                if (append.Head is not null)        // dropped: its message failed
                {
                    _store.Release(append.Head);
                    append.Head = null;
                    if (writer.ChunkLeft(append.ContentLength))
                    {
                        _completions!.Ready(writer);
                    }
                }

                break;
            case AppendKind.Abort:
                Unpin(writer.Written);
                _store.GiveBack(writer);
                break;
            default:
                if (writer.Failure is not null)
                {
                    Unpin(writer.Written);
                    _store.Release(append.Head);
                }
                else
                {
                    Keep(append, writer);
                }

                append.Head = null;
                _completions!.Ended(writer);
                break;
        }
    }

    /// <summary>The message is stable: from here on it waits for delivery.</summary>
    private void Keep(Append append, JournalWriter writer)
    {
        var chunks = writer.Written is { Count: > 0 } written ? written.ToArray() : null;
        if (writer.Moves is { } moved)
        {
            _store.Release(append.Head);
            Unpin(moved.Chunks);
            moved.Last.Segment.Unpin(moved.Last);
            moved.SetPlaces(append.Place, chunks);
            Moved++;
            append.Place.Segment.Pin(append.Place);
            return;
        }

        append.Place.Segment.Pin(append.Place);
        var mail = new JournalMail(_store, writer.Id, append.Order, append.Total);
        mail.SetPlaces(append.Place, chunks);
        mail.Load(writer.Envelope!);
        if (append.Kind == AppendKind.Message && _store.MayHold(append.Head!))
        {
            mail.Hold(append.Head!);
        }
        else
        {
            _store.Release(append.Head);
        }

        _fresh.Add(mail);
        _live.Add(mail.Sequence, mail);
    }

    /// <summary>A delivered message needs its records no more.</summary>
    public void Leave(JournalMail mail)
    {
        mail.IsGone = true;
        _live.Remove(mail.Sequence);
        mail.Last.Segment.Unpin(mail.Last);
        Unpin(mail.Chunks);
    }

    private static void Unpin(IReadOnlyList<RecordPlace>? places)
    {
        for (var i = 0; i < (places?.Count ?? 0); i++)
        {
            places![i].Segment.Unpin(places[i]);
        }
    }

    private void FreeSegments()
    {
        while (_retained.First is { } first && first.Value.Id < _durableFloor && first.Value != _current)
        {
            _retained.RemoveFirst();
            _shelf.Free(first.Value);
            if (_shelf.Count > _shelf.Target)
            {
                _store.WakeKeeper();                // one file too many can go
            }
        }

        MakeRoom();
    }

    /// <summary>
    /// Segments are freed in order, so a message that waits long (its mailbox is broken) holds all behind it. Where more
    /// files are in use than are wanted, and less than half of what they hold is needed, the oldest one's messages are
    /// written anew at the end; what could not be moved is tried again after a while.
    /// </summary>
    private void MakeRoom()
    {
        if (_retained.Count <= _shelf.Target || _retained.First is not { } first || first.Value == _current
            || (first.Value.IsLeaving && !(_store.HasMoved && _time.GetElapsedTime(_movedAt).TotalMilliseconds >= MovePatience))
            || _retained.Sum(segment => segment.LiveOctets) * 2 > (long)_retained.Count * first.Value.Size)
        {
            return;
        }

        var oldest = first.Value;
        (oldest.IsLeaving, _movedAt) = (true, _time.GetTimestamp());
        _store.Move([.. _live.Values.Where(mail => mail.Last.Segment == oldest || (mail.Chunks is { } chunks && Array.Exists(chunks, place => place.Segment == oldest)))]);
    }

    /// <summary>After the thread has ended: who came too late is told.</summary>
    public void Abandon()
    {
        Gather();
        GiveUp();
        foreach (var segment in _retained)
        {
            segment.File.Dispose();
        }
    }

    /// <summary>After a fault: everybody who waits is told, at once and always.</summary>
    private int GiveUp()
    {
        _completions ??= _store.RentCompletions();
        _vectors.Clear();
        foreach (var append in _portion.Concat(_work))
        {
            append.Writer!.Fail(StoreFailure.Unavailable);
            switch (append.Kind)
            {
                case AppendKind.Chunk when append.Head is not null:
                    _store.Release(append.Head);
                    if (append.Writer.ChunkLeft(append.ContentLength))
                    {
                        _completions.Ready(append.Writer);
                    }

                    break;
                case AppendKind.Abort:
                    _store.GiveBack(append.Writer);
                    break;
                case AppendKind.Message or AppendKind.Commit:
                    _store.Release(append.Head);
                    _completions.Ended(append.Writer);
                    break;
            }

            append.Head = null;
        }

        _portion.Clear();
        _work.Clear();
        _fresh.Clear();
        _done.Clear();
        _store.Complete(_completions);
        _completions = null;
        Closed = true;
        return IWork.Nothing;
    }
}
