using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Counts the events of one filter while an action runs.</summary>
internal sealed class EventFilterApplier(TestKitBase testkit, ActorSystem system, IReadOnlyList<LogMatcher> matchers) : IEventFilterApplier
{
    public EventFilterFactory And => new(testkit, system, matchers);

    public void ExpectOne(Action action, CancellationToken cancellationToken = default) =>
        CountAsync(true, 1, null, AsTask(action), cancellationToken).Result();

    public Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        CountAsync(false, 1, null, AsTask(actionAsync), cancellationToken).AsTask();

    public void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        CountAsync(true, 1, timeout, AsTask(action), cancellationToken).Result();

    public Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        CountAsync(false, 1, timeout, AsTask(action), cancellationToken).AsTask();

    public void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default) =>
        CountAsync(true, expectedCount, null, AsTask(action), cancellationToken).Result();

    public Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default) =>
        CountAsync(false, expectedCount, null, AsTask(actionAsync), cancellationToken).AsTask();

    public Task ExpectAsync(
        int expectedCount, Func<Task> actionAsync, TimeSpan? timeout, CancellationToken cancellationToken = default) =>
        CountAsync(false, expectedCount, timeout, AsTask(actionAsync), cancellationToken).AsTask();

    public void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default) =>
        CountAsync(true, expectedCount, timeout, AsTask(action), cancellationToken).Result();

    public Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default) =>
        CountAsync(false, expectedCount, timeout, AsTask(action), cancellationToken).AsTask();

    public T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default) =>
        CountAsync(true, 1, null, AsTask(func), cancellationToken).Result();

    public Task<T> ExpectOneAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        CountAsync(false, 1, null, func, cancellationToken).AsTask();

    public T ExpectOne<T>(TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default) =>
        CountAsync(true, 1, timeout, AsTask(func), cancellationToken).Result();

    public Task<T> ExpectOneAsync<T>(TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        CountAsync(false, 1, timeout, func, cancellationToken).AsTask();

    public T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default) =>
        CountAsync(true, expectedCount, null, AsTask(func), cancellationToken).Result();

    public Task<T> ExpectAsync<T>(int expectedCount, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        CountAsync(false, expectedCount, null, func, cancellationToken).AsTask();

    public T Expect<T>(int expectedCount, TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default) =>
        CountAsync(true, expectedCount, timeout, AsTask(func), cancellationToken).Result();

    public Task<T> ExpectAsync<T>(
        int expectedCount, TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        CountAsync(false, expectedCount, timeout, func, cancellationToken).AsTask();

    public T Mute<T>(Func<T> func, CancellationToken cancellationToken = default) =>
        CountAsync(true, null, null, AsTask(func), cancellationToken).Result();

    public Task<T> MuteAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default) =>
        CountAsync(false, null, null, func, cancellationToken).AsTask();

    public void Mute(Action action, CancellationToken cancellationToken = default) =>
        CountAsync(true, null, null, AsTask(action), cancellationToken).Result();

    public Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default) =>
        CountAsync(false, null, null, AsTask(action), cancellationToken).AsTask();

    public IUnmutableFilter Mute()
    {
        var events = new MutedEvents(matchers);
        system.EventStream.Publish(new MutedEvents.Begin(events));
        return new Muted(system, events);
    }

    private async ValueTask<T> CountAsync<T>(
        bool block, int? expected, TimeSpan? timeout, Func<Task<T>> action, CancellationToken cancellationToken)
    {
        var leeway = testkit.Dilated(timeout ?? testkit.TestKitSettings.TestEventFilterLeeway);
        var events = new MutedEvents(matchers);
        system.EventStream.Publish(new MutedEvents.Begin(events));
        try
        {
            var result = await action();
            if (expected is { } count)
                await CheckAsync(block, count, leeway, events.Matched, cancellationToken);
            return result;
        }
        finally
        {
            system.EventStream.Publish(new MutedEvents.End(events));
        }
    }

    /// <summary>Waits for the last one expected; expecting none, for one that must not come.</summary>
    private async ValueTask CheckAsync(
        bool block, int expected, TimeSpan leeway, ReceivedMessages matched, CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(leeway);
        var received = 0;
        while (received < Math.Max(expected, 1) && await matched.NextAsync(block, remove: true, deadline.Left, cancellationToken) is not null)
            received++;
        received += matched.Count;
        if (received == expected)
            return;
        var what = $"events that match [{string.Join("; or ", matchers)}]";
        testkit.AssertionsOfFramework.Fail("{0}", received < expected
            ? $"Timeout ({leeway}) while waiting for {expected} {what}. Only received {received}."
            : $"Received {received} {what}; expected {expected}: {received - expected} too many.");
    }

    private static Func<Task<bool>> AsTask(Action action) => () =>
    {
        action();
        return Task.FromResult(true);
    };

    private static Func<Task<bool>> AsTask(Func<Task> action) => async () =>
    {
        await action();
        return true;
    };

    private static Func<Task<T>> AsTask<T>(Func<T> function) => () => Task.FromResult(function());

    private sealed class Muted(ActorSystem system, MutedEvents events) : IUnmutableFilter
    {
        public void Unmute() => system.EventStream.Publish(new MutedEvents.End(events));

        public void Dispose() => Unmute();
    }
}
