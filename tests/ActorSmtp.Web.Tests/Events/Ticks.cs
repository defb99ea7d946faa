namespace ActorSmtp.Web.Tests.Events;

/// <summary>One timer, which ticks when it is told to.</summary>
internal sealed class Ticks : TimeProvider
{
    private TimerCallback? _callback;

    public void Tick() => _callback!(null);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _callback = callback;
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
