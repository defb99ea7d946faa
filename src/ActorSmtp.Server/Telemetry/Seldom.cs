namespace ActorSmtp.Server.Telemetry;

/// <summary>Lets a line into the log once in a while, however often there is a reason for it, and says how many were left out before it.</summary>
/// <param name="every">Milliseconds between two lines.</param>
internal sealed class Seldom(long every)
{
    private long _next = long.MinValue;
    private long _leftOut;

    /// <summary>Whether the line may be written at this time; if so, how many were not since the last.</summary>
    public bool Lets(long now, out long leftOut)
    {
        leftOut = 0;
        if (now < _next)
        {
            _leftOut++;
            return false;
        }

        leftOut = _leftOut;
        _leftOut = 0;
        _next = now + every;
        return true;
    }
}
