using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;

namespace ActorSmtp.Storage.Queue;

/// <summary>Where messages lie, and reading them. What changes the table is called by the queue's thread alone, under <see cref="Gate"/>.</summary>
internal sealed partial class QueueStore
{
    public int Find(MailId id)
    {
        lock (Gate)
        {
            return _table.Find(id);
        }
    }

    public (MailId Id, long Length)? At(int slot)
    {
        lock (Gate)
        {
            return _table.IsUsed(slot) ? (_table[slot].MailId, PlacesOf(slot).Sum(place => (long)place.ContentLength)) : null;
        }
    }

    /// <summary>By the queue's thread: a message of this id is here, or was removed lately (slot -1).</summary>
    internal bool IsKnown(MailId id, out int slot)
    {
        slot = _table.Find(id);
        return slot >= 0 || WasRemoved(id);
    }

    internal bool IsUsed(int slot) => _table.IsUsed(slot);

    internal MailId IdOf(int slot) => _table[slot].MailId;

    internal ref QueuePlace StateOf(int slot) => ref _table[slot].State;

    internal QueuePlace[] PlacesOf(int slot) => _table[slot].IsLarge ? _large[slot] : [_table[slot].Content];

    internal int Keep(MailId id, QueuePlace[] places, QueuePlace state)
    {
        var slot = _table.Add(id);
        ref var entry = ref _table[slot];
        (entry.Content, entry.State) = (places[0], state);
        if (places.Length > 1)
        {
            entry.IsLarge = true;
            _large[slot] = places;
        }

        Interlocked.Increment(ref _messages);
        Interlocked.Add(ref _octets, places.Sum(place => (long)place.ContentLength));
        return slot;
    }

    /// <summary>Content lies elsewhere now.</summary>
    internal void Move(int slot, QueuePlace[] places)
    {
        _table[slot].Content = places[0];
        if (places.Length > 1)
        {
            _large[slot] = places;
        }

        if (_open.TryGetValue(slot, out var open))
        {
            open.Move(places);
        }
    }

    /// <summary>The message is gone. Answers the records of content that nobody reads any more; null: somebody does, and lets them go later.</summary>
    internal QueuePlace[]? Drop(int slot)
    {
        var places = PlacesOf(slot);
        _large.Remove(slot);
        _table.Remove(slot);
        Interlocked.Decrement(ref _messages);
        Interlocked.Add(ref _octets, -places.Sum(place => (long)place.ContentLength));
        if (!_open.Remove(slot, out var open))
        {
            return places;
        }

        open.IsRemoved = true;
        return null;
    }

    /// <summary>A message opened with what is known of it already.</summary>
    internal QueuedMail Opened(int slot, Envelope envelope, ReadOnlyMemory<byte> state)
    {
        var records = Hold(slot);
        return new RecordedMail(this, records, slot, _table[slot].MailId, records.Places.Sum(place => (long)place.ContentLength), envelope, state);
    }

    /// <summary>From the loader's thread.</summary>
    internal void Load(QueueJob job)
    {
        OpenRecords? records = null;
        try
        {
            MailId id;
            RecordHeader header;
            byte[] octets;
            lock (FreeGate)
            {
                QueuePlace place;
                lock (Gate)
                {
                    if (!_table.IsUsed(job.Slot))
                    {
                        (job.Failure, job.Problem) = (StoreFailure.Unavailable, "there is no such message");
                        return;
                    }

                    (id, place) = (_table[job.Slot].MailId, _table[job.Slot].State);
                    records = Hold(job.Slot);
                }

                (header, octets) = ReadRecord(_state!, place, id);
            }

            if (!StatePayload.TryRead(octets, out var places, out var state))
            {
                throw new StoreException($"The state of {id} cannot be read.");
            }

            job.State = octets.AsMemory(octets.Length - state.Length);
            var envelope = records.Read(records.Count - 1, place => QueueRecords.ReadEnvelope(_content!.Find(place.Use)?.File, place, id));
            job.Opened = new RecordedMail(this, records, job.Slot, id, header.Total, envelope, job.State);
        }
        catch (Exception cannot) when (cannot is DiskException or StoreException)
        {
            (job.Failure, job.Problem) = (StoreFailure.Unavailable, cannot.Message);
            Release(job.Slot, records!);
        }
    }

    /// <summary>Which message has its present state, or content, there; -1: none.</summary>
    internal int FindIn(MailId id, int use, int offset, bool isContent)
    {
        lock (Gate)
        {
            var slot = _table.Find(id);
            return slot < 0 ? -1
                : !isContent ? (_table[slot].State.Use == use && _table[slot].State.Offset == offset ? slot : -1)
                : Array.Exists(PlacesOf(slot), place => place.Use == use && place.Offset == offset) ? slot : -1;
        }
    }

    /// <summary>The content of one record, without the envelope that may stand behind it.</summary>
    internal byte[] ReadContent(MailId id, QueuePlace place)
    {
        var (_, octets) = ReadRecord(_content!, place, id);
        return place.EnvelopeLength == 0 ? octets : octets[..place.ContentLength];
    }

    /// <inheritdoc cref="QueueRecords.Read"/>
    internal (RecordHeader Header, byte[] Payload) ReadRecord(QueueLog log, QueuePlace place, MailId id) => QueueRecords.Read(log.Find(place.Use)?.File, place, id);

    /// <summary>Under the gate.</summary>
    private OpenRecords Hold(int slot)
    {
        if (!_open.TryGetValue(slot, out var records))
        {
            _open[slot] = records = new OpenRecords(PlacesOf(slot));
        }

        records.Holders++;
        return records;
    }

    /// <summary>From any thread.</summary>
    internal void Release(int slot, OpenRecords records)
    {
        lock (Gate)
        {
            if (--records.Holders > 0)
            {
                return;
            }

            if (!records.IsRemoved)
            {
                _open.Remove(slot);
                return;
            }
        }

        _loop?.LetGo(records.Places);
        WakeLoop();
    }
}
