namespace ActorSmtp.Server.Sessions;

/// <summary>Milliseconds that only ever grow, from a <see cref="TimeProvider"/>: what session deadlines are compared with.</summary>
internal sealed class SessionClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Milliseconds since the clock was made.</summary>
    public long Now => (long)time.GetElapsedTime(_start).TotalMilliseconds;
}
