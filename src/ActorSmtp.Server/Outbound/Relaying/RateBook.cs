namespace ActorSmtp.Server.Outbound.Relaying;

/// <summary>
/// When the next message to a destination may begin that takes only so many in a minute (<c>outbound.limits.rate</c>). It outlives the relays: one that has ended and begins again goes on where
/// the last one was. Whoever may begin anyway is forgotten, so it holds as many as there were in the last interval, and never more than it may: then whoever may begin soonest goes. By a clock
/// that nobody sets; safe from any thread.
/// </summary>
/// <param name="most">Destinations at most.</param>
internal sealed class RateBook(TimeProvider time, int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

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

    /// <summary>A message wants to begin; zero: it may, and counts. Else it may after so long, and does not count yet.</summary>
    /// <param name="every">From one message to the next.</param>
    public TimeSpan Begin(string destination, TimeSpan every)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var gone = TimeSpan.Zero;
            if (_turns.TryGetValue(destination, out var last))
            {
                gone = time.GetElapsedTime(last.Since, now) - last.Wait;
                if (gone < TimeSpan.Zero)
                {
                    return -gone;
                }
            }
            else if (_turns.Count >= most)
            {
                MakeRoom(now);
            }

            // Who comes a little late by the timer has the next one a little sooner; who comes later than that begins anew.
            _turns[destination] = new Turn(now, gone < every ? every - gone : every);
            return TimeSpan.Zero;
        }
    }

    /// <summary>The next message may begin at once.</summary>
    public void Forget(string destination)
    {
        lock (_lock)
        {
            _turns.Remove(destination);
        }
    }

    private void MakeRoom(long now)
    {
        foreach (var (destination, turn) in _turns)
        {
            if (Left(turn) <= TimeSpan.Zero)
            {
                _turns.Remove(destination);
            }
        }

        if (_turns.Count >= most)
        {
            foreach (var soon in _turns.OrderBy(t => Left(t.Value)).Take((most / 10) + 1).Select(t => t.Key).ToArray())
            {
                _turns.Remove(soon);
            }
        }

        TimeSpan Left(Turn turn) => turn.Wait - time.GetElapsedTime(turn.Since, now);
    }

    /// <param name="Since">When a message began.</param>
    /// <param name="Wait">The next one may so long after it.</param>
    private readonly record struct Turn(long Since, TimeSpan Wait);
}
