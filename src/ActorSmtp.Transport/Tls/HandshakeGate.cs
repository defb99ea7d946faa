using System.Collections.Concurrent;

namespace ActorSmtp.Transport;

/// <summary>
/// Bounds TLS handshakes: how many are under way, and how many compute at once. Their steps run on the thread pool, never on an I/O
/// thread, first come first served; a peer that is slow with its answer takes no turn while it is.
/// </summary>
internal sealed class HandshakeGate(int most, int threads)
{
    private readonly ConcurrentQueue<Action> _steps = new();
    private int _underWay;
    private int _running;
    private long _done;

    public long Done => Volatile.Read(ref _done);

    public int UnderWay => Volatile.Read(ref _underWay);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _underWay) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _underWay);
        return false;
    }

    public void Leave(bool success)
    {
        Interlocked.Decrement(ref _underWay);
        if (success)
        {
            Interlocked.Increment(ref _done);
        }
    }

    public void Run(Action step)
    {
        _steps.Enqueue(step);
        TryStart();
    }

    private void TryStart()
    {
        while (true)
        {
            var running = Volatile.Read(ref _running);
            if (running >= threads || _steps.IsEmpty)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _running, running + 1, running) == running)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Work(), this, preferLocal: false);
                return;
            }
        }
    }

    private void Work()
    {
        // A bounded number in one go: the pool has other work.
        for (var i = 0; i < 32 && _steps.TryDequeue(out var step); i++)
        {
            step();
        }

        Interlocked.Decrement(ref _running);
        TryStart();     // what came between the last look and the decrement
    }
}
