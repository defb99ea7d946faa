using Akka.Actor.Scheduling;

namespace Akka.Actor;

/// <summary>
/// The receive timeout: restarted after each message that is not marked <see cref="INotInfluenceReceiveTimeout"/>; it repeats until it is taken back.
/// </summary>
internal sealed partial class ActorCell
{
    private TimeSpan? _receiveTimeout;
    private bool _receiveTimeoutChanged;
    private TimerHandle _receiveTimeoutTimer;

    public TimeSpan? ReceiveTimeout => _receiveTimeout;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout is { } given && given <= TimeSpan.Zero && given != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"The receive timeout must be greater than 0, is {given}.", nameof(timeout));
        }

        _receiveTimeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
        _receiveTimeoutChanged = true;
    }

    /// <summary>An asynchronous handler has ended: its message counts now.</summary>
    internal void AfterAsyncHandler() => StartReceiveTimeout();

    /// <summary>True when the message, once handled, restarts the timeout.</summary>
    private bool BeginTimed(object message)
    {
        if (message is INotInfluenceReceiveTimeout)
        {
            return false;
        }

        CancelReceiveTimeout();
        return true;
    }

    private void EndTimed() => StartReceiveTimeout();

    private void StartReceiveTimeout()
    {
        _receiveTimeoutChanged = false;
        CancelReceiveTimeout();
        if (_receiveTimeout is { } timeout && !_stopping)
        {
            _receiveTimeoutTimer = SystemImpl.Timers.TellOnce(timeout, LocalRef, global::Akka.Actor.ReceiveTimeout.Instance, LocalRef);
        }
    }

    private void CancelReceiveTimeout()
    {
        _receiveTimeoutTimer?.Cancel();
        _receiveTimeoutTimer = null;
    }
}
