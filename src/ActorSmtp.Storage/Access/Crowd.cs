namespace ActorSmtp.Storage.Access;

/// <summary>
/// Whether mail comes in a crowd: so many deliveries in this second or the one before that those who look on do well to look less often.
/// Any thread; counting costs some tens of nanoseconds.
/// </summary>
public sealed class Crowd(TimeProvider time)
{
    /// <summary>Deliveries in a second that are a crowd.</summary>
    public const int PerSecond = 200;

    private readonly Lock _gate = new();
    private long _second = long.MinValue;
    private int _count;         // in that second
    private int _before;        // in the second before it

    /// <summary>Whether it comes in a crowd now.</summary>
    public bool IsThere
    {
        get
        {
            var now = Second;
            lock (_gate)
            {
                return (now - _second) switch
                {
                    0 => Math.Max(_count, _before) >= PerSecond,
                    1 => _count >= PerSecond,
                    _ => false,
                };
            }
        }
    }

    /// <summary>One more.</summary>
    public void Count()
    {
        var now = Second;
        lock (_gate)
        {
            if (now != _second)
            {
                (_before, _count, _second) = (now == _second + 1 ? _count : 0, 0, now);
            }

            _count++;
        }
    }

    private long Second => time.GetTimestamp() / time.TimestampFrequency;
}
