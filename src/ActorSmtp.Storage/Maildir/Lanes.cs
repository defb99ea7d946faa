namespace ActorSmtp.Storage.Maildir;

/// <summary>
/// Which mailboxes have something to deliver. Workers take several ready lanes at once, so that their syncs are shared;
/// a lane on another file system is taken alone, and never by the last free worker, so that a network disk that
/// hangs holds up nobody else.
/// </summary>
internal sealed class Lanes(TimeProvider time, int workers)
{
    private static readonly TimeSpan[] BackOff = [.. new[] { 1, 2, 5, 15, 60, 300 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Lane> _ready = new();
    private readonly Queue<Lane> _foreign = new();
    private readonly PriorityQueue<Lane, long> _delayed = new();
    private readonly LinkedList<Lane> _open = new();        // with open directories, the longest unused first
    private readonly HashSet<string> _unsettled = new(StringComparer.Ordinal);
    private int _foreignBusy;
    private long _given;

    public void Add(ReadOnlySpan<MailboxDelivery> batch, IMailboxObserver observer)
    {
        lock (_gate)
        {
            foreach (var request in batch)
            {
                var lane = Get(request.Account);
                lane.Queue.AddLast(new Delivery(request, observer, lane) { Number = ++_given });
                lane.Waiting++;
                if (lane.State == LaneState.Idle)
                {
                    MakeReady(lane);
                }
            }
        }
    }

    public MailboxCondition Condition(string account)
    {
        lock (_gate)
        {
            return _lanes.TryGetValue(account, out var lane) ? new MailboxCondition(lane.Waiting, lane.Trouble) : new MailboxCondition(0, null);
        }
    }

    /// <summary>Takes up to <paramref name="most"/> deliveries of ready lanes, which become busy.</summary>
    /// <returns>Milliseconds to the next delayed lane, or -1.</returns>
    public int Take(List<Delivery> into, int most)
    {
        lock (_gate)
        {
            var wait = Return();
            if (_foreign.Count > 0 && (workers == 1 || _foreignBusy < workers - 1))
            {
                var foreign = _foreign.Dequeue();
                _foreignBusy++;
                Take(foreign, into, most);
                return wait;
            }

            while (into.Count < most && _ready.TryDequeue(out var lane))
            {
                Take(lane, into, most - into.Count);
            }

            return wait;
        }
    }

    /// <summary>The worker is through with a lane: what it did not settle comes back to the front, in order.</summary>
    /// <param name="trouble">Why nothing more should be tried for a while; null: none.</param>
    /// <returns>How long the lane waits.</returns>
    public TimeSpan Leave(Lane lane, IReadOnlyList<Delivery> back, string? trouble, bool foreign)
    {
        lock (_gate)
        {
            _foreignBusy -= lane.Foreign ? 1 : 0;
            lane.Foreign = foreign;
            for (var i = back.Count - 1; i >= 0; i--)
            {
                PutBack(back[i]);
            }

            lane.Trouble = trouble;
            if (trouble is not null)
            {
                var delay = BackOff[Math.Min(lane.Failures++, BackOff.Length - 1)];
                lane.State = LaneState.Delayed;
                lane.Due = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
                _delayed.Enqueue(lane, lane.Due);
                return delay;
            }

            lane.Failures = 0;
            if (lane.Queue.Count > 0)
            {
                MakeReady(lane);
            }
            else
            {
                lane.State = LaneState.Idle;
                Drop(lane);
            }

            return TimeSpan.Zero;
        }
    }

    public void Settled(IReadOnlyList<Delivery> deliveries)
    {
        lock (_gate)
        {
            for (var i = 0; i < deliveries.Count; i++)
            {
                deliveries[i].Lane.Waiting--;
                Drop(deliveries[i].Lane);
            }
        }
    }

    /// <summary>Deliveries that were through and have to be made again; their lanes may have been left meanwhile. The list is in their order.</summary>
    public void GiveBack(IReadOnlyList<Delivery> deliveries)
    {
        lock (_gate)
        {
            for (var i = deliveries.Count - 1; i >= 0; i--)
            {
                PutBack(deliveries[i]);
            }

            for (var i = 0; i < deliveries.Count; i++)
            {
                if (deliveries[i].Lane.State == LaneState.Idle)
                {
                    MakeReady(deliveries[i].Lane);
                }
            }
        }
    }

    /// <summary>A lane with open directories; answers one that should close its own.</summary>
    public MaildirBox? Opened(Lane lane, int most)
    {
        lock (_gate)
        {
            _open.AddLast(lane);
            if (_open.Count <= most)
            {
                return null;
            }

            for (var at = _open.First; at is not null; at = at.Next)
            {
                if (at.Value.State != LaneState.Busy)
                {
                    _open.Remove(at);
                    var box = at.Value.Box;
                    at.Value.Box = null;
                    Drop(at.Value);
                    return box;
                }
            }

            return null;
        }
    }

    /// <summary>
    /// A mailbox is about to be opened, and maybe made. True: its directories may be there without being stable, because an earlier
    /// attempt was not through with <see cref="Settled(string)"/>.
    /// </summary>
    public bool Opens(string account)
    {
        lock (_gate)
        {
            return !_unsettled.Add(account);
        }
    }

    /// <summary>The directories of this mailbox are stable.</summary>
    public void Settled(string account)
    {
        lock (_gate)
        {
            _unsettled.Remove(account);
        }
    }

    /// <summary>
    /// Takes a lane out of traffic for its mailbox's removal; false: a worker has it, ask again. One in trouble is taken too: no worker gets it
    /// when its time comes, and afterwards it is tried at once.
    /// </summary>
    public bool TryHold(string account, out Lane lane)
    {
        lock (_gate)
        {
            lane = Get(account);
            if (lane.State is LaneState.Busy or LaneState.Ready)
            {
                return false;
            }

            lane.State = LaneState.Busy;
            return true;
        }
    }

    public void LetGo(Lane lane)
    {
        lock (_gate)
        {
            Close(lane);
            lane.State = LaneState.Idle;
            if (lane.Queue.Count > 0)
            {
                MakeReady(lane);
            }
            else
            {
                Drop(lane);
            }
        }
    }

    /// <summary>After the workers have ended.</summary>
    public void CloseAll()
    {
        lock (_gate)
        {
            foreach (var lane in _lanes.Values)
            {
                lane.Box?.Dispose();
            }

            _lanes.Clear();
        }
    }

    public void Close(Lane lane)
    {
        lock (_gate)
        {
            _open.Remove(lane);
            lane.Box?.Dispose();
            lane.Box = null;
        }
    }

    private Lane Get(string account)
    {
        if (!_lanes.TryGetValue(account, out var lane))
        {
            _lanes.Add(account, lane = new Lane(account));
        }

        return lane;
    }

    /// <summary>Into the queue by its number: nearly always that is the front.</summary>
    private static void PutBack(Delivery delivery)
    {
        var queue = delivery.Lane.Queue;
        var behind = queue.First;
        while (behind is not null && behind.Value.Number < delivery.Number)
        {
            behind = behind.Next;
        }

        if (behind is null)
        {
            queue.AddLast(delivery);
        }
        else
        {
            queue.AddBefore(behind, delivery);
        }
    }

    /// <summary>Lanes with nothing to say are forgotten, but for those whose directories are open, and those known to be on another file system.</summary>
    private void Drop(Lane lane)
    {
        if (lane is { State: LaneState.Idle, Box: null, Waiting: 0, Foreign: false })
        {
            _lanes.Remove(lane.Account);
        }
    }

    private void MakeReady(Lane lane)
    {
        lane.State = LaneState.Ready;
        (lane.Foreign ? _foreign : _ready).Enqueue(lane);
    }

    private static void Take(Lane lane, List<Delivery> into, int most)
    {
        lane.State = LaneState.Busy;
        for (; most > 0 && lane.Queue.First is { } first; most--)
        {
            into.Add(first.Value);
            lane.Queue.RemoveFirst();
        }
    }

    private int Return()
    {
        while (_delayed.TryPeek(out var lane, out var at))
        {
            var left = time.GetElapsedTime(time.GetTimestamp(), at);
            if (left > TimeSpan.Zero)
            {
                return (int)Math.Ceiling(left.TotalMilliseconds);
            }

            _delayed.Dequeue();
            if (lane.State == LaneState.Delayed && lane.Due == at)     // else somebody held it meanwhile, to remove its mailbox
            {
                MakeReady(lane);
            }
        }

        return -1;
    }
}
