namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// Gives out <see cref="MailId"/>s, each greater than the one before, from any thread. The clock's value and the seed come from outside. A
/// clock that stands still or goes back does no harm: ids go on from the last one; a crowd of over 8,192 in one millisecond borrows from
/// the next.
/// </summary>
public sealed class MailIdGenerator
{
    private readonly uint _start;
    private long _last;      // 42 bits of milliseconds, 13 bits of count

    /// <summary>A generator for the life of one process; <paramref name="seed"/> is random and not the same at two starts or nodes (25 bits of it count).</summary>
    public MailIdGenerator(int seed) => _start = (uint)seed & ((1u << MailId.StartBits) - 1);

    /// <summary>The next id.</summary>
    /// <param name="now">The clock's value. Times before 2024 count as 2024.</param>
    public MailId Next(DateTimeOffset now)
    {
        var wanted = Math.Max(1, now.ToUnixTimeMilliseconds() - MailId.EpochMilliseconds) << MailId.CountBits;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(wanted, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return new MailId((ulong)next, _start);
            }
        }
    }
}
