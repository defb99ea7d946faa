using System.Runtime.CompilerServices;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Expectations on several messages, or on one of several.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message equals one of <paramref name="messages"/>.</summary>
    public T ExpectMsgAnyOf<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        AnyOfAsync(true, messages, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgAnyOf"/>
    public ValueTask<T> ExpectMsgAnyOfAsync<T>(IEnumerable<T> messages, CancellationToken cancellationToken = default) =>
        AnyOfAsync(false, messages, cancellationToken);

    /// <summary>The next messages, as many as given, equal the given ones in any order.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(params T[] messages) =>
        AllOfAsync(true, RemainingOrDefault, messages, default).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOf{T}(T[])"/>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        AllOfAsync(true, RemainingOrDefault, messages, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOf{T}(T[])"/>
    public IAsyncEnumerable<T> ExpectMsgAllOfAsync<T>(IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        AllOfAsync(false, RemainingOrDefault, messages, cancellationToken);

    /// <summary>As above, all within <paramref name="max"/>.</summary>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(TimeSpan max, params T[] messages) =>
        AllOfAsync(true, PositiveDilated(max), messages, default).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOf{T}(TimeSpan, T[])"/>
    public IReadOnlyCollection<T> ExpectMsgAllOf<T>(
        TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        AllOfAsync(true, PositiveDilated(max), messages, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOf{T}(TimeSpan, T[])"/>
    public IAsyncEnumerable<T> ExpectMsgAllOfAsync<T>(
        TimeSpan max, IReadOnlyCollection<T> messages, CancellationToken cancellationToken = default) =>
        AllOfAsync(false, PositiveDilated(max), messages, cancellationToken);

    /// <summary>The next messages, as many as predicates, fit the predicates in any order.</summary>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(params PredicateInfo[] predicates) =>
        AllFittingAsync(true, RemainingOrDefault, predicates, default).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOfMatchingPredicates(PredicateInfo[])"/>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(
        IReadOnlyCollection<PredicateInfo> predicates, CancellationToken cancellationToken) =>
        AllFittingAsync(true, RemainingOrDefault, predicates, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOfMatchingPredicates(PredicateInfo[])"/>
    public IAsyncEnumerable<object> ExpectMsgAllOfMatchingPredicatesAsync(
        IReadOnlyCollection<PredicateInfo> predicates, CancellationToken cancellationToken = default) =>
        AllFittingAsync(false, RemainingOrDefault, predicates, cancellationToken);

    /// <summary>As above, all within <paramref name="max"/>.</summary>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(TimeSpan max, params PredicateInfo[] predicates) =>
        AllFittingAsync(true, PositiveDilated(max), predicates, default).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOfMatchingPredicates(TimeSpan, PredicateInfo[])"/>
    public IReadOnlyCollection<object> ExpectMsgAllOfMatchingPredicates(
        TimeSpan max, IReadOnlyCollection<PredicateInfo> predicates, CancellationToken cancellationToken) =>
        AllFittingAsync(true, PositiveDilated(max), predicates, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ExpectMsgAllOfMatchingPredicates(TimeSpan, PredicateInfo[])"/>
    public IAsyncEnumerable<object> ExpectMsgAllOfMatchingPredicatesAsync(
        TimeSpan max, IReadOnlyCollection<PredicateInfo> predicates, CancellationToken cancellationToken = default) =>
        AllFittingAsync(false, PositiveDilated(max), predicates, cancellationToken);

    private async ValueTask<T> AnyOfAsync<T>(bool block, IEnumerable<T> messages, CancellationToken cancellationToken)
    {
        var expected = messages.ToList();
        var patience = RemainingOrDefault;
        var envelope = await TakeAsync(block, patience, cancellationToken);
        if (envelope is null)
            Fail($"Timeout {patience} during ExpectMsgAnyOf waiting for ({string.Join(", ", expected)}).");
        if (envelope.Message is not T got || !expected.Contains(got))
        {
            Fail($"ExpectMsgAnyOf found unexpected {envelope}; expected one of ({string.Join(", ", expected)}).");
            return default;
        }
        return got;
    }

    private async IAsyncEnumerable<T> AllOfAsync<T>(
        bool block, TimeSpan patience, IReadOnlyCollection<T> messages, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var received = await TakeAllAsync(block, messages.Count, patience, cancellationToken);
        var missing = messages.Where(m => !received.Any(r => r is T typed && Equals(typed, m))).ToList();
        var unexpected = received.Where(r => !messages.Any(m => Equals(m, r))).ToList();
        CheckAll(missing, unexpected);
        foreach (var message in received)
            yield return (T)message;
    }

    private async IAsyncEnumerable<object> AllFittingAsync(
        bool block, TimeSpan patience, IReadOnlyCollection<PredicateInfo> predicates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var received = await TakeAllAsync(block, predicates.Count, patience, cancellationToken);
        var missing = predicates.Where(p => !received.Any(p.Fits)).ToList();
        var unexpected = received.Where(r => !predicates.Any(p => p.Fits(r))).ToList();
        CheckAll(missing, unexpected);
        foreach (var message in received)
            yield return message;
    }

    private async ValueTask<List<object>> TakeAllAsync(bool block, int count, TimeSpan patience, CancellationToken cancellationToken)
    {
        var received = new List<object>(count);
        await foreach (var message in NAsync(block, count, patience, cancellationToken))
            received.Add(message);
        return received;
    }

    private void CheckAll<T>(IReadOnlyCollection<T> missing, IReadOnlyCollection<object> unexpected)
    {
        if (missing.Count > 0 || unexpected.Count > 0)
            Fail($"Not found: [{string.Join(", ", missing)}]; found but not expected: [{string.Join(", ", unexpected)}].");
    }
}
