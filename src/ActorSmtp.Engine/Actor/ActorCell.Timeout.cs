using Akka.Actor.Scheduling;

namespace Akka.Actor;

/// <summary>
/// The receive timeout: restarted after each message that is not marked <see cref="INotInfluenceReceiveTimeout"/>; it repeats until it is taken back. An
/// actor that never asks for one holds nothing for it.
/// </summary>
internal sealed partial class ActorCell
{
    private Patience _patience;

    public TimeSpan? ReceiveTimeout => _patience?.Timeout;

    public void SetReceiveTimeout(TimeSpan? timeout)
    {
        if (timeout is { } given && given <= TimeSpan.Zero && given != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"The receive timeout must be greater than 0, is {given}.", nameof(timeout));
        }

        _patience ??= new Patience();
        _patience.Timeout = timeout == Timeout.InfiniteTimeSpan ? null : timeout;
        _patience.HasChanged = true;
    }

    /// <summary>An asynchronous handler has ended: its message counts now.</summary>
    internal void AfterAsyncHandler() => StartReceiveTimeout();

    /// <summary>True when the message, once handled, restarts the timeout.</summary>
    private bool BeginTimed(object message)
    {
        if (_patience.Timeout == null || message is INotInfluenceReceiveTimeout)
        {
            return false;
        }

        CancelReceiveTimeout();
        return true;
    }

    private void EndTimed(bool counts)
    {
        if (counts || _patience.HasChanged)
        {
            StartReceiveTimeout();
        }
    }

    private void StartReceiveTimeout()
    {
        if (_patience is not { } patience)
        {
            return;
        }

        patience.HasChanged = false;
        CancelReceiveTimeout();
        if (patience.Timeout is { } timeout && !_stopping)
        {
            patience.Timer = SystemImpl.Timers.TellOnce(timeout, LocalRef, global::Akka.Actor.ReceiveTimeout.Instance, LocalRef);
        }
    }

    private void CancelReceiveTimeout()
    {
        if (_patience is { Timer: { } timer } patience)
        {
            timer.Cancel();
            patience.Timer = null;
        }
    }

    private sealed class Patience
    {
        internal TimeSpan? Timeout { get; set; }

        /// <summary>Set by the message at hand; takes effect after it.</summary>
        internal bool HasChanged { get; set; }

        internal TimerHandle Timer { get; set; }
    }
}
