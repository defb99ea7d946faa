namespace ActorSmtp.Server.Outbound;

/// <summary>Messages in the order of their arrival, each with a number, so that whoever reads page by page finds the place again.</summary>
internal sealed partial class QueueIndex
{
    private readonly List<int> _milestones = [];    // for each 4096 numbers the first message that has one of them, or -1
    private long _numbers;

    /// <summary>Its place in the order of arrival: grows from message to message, and stays.</summary>
    public long NumberOf(int slot) => At(slot).Number;

    /// <summary>The first message of this number or a higher one, or -1.</summary>
    public int FromNumber(long number)
    {
        for (var bucket = (int)Math.Clamp(number >> PieceBits, 0, _milestones.Count); bucket < _milestones.Count; bucket++)
        {
            for (var slot = _milestones[bucket]; slot >= 0 && At(slot).Number >> PieceBits == bucket; slot = After(slot))
            {
                if (At(slot).Number >= number)
                {
                    return slot;
                }
            }
        }

        return -1;
    }

    /// <summary>All messages in the order of their arrival, after they were added in any.</summary>
    public void SortByArrival()
    {
        var slots = new (uint Arrival, int Slot)[Messages];
        var count = 0;
        for (var slot = First; slot >= 0; slot = After(slot))
        {
            slots[count++] = (ArrivalOf(slot), slot);
        }

        Array.Sort(slots);
        (First, _last, _numbers) = (-1, -1, 0);
        _milestones.Clear();
        foreach (var (_, slot) in slots)
        {
            (At(slot).Before, At(slot).After) = (_last, -1);
            if (_last >= 0)
            {
                At(_last).After = slot;
            }
            else
            {
                First = slot;
            }

            _last = slot;
            Number(slot);
        }
    }

    private void Number(int slot)
    {
        At(slot).Number = _numbers;
        if (_numbers++ >> PieceBits == _milestones.Count)
        {
            _milestones.Add(slot);
        }
        else if (_milestones[^1] < 0)
        {
            _milestones[^1] = slot;                 // those before it in its bucket have gone
        }
    }
}
