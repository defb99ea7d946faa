namespace ActorSmtp.Transport;

/// <summary>
/// A lane without a thread of its own: its turns run on the thread pool, or wherever a scheduler says, and never overlap.
/// </summary>
internal sealed class PoolLane(TransportOptions options, BufferPool pool, HandshakeGate handshakes, Action<Action>? schedule = null)
    : IoLane(options, pool, handshakes), IThreadPoolWorkItem
{
    private const int Rounds = 16;
    private int _scheduled;
    private Action? _turn;

    public void Execute()
    {
        Enter();
        try
        {
            for (var i = 0; i < Rounds && RunPosted(); i++)
            {
            }
        }
        finally
        {
            Leave();
        }

        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (AnyPosted)
        {
            Wake();
        }
    }

    protected override void Wake()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
        {
            if (schedule is not null)
            {
                schedule(_turn ??= Execute);
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
    }
}
