namespace Akka.TestKit.Internal;

/// <summary>
/// What a test actor received and the test has not looked at yet. The actor adds, the test takes: either by blocking its
/// thread or by awaiting. Waiting on the one does not hold up the other, and no thread of the pool is used up by a blocked test.
/// </summary>
internal sealed class ReceivedMessages
{
    private readonly object _gate = new();
    private readonly LinkedList<MessageEnvelope> _messages = new();
    private readonly List<TaskCompletionSource> _waiters = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _messages.Count;
        }
    }

    public void Add(MessageEnvelope envelope)
    {
        lock (_gate)
        {
            _messages.AddLast(envelope);
            Wake();
        }
    }

    /// <summary>
    /// The oldest message, or null when none came within <paramref name="timeout"/> (zero: only look; infinite: for ever).
    /// With <paramref name="block"/> the returned task is complete: the calling thread did the waiting.
    /// </summary>
    public async ValueTask<MessageEnvelope> NextAsync(bool block, bool remove, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var deadline = Deadline.In(timeout);
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (block)
                    BlockUntilSomethingIsThere(deadline, cancellationToken);
                if (_messages.First is { } first)
                {
                    if (remove)
                        _messages.RemoveFirst();
                    return first.Value;
                }
                if (block || deadline.IsOver)
                    return null;
                var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiters.Add(waiter);
                arrival = waiter.Task;
            }
            try
            {
                await arrival.WaitAsync(deadline.Left, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The loop looks once more, then says that nothing came.
            }
        }
    }

    private void BlockUntilSomethingIsThere(Deadline deadline, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(WakeForCancellation, this);
        while (_messages.Count == 0 && !deadline.IsOver)
        {
            Monitor.Wait(_gate, deadline.Left);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static void WakeForCancellation(object state)
    {
        var received = (ReceivedMessages)state;
        // The waiting thread may be the one that holds the lock and registers: a token cancelled just now must not dead-lock.
        ThreadPool.QueueUserWorkItem(
            static r =>
            {
                lock (r._gate)
                    r.Wake();
            },
            received,
            preferLocal: false);
    }

    private void Wake()
    {
        Monitor.PulseAll(_gate);
        foreach (var waiter in _waiters)
            waiter.TrySetResult();
        _waiters.Clear();
    }
}
