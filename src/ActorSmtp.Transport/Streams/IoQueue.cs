namespace ActorSmtp.Transport;

/// <summary>
/// Work handed to an I/O thread: many push without locks, the one thread takes all at once, in order. The links lie in the work itself,
/// so nothing is allocated.
/// </summary>
internal sealed class IoQueue
{
    private IoWork? _last;   // newest first

    /// <summary>True if anything waits.</summary>
    public bool Any => Volatile.Read(ref _last) is not null;

    /// <summary>Adds work. True if the queue was empty: then the thread may have to be woken.</summary>
    public bool Push(IoWork work)
    {
        var last = Volatile.Read(ref _last);
        while (true)
        {
            work.NextWork = last;
            var seen = Interlocked.CompareExchange(ref _last, work, last);
            if (ReferenceEquals(seen, last))
            {
                return last is null;
            }

            last = seen;
        }
    }

    /// <summary>Takes all there is, oldest first, linked by <see cref="IoWork.NextWork"/>.</summary>
    public IoWork? TakeAll()
    {
        if (Volatile.Read(ref _last) is null)
        {
            return null;
        }

        var at = Interlocked.Exchange(ref _last, null);
        IoWork? first = null;
        while (at is not null)
        {
            var next = at.NextWork;
            at.NextWork = first;
            first = at;
            at = next;
        }

        return first;
    }
}
