using System.Diagnostics;

namespace Akka.TestKit.Internal;

/// <summary>A moment on the monotonic clock until which something may take, or never.</summary>
internal readonly struct Deadline
{
    private readonly long _end;

    private Deadline(long end) => _end = end;

    /// <summary>The moment <paramref name="duration"/> from now; a negative duration other than the infinite one is already over.</summary>
    public static Deadline In(TimeSpan duration) =>
        duration == Timeout.InfiniteTimeSpan || duration > TimeSpan.FromDays(24)
            ? new Deadline(long.MaxValue)
            : new Deadline(Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency));

    public bool IsOver => _end != long.MaxValue && Stopwatch.GetTimestamp() >= _end;

    /// <summary>Time left, never negative, rounded up so that waiting for it does not come back early; or infinite.</summary>
    public TimeSpan Left
    {
        get
        {
            if (_end == long.MaxValue)
                return Timeout.InfiniteTimeSpan;
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _end).TotalMilliseconds;
            return left <= 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(left));
        }
    }
}
