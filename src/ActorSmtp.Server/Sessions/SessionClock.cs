namespace ActorSmtp.Server.Sessions;

/// <summary>Milliseconds that only ever grow, from a <see cref="TimeProvider"/>: what session deadlines are compared with.</summary>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Milliseconds since the clock was made.</summary>
    public long Now => MillisecondsAt(Stamp);

    /// <summary>A time stamp of now, as fine as the clock is.</summary>
    public long Stamp => time.GetTimestamp();

    /// <summary>The milliseconds of a time stamp.</summary>
    public long MillisecondsAt(long stamp) => (long)time.GetElapsedTime(_start, stamp).TotalMilliseconds;
}
