namespace Akka.TestKit;

/// <summary>
/// Says how often an event must be logged while an action runs, or in the leeway after it (<c>akka.test.filter-leeway</c>, or the
/// timeout given). Counts are exact. What matches is not printed. Needs <see cref="TestEventListener"/> as the system's logger.
/// Stands for Akka.TestKit.IEventFilterApplier, complete.
/// </summary>
public interface IEventFilterApplier
{
    /// <summary>More events to be counted together with these.</summary>
    EventFilterFactory And { get; }

    /// <summary>The event is logged once.</summary>
    void ExpectOne(Action action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once.</summary>
    Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once.</summary>
    void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once.</summary>
    Task ExpectOneAsync(TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times; with 0 the whole leeway is waited for.</summary>
    void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times.</summary>
    Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times.</summary>
    Task ExpectAsync(int expectedCount, Func<Task> actionAsync, TimeSpan? timeout, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times.</summary>
    void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times.</summary>
    Task ExpectAsync(int expectedCount, TimeSpan timeout, Func<Task> action, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once; gives what the function gives.</summary>
    T ExpectOne<T>(Func<T> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once; gives what the function gives.</summary>
    Task<T> ExpectOneAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once; gives what the function gives.</summary>
    T ExpectOne<T>(TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged once; gives what the function gives.</summary>
    Task<T> ExpectOneAsync<T>(TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times; gives what the function gives.</summary>
    T Expect<T>(int expectedCount, Func<T> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times; gives what the function gives.</summary>
    Task<T> ExpectAsync<T>(int expectedCount, Func<Task<T>> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times; gives what the function gives.</summary>
    T Expect<T>(int expectedCount, TimeSpan timeout, Func<T> func, CancellationToken cancellationToken = default);

    /// <summary>The event is logged that many times; gives what the function gives.</summary>
    Task<T> ExpectAsync<T>(int expectedCount, TimeSpan timeout, Func<Task<T>> func, CancellationToken cancellationToken = default);

    /// <summary>The event is not printed, however often it is logged.</summary>
    T Mute<T>(Func<T> func, CancellationToken cancellationToken = default);

    /// <summary>The event is not printed, however often it is logged.</summary>
    Task<T> MuteAsync<T>(Func<Task<T>> func, CancellationToken cancellationToken = default);

    /// <summary>The event is not printed, however often it is logged.</summary>
    void Mute(Action action, CancellationToken cancellationToken = default);

    /// <summary>The event is not printed, however often it is logged.</summary>
    Task MuteAsync(Func<Task> action, CancellationToken cancellationToken = default);

    /// <summary>From now on the event is not printed, until the filter returned is unmuted or disposed.</summary>
    IUnmutableFilter Mute();
}

/// <summary>Takes a <see cref="IEventFilterApplier.Mute()"/> back. Stands for Akka.TestKit.IUnmutableFilter, complete.</summary>
public interface IUnmutableFilter : IDisposable
{
    /// <summary>The event is printed again.</summary>
    void Unmute();
}
