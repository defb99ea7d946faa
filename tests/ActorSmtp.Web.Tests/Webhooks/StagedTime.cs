using System.Threading.Channels;

namespace ActorSmtp.Web.Tests.Webhooks;

/// <summary>A clock that stands. Each timer that is set is handed to the test, which lets it ring: nothing depends on how fast anything is.</summary>
internal sealed class StagedTime : TimeProvider
{
    private readonly Channel<StagedTimer> _timers = Channel.CreateUnbounded<StagedTimer>();

    public DateTimeOffset Now { get; set; } = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StagedTimer(dueTime, () => callback(state));
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _timers.Writer.TryWrite(timer);
        }

        return timer;
    }

    /// <summary>The next timer that is set, or has been and was not asked for yet.</summary>
    public async Task<StagedTimer> NextAsync() => await _timers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
}

internal sealed class StagedTimer(TimeSpan due, Action ring) : ITimer
{
    public TimeSpan Due => due;

    public void Ring() => ring();

    public bool Change(TimeSpan dueTime, TimeSpan period) => true;

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => default;
}
