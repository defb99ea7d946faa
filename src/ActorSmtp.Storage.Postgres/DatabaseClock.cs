namespace ActorSmtp.Storage.Postgres;

/// <summary>
/// The database's clock, as this node can know it without asking: what the database said last, and the time that has gone since by this node's steady clock. What nodes write for each other to
/// read is by it, so that their own clocks may be wrong, or be set while they run. Until the database has said something it is this node's own clock.
/// </summary>
/// <remarks>
/// An answer tells the time as of a moment between question and answer. While the reading lies between, it stays as it is; else it is moved as far as it must be, forwards or backwards, and
/// no further: of two steady clocks by their drift, a few microseconds a second; by more where this machine was suspended, or another database has taken over whose clock differs.
/// </remarks>
internal sealed class DatabaseClock(TimeProvider time) : TimeProvider
{
    private readonly Lock _gate = new();
    private volatile Reading? _reading;

    /// <summary>The database has told its time.</summary>
    public bool IsKnown => _reading is not null;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => _reading is { } reading ? reading.At + time.GetElapsedTime(reading.Stamp) : time.GetUtcNow();

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);

    /// <summary>The database has told its time.</summary>
    /// <param name="said">What it said.</param>
    /// <param name="asked">A timestamp from before it was asked.</param>
    /// <param name="answered">One from after it had answered.</param>
    public void Hear(DateTimeOffset said, long asked, long answered)
    {
        var took = time.GetElapsedTime(asked, answered);
        lock (_gate)
        {
            if (_reading is not { } reading)
            {
                _reading = new Reading(said + (took / 2), answered);
                return;
            }

            var ours = reading.At + time.GetElapsedTime(reading.Stamp, answered);
            if (ours < said || ours > said + took)
            {
                _reading = new Reading(ours < said ? said : said + took, answered);
            }
        }
    }

    private sealed record Reading(DateTimeOffset At, long Stamp);
}
