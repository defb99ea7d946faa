using ActorSmtp.Storage.Disks;
using ActorSmtp.Storage.Journal;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Queue;

/// <summary>
/// Compaction: what still counts in a segment is written anew at the log's end, so that the segment becomes free. Of content any segment may go, the emptiest
/// first. State is freed from its beginning on only: so a record that says a message is gone is never let go before all that speak of the
/// message as there.
/// </summary>
internal sealed partial class QueueLoop
{
    private const int MostMoves = 64;
    private const int MovePatience = 5000;

    /// <summary>Milliseconds until a segment is cleaned again of which not all could be moved.</summary>
    private const int CleanPatience = 60_000;

    /// <summary>Milliseconds until it is looked again whether removals may be forgotten: the other store records within some.</summary>
    private const int HandoverPatience = 500;

    private readonly Dictionary<MailId, List<QueuePlace[]>> _doubted = [];
    private readonly Queue<QueueMove> _moves = new();
    private readonly List<QueueMove> _moving = [];
    private readonly HashSet<int> _touched = [];
    private readonly List<QueuePlace[]> _unpins = [];
    private long _lookedAt;
    private long _lookedUses;
    private QueueSegment? _leaving;
    private bool _isFound;
    private long _recorded;                         // how far the hand-over is stable, as it was at the last look

    /// <summary>Nothing is being moved. Read by the keeper.</summary>
    public bool HasMoves => _moves.Count > 0;

    /// <summary>Whether a segment is being cleaned; the loop's own word.</summary>
    public bool IsCleaning => _leaving is not null;

    /// <summary>From any thread: nobody has this content open any more, and its message is gone.</summary>
    public void LetGo(QueuePlace[] places)
    {
        lock (_gate)
        {
            _unpins.Add(places);
        }
    }

    private int Idle()
    {
        TakeCleaned();
        LetGo();
        FreeSegments();
        if (HasMoves)
        {
            return 0;
        }

        if (state.InUse.First is { } first && first.Value != state.Current && first.Value.Live == 0)
        {
            _recorded = store.Handover.Stable;
            if (IsRemembered(first.Value))
            {
                return HandoverPatience;
            }

            if (WantsNote)
            {
                return 0;
            }
        }

        return IWork.Nothing;
    }

    /// <summary>The disk is to be told that the first segments of state are free.</summary>
    private bool WantsNote => state.InUse.First is { } first && first.Value != state.Current && FloorOf(state) > state.DurableFloor;

    /// <summary>The first segment of state that is still needed.</summary>
    public long FloorOf(QueueLog log)
    {
        foreach (var segment in log.InUse)
        {
            if (segment.Live > 0 || segment == log.Current || IsRemembered(segment))
            {
                return segment.Use;
            }
        }

        return log.NextUse;
    }

    /// <summary>It has removals, and the journal may still bring one of those messages again.</summary>
    private bool IsRemembered(QueueSegment segment) => segment.RememberedUntil > _recorded;

    private void LetGo()
    {
        lock (_gate)
        {
            foreach (var places in _unpins)
            {
                Unpin(places);
            }

            _unpins.Clear();
        }
    }

    private void FreeSegments()
    {
        var freed = false;
        while (state.InUse.First is { } first && first.Value.Use < state.DurableFloor && first.Value != state.Current)
        {
            lock (store.FreeGate)
            {
                state.Free(first);
            }

            freed = true;
        }

        for (var at = content.InUse.First; at is not null;)
        {
            var next = at.Next;
            if (at.Value.Live == 0 && at.Value != content.Current)
            {
                content.Free(at);
                freed = true;
            }

            at = next;
        }

        if (freed && (state.Shelf.Count > state.Shelf.Target || content.Shelf.Count > content.Shelf.Target))
        {
            store.WakeKeeper();                     // files too many can go
        }
    }

    /// <summary>Looks now and then whether a log takes more than twice what counts in it.</summary>
    private void MakeRoom()
    {
        TakeCleaned();
        LetGo();
        FreeSegments();
        var uses = state.NextUse + content.NextUse;
        if (_leaving is not null || (uses == _lookedUses && time.GetElapsedTime(_lookedAt).TotalMilliseconds < MovePatience))
        {
            return;
        }

        (_lookedUses, _lookedAt) = (uses, time.GetTimestamp());
        if (Wastes(state) && state.InUse.First!.Value is { Live: > 0 } oldest && MayBeCleaned(state, oldest))
        {
            Clean(oldest, isContent: false);
        }
        else if (Wastes(content) && content.InUse.Where(segment => MayBeCleaned(content, segment) && segment.LiveOctets * 2 < segment.File.Size).MinBy(segment => segment.LiveOctets) is { } emptiest)
        {
            Clean(emptiest, isContent: true);
        }
    }

    private static bool Wastes(QueueLog log)
    {
        var size = (long)(log.Current?.File.Size ?? 0);
        return log.InUse.Count > 3 && (log.InUse.Count - 1) * size > (2 * log.LiveOctets) + (2 * size);
    }

    /// <summary>What could not be moved, since it cannot be read or there was no room, is tried again after a while; others are not kept waiting.</summary>
    private bool MayBeCleaned(QueueLog log, QueueSegment segment) =>
        segment != log.Current && !(segment.CleanedAt is { } at && time.GetElapsedTime(at).TotalMilliseconds < CleanPatience);

    private void Clean(QueueSegment segment, bool isContent)
    {
        (_leaving, segment.CleanedAt) = (segment, time.GetTimestamp());
        store.Clean(segment, isContent);
    }

    /// <summary>What the keeper found in the segment that is to be free.</summary>
    private void TakeCleaned()
    {
        if (store.TakeCleaned() is { } found)
        {
            foreach (var move in found)
            {
                _moves.Enqueue(move);
            }

            (_isFound, _leaving) = (found.Count > 0, found.Count > 0 ? _leaving : null);
        }
    }

    /// <summary>True: something has to wait for a segment.</summary>
    private bool PlaceMoves()
    {
        while (_moving.Count < MostMoves && _moves.TryDequeue(out var move))
        {
            if (store.IsUsed(move.Slot) && store.IdOf(move.Slot) == move.Id)
            {
                _moving.Add(move);
            }
        }

        foreach (var move in _moving.Where(move => move.IsContent))
        {
            var places = PlacesOf(move.Slot);
            if (!Array.Exists(places, place => place.Use == move.Use))
            {
                continue;                           // moved already
            }

            var to = new QueuePlace[places.Length];
            for (var i = 0; i < places.Length; i++)
            {
                byte[] octets;
                RecordHeader header;
                try
                {
                    (header, octets) = store.ReadRecord(content, places[i], move.Id);
                }
                catch (Exception cannot) when (cannot is DiskException or StoreException)
                {
                    to = null;                      // it stays where it is
                    break;
                }

                if (!content.TryReserve(octets.Length, makesRoom: true, out var into))
                {
                    to = null;
                    break;
                }

                octets.CopyTo(into);
                to[i] = content.Place(header);
            }

            move.To = to;
        }

        return false;
    }

    private bool PlaceMovedStates()
    {
        foreach (var move in _moving)
        {
            if (_touched.Contains(move.Slot) || (move.IsContent ? move.To is null : store.StateOf(move.Slot).Use != move.Use))
            {
                continue;
            }

            if (ReadForMove(move) is { } octets && StatePayload.TryRead(octets, out var places, out var own)
                && TryPlaceState(move.Id, move.To ?? places, own, makesRoom: true, out var place))
            {
                move.State = place;
            }
        }

        return false;
    }

    /// <summary>Null: it cannot be read, and stays where it is. A disk that cannot read is no reason to end while it can write.</summary>
    private byte[]? ReadForMove(QueueMove move)
    {
        try
        {
            return store.ReadRecord(state, store.StateOf(move.Slot), move.Id).Payload;
        }
        catch (Exception unreadable) when (unreadable is StoreException or DiskException)
        {
            return null;
        }
    }

    private void ConcludeMoves()
    {
        foreach (var move in _moving)
        {
            if (!store.IsUsed(move.Slot) || store.IdOf(move.Slot) != move.Id || (move.State.Use == 0 && (move.To is null || !_touched.Contains(move.Slot))))
            {
                continue;
            }

            if (move.To is not null)
            {
                var before = PlacesOf(move.Slot);
                Pin(move.To);
                store.Move(move.Slot, move.To);
                Unpin(before);
            }

            if (move.State.Use > 0)
            {
                ReplaceState(move.Slot, move.State);
            }

            DoubtNoMore(move.Id);

            Moved++;
        }

        _moving.Clear();
        if (_moves.Count == 0 && _isFound)
        {
            (_isFound, _leaving) = (false, null);
        }
    }

    /// <summary>
    /// A batch ended without space. Records of it may be on the disk all the same, if it filled a segment before, and speak of content where it was to be moved: that stays until a
    /// later record of the message is stable.
    /// </summary>
    private void DoubtMoves()
    {
        foreach (var move in _moving)
        {
            if (move.To is { } to)
            {
                Pin(to);
                (_doubted.TryGetValue(move.Id, out var others) ? others : _doubted[move.Id] = []).Add(to);
            }
        }
    }

    /// <summary>A record of the message is stable that is newer than those in doubt.</summary>
    private void DoubtNoMore(MailId id)
    {
        if (_doubted.Count > 0 && _doubted.Remove(id, out var all))
        {
            all.ForEach(Unpin);
        }
    }

    private void ForgetMoves()
    {
        _moving.Clear();
        _moves.Clear();
        if (_isFound)
        {
            (_isFound, _leaving) = (false, null);
        }
    }

    private QueuePlace[] PlacesOf(int slot) => store.PlacesOf(slot);

    /// <summary>Where its content will be when this batch is stable.</summary>
    private QueuePlace[] PlacesNow(int slot) => _moving.Find(move => move.Slot == slot && move.To is not null)?.To ?? PlacesOf(slot);
}

/// <summary>A message whose state, or content, is to be written anew.</summary>
/// <param name="Use">The segment that it is to leave.</param>
internal sealed record QueueMove(int Slot, MailId Id, int Use, bool IsContent)
{
    public QueuePlace[]? To { get; set; }

    public QueuePlace State { get; set; }
}
