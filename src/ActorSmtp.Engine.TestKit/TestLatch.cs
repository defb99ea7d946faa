namespace Akka.TestKit;

/// <summary>
/// A gate that opens after a number of counts; threads wait before it. Stands for Akka.TestKit.TestLatch, but for what is obsolete there.
/// </summary>
public class TestLatch
{
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromSeconds(5);

    private readonly CountdownEvent _latch;
    private readonly Func<TimeSpan, TimeSpan> _dilate;
    private readonly TimeSpan _defaultTimeout;

    /// <summary>Opens after one count.</summary>
    public TestLatch()
        : this(1)
    {
    }

    /// <summary>Opens after <paramref name="count"/> counts.</summary>
    public TestLatch(int count)
        : this(count, s_defaultTimeout)
    {
    }

    /// <summary>Opens after <paramref name="count"/> counts.</summary>
    public TestLatch(int count, TimeSpan defaultTimeout)
        : this(time => time, defaultTimeout, count)
    {
    }

    /// <summary>The latch of a kit, whose times are dilated.</summary>
    protected internal TestLatch(Func<TimeSpan, TimeSpan> dilate, TimeSpan defaultTimeout, int count)
    {
        _dilate = dilate;
        _defaultTimeout = defaultTimeout;
        _latch = new CountdownEvent(count);
    }

    /// <summary>Whether it is open.</summary>
    public bool IsOpen => _latch.IsSet;

    /// <summary>Counts once; nothing when it is open already.</summary>
    public void CountDown()
    {
        try
        {
            if (!_latch.IsSet)
                _latch.Signal();
        }
        catch (InvalidOperationException)
        {
            // Another thread counted the last one between the look and the count: it is open.
        }
    }

    /// <summary>Opens it, whatever the count.</summary>
    public void Open()
    {
        while (!_latch.IsSet)
            CountDown();
    }

    /// <summary>Closes it and begins to count from the start.</summary>
    public void Reset() => _latch.Reset();

    /// <summary>Waits until it is open.</summary>
    /// <exception cref="TimeoutException">It did not open in time.</exception>
    /// <exception cref="ArgumentException">The timeout is infinite.</exception>
    public void Ready(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
            throw new ArgumentException("TestLatch does not support waiting for an infinite time.", nameof(timeout));
        var patience = _dilate(timeout);
        if (!_latch.Wait(patience))
            throw new TimeoutException($"The latch did not open within {patience}.");
    }

    /// <summary>Waits until it is open, 5 s unless told otherwise.</summary>
    /// <exception cref="TimeoutException">It did not open in time.</exception>
    public void Ready() => Ready(_defaultTimeout);
}
