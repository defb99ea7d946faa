namespace ActorSmtp.Server.Policy;

/// <summary>
/// Places at something that strangers and those we know share: so many at a time, and whoever comes when all are taken stands in a line. Neither side gets more than three quarters, so a
/// crowd of the one, however slow, keeps nobody of the other out; and of two who wait, the side goes first that has fewer. Any thread.
/// </summary>
/// <param name="most">Below four, only the lines are fair.</param>
internal sealed class FairPlaces(int most)
{
    private readonly Lock _lock = new();
    private readonly int _mostOfOne = most - (most / 4);
    private readonly Side _strangers = new();
    private readonly Side _known = new();

    /// <summary>How many are taken now.</summary>
    public int Taken
    {
        get
        {
            lock (_lock)
            {
                return _strangers.Taken + _known.Taken;
            }
        }
    }

    /// <summary>Takes one, to be given back; done when there is one.</summary>
    /// <param name="isKnown">For somebody who logged in, or a neighbour of ours.</param>
    /// <exception cref="OperationCanceledException">It was not waited for any longer; nothing is to be given back.</exception>
    public Task TakeAsync(bool isKnown, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellation);
        }

        var side = isKnown ? _known : _strangers;
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (side.Line.Count == 0 && HasRoom(side))
            {
                side.Taken++;
                return Task.CompletedTask;
            }

            place = side.Line.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return WaitAsync(side, place, cancellation);
    }

    /// <summary>One is free again.</summary>
    /// <param name="isKnown">As it was taken.</param>
    public void GiveBack(bool isKnown)
    {
        lock (_lock)
        {
            (isKnown ? _known : _strangers).Taken--;
            while (Next() is { } side)
            {
                var first = side.Line.First!;
                side.Line.Remove(first);
                side.Taken++;
                first.Value.SetResult();
            }
        }
    }

    private async Task WaitAsync(Side side, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        await using (cancellation.UnsafeRegister(_ => Leave(side, place, cancellation), null))
        {
            await place.Value.Task;
        }
    }

    private void Leave(Side side, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (place.List is null)
            {
                return;                                         // it has its place
            }

            side.Line.Remove(place);
        }

        place.Value.SetCanceled(cancellation);
    }

    private bool HasRoom(Side side) => _strangers.Taken + _known.Taken < most && side.Taken < _mostOfOne;

    private Side? Next()
    {
        var (first, second) = _strangers.Taken < _known.Taken ? (_strangers, _known) : (_known, _strangers);
        return Waits(first) ? first : Waits(second) ? second : null;

        bool Waits(Side side) => side.Line.Count > 0 && HasRoom(side);
    }

    private sealed class Side
    {
        public LinkedList<TaskCompletionSource> Line { get; } = new();

        public int Taken { get; set; }
    }
}
