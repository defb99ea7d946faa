namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// When the next message to a destination may begin that takes only so many in a minute (<c>outbound.limits.rate</c>). It outlives the relays: one that has ended and begins again goes on where
/// the last one was. Whoever may begin anyway is forgotten by and by, and it never holds more than it may: then whoever may begin soonest goes. By a clock that nobody sets; safe from any thread.
/// </summary>
/// <remarks>
/// A heap has each destination once, by when it may begin, or by when it might before it last did: that is put right when it comes to the top. So each <see cref="Begin"/> costs two
/// moves in the heap, paid for ahead, also where the book is full.
/// </remarks>
/// <param name="most">Destinations at most.</param>
internal sealed class RateBook(TimeProvider time, int most)
{
    /// <summary>More than come with one <see cref="Begin"/>, so that it becomes empty.</summary>
    private const int LookedAtEach = 2;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private readonly PriorityQueue<Turn, long> _soonest = new();

    /// <summary>Destinations that are known.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _turns.Count;
            }
        }
    }

    /// <summary>How often a destination was put where it belongs in the heap, in all.</summary>
    internal long Moves { get; private set; }

    /// <summary>A message wants to begin; zero: it may, and counts. Else it may after so long, and does not count yet.</summary>
    /// <param name="every">From one message to the next.</param>
    public TimeSpan Begin(string destination, TimeSpan every)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_turns.TryGetValue(destination, out var turn) && turn.Next > now)
            {
                return time.GetElapsedTime(now, turn.Next);
            }

            // Who comes a little late by the timer has the next one a little sooner; who comes later than that begins anew.
            var late = turn is null ? TimeSpan.Zero : time.GetElapsedTime(turn.Next, now);
            var next = now + Stamps(late < every ? every - late : every);
            if (turn is not null)
            {
                turn.Next = next;
            }

            ForgetSome(now);
            if (turn is null || turn.IsForgotten)
            {
                Add(new Turn(destination, next));
            }

            return TimeSpan.Zero;
        }
    }

    /// <summary>The next message may begin at once.</summary>
    public void Forget(string destination)
    {
        lock (_lock)
        {
            if (_turns.TryGetValue(destination, out var turn))
            {
                turn.Next = Math.Min(turn.Next, time.GetTimestamp());
            }
        }
    }

    private long Stamps(TimeSpan wait) => (long)(wait.TotalSeconds * time.TimestampFrequency);

    private void Add(Turn turn)
    {
        while (_turns.Count >= most && _soonest.TryDequeue(out var top, out var at))
        {
            PutRight(top, at, isFull: true);
        }

        _turns[turn.Destination] = turn;
        Move(turn);
    }

    /// <summary>A few of those that may begin anyway.</summary>
    private void ForgetSome(long now)
    {
        for (var i = 0; i < LookedAtEach && _soonest.TryPeek(out var top, out var at) && at <= now; i++)
        {
            _soonest.Dequeue();
            PutRight(top, at, isFull: false, now);
        }
    }

    /// <summary>It was at the top: it goes, or it has begun since it was put there.</summary>
    private void PutRight(Turn top, long at, bool isFull, long now = long.MinValue)
    {
        if (isFull ? top.Next <= at : top.Next <= now)
        {
            top.IsForgotten = true;
            _turns.Remove(top.Destination);
        }
        else
        {
            Move(top);
        }
    }

    private void Move(Turn turn)
    {
        Moves++;
        _soonest.Enqueue(turn, turn.Next);
    }

    /// <param name="next">By the clock's stamps, when the next message may begin.</param>
    private sealed class Turn(string destination, long next)
    {
        public string Destination => destination;

        public long Next { get; set; } = next;

        public bool IsForgotten { get; set; }
    }
}
