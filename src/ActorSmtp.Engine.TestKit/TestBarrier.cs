namespace Akka.TestKit;

/// <summary>
/// A meeting point of a number of threads: none goes on before all are there. Stands for Akka.TestKit.TestBarrier, but for what is obsolete there.
/// </summary>
public class TestBarrier
{
    private readonly TestKitBase _testKit;
    private readonly int _count;
    private readonly TimeSpan _defaultTimeout;
    private Barrier _barrier;

    /// <summary>A barrier for <paramref name="count"/> threads.</summary>
    public TestBarrier(TestKitBase testKit, int count, TimeSpan? defaultTimeout = null)
    {
        _testKit = testKit;
        _count = count;
        _defaultTimeout = defaultTimeout ?? testKit.TestKitSettings.DefaultTimeout;
        _barrier = new Barrier(count);
    }

    /// <summary>Waits for the others.</summary>
    /// <exception cref="TimeoutException">They did not come in time.</exception>
    public void Await() => Await(_defaultTimeout);

    /// <summary>Waits for the others.</summary>
    /// <exception cref="TimeoutException">They did not come in time.</exception>
    public void Await(TimeSpan timeout)
    {
        var patience = _testKit.Dilated(timeout);
        if (!_barrier.SignalAndWait(patience))
            throw new TimeoutException($"Timeout of {patience} at the barrier for {_count}.");
    }

    /// <summary>Begins anew; who waits at the old barrier goes on waiting for its own.</summary>
    public void Reset() => _barrier = new Barrier(_count);
}
