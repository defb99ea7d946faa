namespace ActorSmtp.Storage.Access;

/// <summary>
/// The time that listing mailboxes again may take, all together: a twentieth of the clock's, and half a second in advance; while mail comes in a crowd a hundredth.
/// A few changes by other programs are seen at once; a server on which every mailbox changes all the time is not kept busy by those who look at it.
/// </summary>
/// <remarks>Any thread.</remarks>
internal sealed class ListingBudget(TimeProvider time, Crowd crowd)
{
    private const int Share = 20;
    private const int ShareInCrowd = 100;

    private static readonly TimeSpan Advance = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private TimeSpan _left = Advance;
    private long _countedAt = time.GetTimestamp();

    /// <summary>Nothing is left for now.</summary>
    public bool IsSpent
    {
        get
        {
            lock (_gate)
            {
                Refill();
                return _left <= TimeSpan.Zero;
            }
        }
    }

    /// <summary>A listing took so long.</summary>
    public void Spend(TimeSpan took)
    {
        lock (_gate)
        {
            Refill();
            _left -= took;
        }
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        var earned = _left + (time.GetElapsedTime(_countedAt, now) / (crowd.IsThere ? ShareInCrowd : Share));
        (_left, _countedAt) = (earned < Advance ? earned : Advance, now);
    }
}
