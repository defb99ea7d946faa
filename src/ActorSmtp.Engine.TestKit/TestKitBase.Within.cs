using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Bounding the time of a block; expectations inside it wait no longer than the block may.</summary>
public abstract partial class TestKitBase
{
    private static readonly TimeSpan s_graceOfAbandonedBlock = TimeSpan.FromMilliseconds(200);

    /// <summary>What the innermost Within leaves.</summary>
    /// <exception cref="InvalidOperationException">Not inside a Within.</exception>
    public TimeSpan Remaining =>
        _end is { } end ? end - Now : throw new InvalidOperationException("Remaining may not be called outside of Within.");

    /// <summary>What the innermost Within leaves, outside of one the default of a single expectation, dilated.</summary>
    public TimeSpan RemainingOrDefault => RemainingOr(Dilated(TestKitSettings.SingleExpectDefault));

    /// <summary>What the innermost Within leaves, outside of one <paramref name="duration"/>.</summary>
    protected TimeSpan RemainingOr(TimeSpan duration)
    {
        if (_end is not { } end)
            return duration;
        var left = end - Now;
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    /// <summary><paramref name="duration"/> dilated; null: <see cref="RemainingOrDefault"/>.</summary>
    /// <exception cref="ArgumentException">The duration is infinite or negative.</exception>
    public TimeSpan RemainingOrDilated(TimeSpan? duration) => duration is { } given ? PositiveDilated(given) : RemainingOrDefault;

    /// <summary>The block takes at most <paramref name="max"/>, plus <paramref name="epsilonValue"/>.</summary>
    public void Within(TimeSpan max, Action action, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, action, null, epsilonValue, cancellationToken);

    /// <inheritdoc cref="Within(TimeSpan, Action, TimeSpan?, CancellationToken)"/>
    public Task WithinAsync(
        TimeSpan max, Func<Task> actionAsync, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, actionAsync, null, epsilonValue, cancellationToken);

    /// <summary>The block takes at least <paramref name="min"/> and at most <paramref name="max"/>.</summary>
    public void Within(
        TimeSpan min, TimeSpan max, Action action, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        BoundAsync(
            true,
            min,
            max,
            () =>
            {
                action();
                return Task.FromResult(true);
            },
            hint,
            epsilonValue,
            cancellationToken).Result();

    /// <inheritdoc cref="Within(TimeSpan, TimeSpan, Action, string, TimeSpan?, CancellationToken)"/>
    public Task WithinAsync(
        TimeSpan min, TimeSpan max, Func<Task> actionAsync, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        BoundAsync(
            false,
            min,
            max,
            async () =>
            {
                await actionAsync();
                return true;
            },
            hint,
            epsilonValue,
            cancellationToken).AsTask();

    /// <summary>The function takes at most <paramref name="max"/>.</summary>
    /// <returns>What it gives.</returns>
    public T Within<T>(TimeSpan max, Func<T> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        Within(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    /// <inheritdoc cref="Within{T}(TimeSpan, Func{T}, TimeSpan?, CancellationToken)"/>
    public Task<T> WithinAsync<T>(
        TimeSpan max, Func<Task<T>> function, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        WithinAsync(TimeSpan.Zero, max, function, null, epsilonValue, cancellationToken);

    /// <summary>The function takes at least <paramref name="min"/> and at most <paramref name="max"/>.</summary>
    /// <returns>What it gives.</returns>
    public T Within<T>(
        TimeSpan min, TimeSpan max, Func<T> function, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        BoundAsync(true, min, max, () => Task.FromResult(function()), hint, epsilonValue, cancellationToken).Result();

    /// <inheritdoc cref="Within{T}(TimeSpan, TimeSpan, Func{T}, string, TimeSpan?, CancellationToken)"/>
    public Task<T> WithinAsync<T>(
        TimeSpan min, TimeSpan max, Func<Task<T>> function, string hint = null, TimeSpan? epsilonValue = null, CancellationToken cancellationToken = default) =>
        BoundAsync(false, min, max, function, hint, epsilonValue, cancellationToken).AsTask();

    private async ValueTask<T> BoundAsync<T>(
        bool block, TimeSpan min, TimeSpan max, Func<Task<T>> function, string hint, TimeSpan? epsilon, CancellationToken cancellationToken)
    {
        CheckPositiveFinite(min, nameof(min));
        max = PositiveDilated(max);
        var start = Now;
        var outer = _end;
        var left = outer is { } end ? end - start : Timeout.InfiniteTimeSpan;
        if (outer is not null && left < min)
            Fail($"Required min time {min} not possible, only {left} left. {hint}");
        var bound = Shorter(max, left);
        _lastWasNoMsg = false;
        _end = start + bound;
        T result = default;
        try
        {
            var running = function();
            if (block || await CompletesAsync(running, max + s_graceOfAbandonedBlock, cancellationToken))
                result = await running;
        }
        finally
        {
            _end = outer;
        }
        var took = Now - start;
        if (took < min)
            Fail($"Failed: Block took {took}, should have at least been {min}. {hint}");
        if (!_lastWasNoMsg && took > bound + (epsilon ?? TimeSpan.Zero))
            Fail($"Failed: Block took {took}, exceeding {bound}. {hint}");
        return result;
    }

    /// <summary>False when the time is over first; what the task does afterwards is nobody's business.</summary>
    private static async Task<bool> CompletesAsync(Task running, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(running, Task.Delay(patience, stop.Token));
        await stop.CancelAsync();
        if (first != running)
            cancellationToken.ThrowIfCancellationRequested();
        return first == running;
    }

    private TimeSpan PositiveDilated(TimeSpan duration)
    {
        CheckPositiveFinite(duration, nameof(duration));
        return Dilated(duration);
    }

    private static void CheckPositiveFinite(TimeSpan duration, string name)
    {
        if (duration == Timeout.InfiniteTimeSpan)
            throw new ArgumentException($"{name} cannot be infinite.", name);
        if (duration < TimeSpan.Zero)
            throw new ArgumentException($"{name} is {duration}; it must not be negative.", name);
    }
}
