namespace ActorSmtp.Server.Outbound;

/// <summary>Who waits for the clock, and who stands in a destination's line.</summary>
internal sealed partial class QueueIndex
{
    /// <summary>It waits until it is due.</summary>
    public void Wait(int leg, uint due)
    {
        Become(leg, LegState.Waiting);
        this[leg].Due = due;
        if (_waiting.Count > 1000 && _waiting.Count > 2 * _waits)
        {
            var live = _waiting.UnorderedItems.Where(item => this[item.Element].State == LegState.Waiting && this[item.Element].Due == item.Priority).Distinct().ToList();
            _waiting = new PriorityQueue<int, uint>(live);      // those that did not wait to the end
        }

        _waiting.Enqueue(leg, due);
    }

    /// <summary>It is due: the last in its destination's line.</summary>
    public void Queue(int leg, uint now)
    {
        Become(leg, LegState.Ready);
        this[leg].Due = now;
        if (this[leg].IsInLine)
        {
            return;
        }

        var destination = DestinationOf(leg);
        this[leg].IsInLine = true;
        this[leg].Next = -1;
        if (destination.LineLast >= 0)
        {
            this[destination.LineLast].Next = leg;
        }
        else
        {
            destination.LineFirst = leg;
        }

        destination.LineLast = leg;
    }

    public void Hold(int leg) => Become(leg, LegState.Held);

    /// <summary>The next one in a destination's line, which is out then; -1: none.</summary>
    public int TakeReady(Destination destination)
    {
        while (destination.LineFirst is >= 0 and var leg)
        {
            destination.LineFirst = this[leg].Next;
            if (destination.LineFirst < 0)
            {
                destination.LineLast = -1;
            }

            this[leg].IsInLine = false;
            if (this[leg].State == LegState.Gone)
            {
                Free(leg);
            }
            else if (this[leg].State == LegState.Ready)
            {
                Become(leg, LegState.Out);
                return leg;
            }
        }

        return -1;
    }

    /// <summary>When the first one that waits is due; null: none waits.</summary>
    public uint? NextDue
    {
        get
        {
            while (_waiting.TryPeek(out var leg, out var due))
            {
                if (this[leg].State == LegState.Waiting && this[leg].Due == due)
                {
                    return due;
                }

                _waiting.Dequeue();
            }

            return null;
        }
    }

    /// <summary>The next one that is due; -1: none.</summary>
    public int TakeDue(uint now)
    {
        if (NextDue is not { } due || due > now)
        {
            return -1;
        }

        return _waiting.Dequeue();
    }
}
