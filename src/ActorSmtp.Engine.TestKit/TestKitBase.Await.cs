using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Waiting until something comes true.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan s_usualInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Tries <paramref name="assertion"/> every 100 ms, or <paramref name="interval"/>, until it throws nothing. After 3 s, or
    /// <paramref name="duration"/>, what it threw last is thrown.
    /// </summary>
    public void AwaitAssert(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AssertAsync(true, AsTask(assertion), duration, interval, cancellationToken).Finish();

    /// <inheritdoc cref="AwaitAssert"/>
    public Task AwaitAssertAsync(
        Action assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AssertAsync(false, AsTask(assertion), duration, interval, cancellationToken).AsTask();

    /// <inheritdoc cref="AwaitAssert"/>
    public Task AwaitAssertAsync(
        Func<Task> assertion, TimeSpan? duration = null, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        AssertAsync(false, assertion, duration, interval, cancellationToken).AsTask();

    /// <summary>Looks again and again until the condition holds; fails after the time that is left (3 s, or of a Within).</summary>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        ConditionAsync(true, AsTask(conditionIsFulfilled), null, null, null, cancellationToken).Finish();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, CancellationToken)"/>
    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, conditionIsFulfilled, null, null, null, cancellationToken).AsTask();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, CancellationToken)"/>
    public Task AwaitConditionAsync(Func<bool> conditionIsFulfilled, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, AsTask(conditionIsFulfilled), null, null, null, cancellationToken).AsTask();

    /// <summary>As above; fails after <paramref name="max"/>.</summary>
    public void AwaitCondition(Func<bool> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        ConditionAsync(true, AsTask(conditionIsFulfilled), max, null, null, cancellationToken).Finish();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, TimeSpan?, CancellationToken)"/>
    public Task AwaitConditionAsync(Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, conditionIsFulfilled, max, null, null, cancellationToken).AsTask();

    /// <summary>As above; <paramref name="message"/> is in the failure.</summary>
    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        ConditionAsync(true, AsTask(conditionIsFulfilled), max, null, message, cancellationToken).Finish();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, TimeSpan?, string, CancellationToken)"/>
    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, conditionIsFulfilled, max, null, message, cancellationToken).AsTask();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, TimeSpan?, string, CancellationToken)"/>
    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, string message, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, AsTask(conditionIsFulfilled), max, null, message, cancellationToken).AsTask();

    /// <summary>As above, looking every <paramref name="interval"/>.</summary>
    public void AwaitCondition(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string message = null, CancellationToken cancellationToken = default) =>
        ConditionAsync(true, AsTask(conditionIsFulfilled), max, interval, message, cancellationToken).Finish();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, TimeSpan?, TimeSpan?, string, CancellationToken)"/>
    public Task AwaitConditionAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string message = null, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, conditionIsFulfilled, max, interval, message, cancellationToken).AsTask();

    /// <inheritdoc cref="AwaitCondition(Func{bool}, TimeSpan?, TimeSpan?, string, CancellationToken)"/>
    public Task AwaitConditionAsync(
        Func<bool> conditionIsFulfilled, TimeSpan? max, TimeSpan? interval, string message = null, CancellationToken cancellationToken = default) =>
        ConditionAsync(false, AsTask(conditionIsFulfilled), max, interval, message, cancellationToken).AsTask();

    /// <summary>Looks again and again until the condition holds (true) or the time is over (false).</summary>
    public bool AwaitConditionNoThrow(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        HoldsAsync(true, AsTask(conditionIsFulfilled), PositiveDilated(max), interval, cancellationToken).Result();

    /// <inheritdoc cref="AwaitConditionNoThrow"/>
    public Task<bool> AwaitConditionNoThrowAsync(
        Func<Task<bool>> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        HoldsAsync(false, conditionIsFulfilled, PositiveDilated(max), interval, cancellationToken).AsTask();

    /// <inheritdoc cref="AwaitConditionNoThrow"/>
    public Task<bool> AwaitConditionNoThrowAsync(
        Func<bool> conditionIsFulfilled, TimeSpan max, TimeSpan? interval = null, CancellationToken cancellationToken = default) =>
        HoldsAsync(false, AsTask(conditionIsFulfilled), PositiveDilated(max), interval, cancellationToken).AsTask();

    private async ValueTask AssertAsync(
        bool block, Func<Task> assertion, TimeSpan? duration, TimeSpan? interval, CancellationToken cancellationToken)
    {
        if (interval is { } given && given <= TimeSpan.Zero)
            throw new ArgumentException($"The interval is {given}; it must be positive.", nameof(interval));
        var deadline = Deadline.In(RemainingOrDilated(duration));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await assertion();
                return;
            }
            catch (Exception) when (!deadline.IsOver)
            {
                // Not yet: it is tried again.
            }
            await Waiting.DelayAsync(block, Shorter(interval ?? s_usualInterval, deadline.Left), cancellationToken);
        }
    }

    private async ValueTask ConditionAsync(
        bool block, Func<Task<bool>> condition, TimeSpan? max, TimeSpan? interval, string message, CancellationToken cancellationToken)
    {
        var patience = RemainingOrDilated(max);
        if (!await HoldsAsync(block, condition, patience, interval, cancellationToken))
            Fail($"Timeout {patience} expired while waiting for condition. {message}");
    }

    private static async ValueTask<bool> HoldsAsync(
        bool block, Func<Task<bool>> condition, TimeSpan patience, TimeSpan? interval, CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(patience);
        var pause = interval ?? Shorter(patience / 10, s_usualInterval);
        while (!await condition())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (deadline.IsOver)
                return false;
            await Waiting.DelayAsync(block, Shorter(pause, deadline.Left), cancellationToken);
        }
        return true;
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) =>
        b == Timeout.InfiniteTimeSpan || (a < b && a != Timeout.InfiniteTimeSpan) ? a : b;

    private static Func<Task> AsTask(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static Func<Task<bool>> AsTask(Func<bool> function) => () => Task.FromResult(function());
}
