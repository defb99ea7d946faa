using System.Collections.Immutable;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>When a message that could not be delivered is tried again, when its sender is warned, and when it is given up (RFC 5321 §4.5.4.1).</summary>
/// <param name="Waits">Between attempts: the first after the first failure, the last one again and again. At least one.</param>
/// <param name="Expire">Counted from when the message came in; at the end of it there is one last attempt.</param>
/// <param name="WarnAfter">The sender hears once that it takes longer than this; zero: never.</param>
/// <param name="JitterPercent">How much chance may add to a wait, so that attempts do not come in waves.</param>
public sealed record RetrySchedule(ImmutableArray<TimeSpan> Waits, TimeSpan Expire, TimeSpan WarnAfter, int JitterPercent)
{
    /// <summary>What comes after an attempt that failed for now.</summary>
    /// <param name="receivedAt">When the message came in.</param>
    /// <param name="failures">Attempts that failed so far, this one counted: at least 1.</param>
    /// <param name="isWarned">The sender has been warned already.</param>
    /// <param name="now">The clock; one that was set back does no harm.</param>
    /// <param name="luck">Any number: how much is added to the wait.</param>
    public RetryStep After(DateTimeOffset receivedAt, int failures, bool isWarned, DateTimeOffset now, ulong luck)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failures, 1);
        var age = now > receivedAt ? now - receivedAt : TimeSpan.Zero;
        if (age >= Expire)
        {
            return new RetryStep(null, WarnsNow: false);
        }

        var wait = Waits[Math.Min(failures, Waits.Length) - 1];
        var added = wait * (new Luck(luck).Next(1_000_001) / 1_000_000.0 * JitterPercent / 100);
        var left = Expire - age;
        return new RetryStep(now + (wait + added < left ? wait + added : left), !isWarned && WarnAfter > TimeSpan.Zero && age >= WarnAfter);
    }

    /// <summary>When the message is given up.</summary>
    public DateTimeOffset ExpiresAt(DateTimeOffset receivedAt) => receivedAt + Expire;

    /// <summary>When its sender is warned if it is still here; null: never.</summary>
    public DateTimeOffset? WarnsAt(DateTimeOffset receivedAt) => WarnAfter > TimeSpan.Zero && WarnAfter < Expire ? receivedAt + WarnAfter : null;
}

/// <summary>What comes after a failed attempt.</summary>
/// <param name="NextAt">The next attempt; null: it is given up.</param>
/// <param name="WarnsNow">The sender is told that it takes long, as far as it wants to hear that.</param>
public readonly record struct RetryStep(DateTimeOffset? NextAt, bool WarnsNow)
{
    /// <summary>There is no further attempt: the message goes back.</summary>
    public bool IsExpired => NextAt is null;
}
