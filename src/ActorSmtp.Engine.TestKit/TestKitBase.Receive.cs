using System.Collections;
using System.Runtime.CompilerServices;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Taking messages from the queue without saying what they must be.</summary>
public abstract partial class TestKitBase
{
    /// <summary>Takes messages until one fits; what came before it is lost. Fails when none came within <paramref name="max"/>.</summary>
    public object FishForMessage(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessage<object>(isMessage, max, hint, cancellationToken);

    /// <inheritdoc cref="FishForMessage"/>
    public ValueTask<object> FishForMessageAsync(
        Predicate<object> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishForMessageAsync<object>(isMessage, max, hint, cancellationToken);

    /// <summary>Takes messages until one of the type fits; what came before it is lost. Fails when none came in time.</summary>
    public T FishForMessage<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(true, isMessage, null, max, hint, cancellationToken).Result();

    /// <inheritdoc cref="FishForMessage{T}(Predicate{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(false, isMessage, null, max, hint, cancellationToken);

    /// <summary>As the overload above; <paramref name="allMessages"/> is given what did not fit.</summary>
    public T FishForMessage<T>(
        Predicate<T> isMessage, ArrayList allMessages, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(true, isMessage, allMessages, max, hint, cancellationToken).Result();

    /// <inheritdoc cref="FishForMessage{T}(Predicate{T}, ArrayList, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> FishForMessageAsync<T>(
        Predicate<T> isMessage, ArrayList allMessages, TimeSpan? max = null, string hint = "", CancellationToken cancellationToken = default) =>
        FishAsync(false, isMessage, allMessages, max, hint, cancellationToken);

    /// <summary>Takes messages until the first of the type, which is taken too.</summary>
    public async Task FishUntilMessageAsync<T>(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        await FishForMessageAsync<T>(_ => true, max, "", cancellationToken);

    /// <summary>Takes the next message; null when none came within <paramref name="max"/> (zero: only look).</summary>
    public object ReceiveOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        NextAsync(true, true, max, cancellationToken).Result().Message;

    /// <inheritdoc cref="ReceiveOne"/>
    public async ValueTask<object> ReceiveOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await NextAsync(false, true, max, cancellationToken)).Message;

    /// <summary>Takes the next message with its sender; false when none came in time.</summary>
    public bool TryReceiveOne(out MessageEnvelope envelope, TimeSpan? max = null, CancellationToken cancellationToken = default)
    {
        envelope = NextAsync(true, true, max, cancellationToken).Result();
        return envelope is not NullMessageEnvelope;
    }

    /// <inheritdoc cref="TryReceiveOne"/>
    public async ValueTask<(bool success, MessageEnvelope envelope)> TryReceiveOneAsync(
        TimeSpan? max, CancellationToken cancellationToken = default)
    {
        var envelope = await NextAsync(false, true, max, cancellationToken);
        return (envelope is not NullMessageEnvelope, envelope);
    }

    /// <summary>The next message, which stays where it is; null when none came in time.</summary>
    public object PeekOne(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        NextAsync(true, false, max, cancellationToken).Result().Message;

    /// <inheritdoc cref="PeekOne(TimeSpan?, CancellationToken)"/>
    public async ValueTask<object> PeekOneAsync(TimeSpan? max = null, CancellationToken cancellationToken = default) =>
        (await NextAsync(false, false, max, cancellationToken)).Message;

    /// <summary>The next message, which stays where it is, however long it takes.</summary>
    public object PeekOne(CancellationToken cancellationToken) => PeekOne(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <inheritdoc cref="PeekOne(CancellationToken)"/>
    public ValueTask<object> PeekOneAsync(CancellationToken cancellationToken) =>
        PeekOneAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>The next message with its sender, which stays where it is; false when none came in time.</summary>
    public bool TryPeekOne(out MessageEnvelope envelope, TimeSpan? max, CancellationToken cancellationToken)
    {
        envelope = NextAsync(true, false, max, cancellationToken).Result();
        return envelope is not NullMessageEnvelope;
    }

    /// <inheritdoc cref="TryPeekOne"/>
    public async ValueTask<(bool success, MessageEnvelope envelope)> TryPeekOneAsync(TimeSpan? max, CancellationToken cancellationToken)
    {
        var envelope = await NextAsync(false, false, max, cancellationToken);
        return (envelope is not NullMessageEnvelope, envelope);
    }

    /// <summary>Takes messages while <paramref name="filter"/> gives something other than null; the first it refuses stays.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(true, filter, max, null, msgs, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveWhile{T}(TimeSpan?, Func{object, T}, int, CancellationToken)"/>
    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        TimeSpan? max, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(false, filter, max, null, msgs, cancellationToken);

    /// <summary>As above, and stops also after <paramref name="idle"/> without a message.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        TimeSpan? max, TimeSpan? idle, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(true, filter, max, idle, msgs, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveWhile{T}(TimeSpan?, TimeSpan?, Func{object, T}, int, CancellationToken)"/>
    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        TimeSpan? max, TimeSpan? idle, Func<object, T> filter, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(false, filter, max, idle, msgs, cancellationToken);

    /// <summary>As above.</summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Func<object, T> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(true, filter, max, idle, msgs, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveWhile{T}(Func{object, T}, TimeSpan?, TimeSpan?, int, CancellationToken)"/>
    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        Func<object, T> filter, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue, CancellationToken cancellationToken = default) =>
        WhileAsync(false, filter, max, idle, msgs, cancellationToken);

    /// <summary>
    /// Takes messages of the type while <paramref name="shouldContinue"/> says yes; the first it refuses stays. A message of
    /// another type is thrown away, or with <paramref name="shouldIgnoreOtherMessageTypes"/> false stops the taking and stays.
    /// </summary>
    public IReadOnlyList<T> ReceiveWhile<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue,
        bool shouldIgnoreOtherMessageTypes = true, CancellationToken cancellationToken = default) =>
        WhileAsync(true, Judge(shouldContinue, shouldIgnoreOtherMessageTypes), max, idle, msgs, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveWhile{T}(Predicate{T}, TimeSpan?, TimeSpan?, int, bool, CancellationToken)"/>
    public IAsyncEnumerable<T> ReceiveWhileAsync<T>(
        Predicate<T> shouldContinue, TimeSpan? max = null, TimeSpan? idle = null, int msgs = int.MaxValue,
        bool shouldIgnoreOtherMessageTypes = true, CancellationToken cancellationToken = default) =>
        WhileAsync(false, Judge(shouldContinue, shouldIgnoreOtherMessageTypes), max, idle, msgs, cancellationToken);

    /// <summary>Takes that many messages. Fails when they have not all come in the time that is left.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, CancellationToken cancellationToken = default) =>
        NAsync(true, numberOfMessages, RemainingOrDefault, cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveN(int, CancellationToken)"/>
    public IAsyncEnumerable<object> ReceiveNAsync(int numberOfMessages, CancellationToken cancellationToken = default) =>
        NAsync(false, numberOfMessages, RemainingOrDefault, cancellationToken);

    /// <summary>Takes that many messages. Fails when they have not all come within <paramref name="max"/>.</summary>
    public IReadOnlyCollection<object> ReceiveN(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        NAsync(true, numberOfMessages, Dilated(max), cancellationToken).ToListBlocking();

    /// <inheritdoc cref="ReceiveN(int, TimeSpan, CancellationToken)"/>
    public IAsyncEnumerable<object> ReceiveNAsync(int numberOfMessages, TimeSpan max, CancellationToken cancellationToken = default) =>
        NAsync(false, numberOfMessages, Dilated(max), cancellationToken);

    private async ValueTask<MessageEnvelope> NextAsync(bool block, bool remove, TimeSpan? max, CancellationToken cancellationToken)
    {
        var patience = max is { } given
            ? given == TimeSpan.Zero || given == Timeout.InfiniteTimeSpan ? given : Dilated(given)
            : RemainingOrDefault;
        var envelope = await _received.NextAsync(block, remove, patience, cancellationToken);
        _lastWasNoMsg = false;
        return _lastMessage = envelope ?? NullMessageEnvelope.Instance;
    }

    private async ValueTask<MessageEnvelope> TakeAsync(bool block, TimeSpan patience, CancellationToken cancellationToken)
    {
        var envelope = await _received.NextAsync(block, remove: true, patience, cancellationToken);
        _lastWasNoMsg = false;
        _lastMessage = envelope ?? NullMessageEnvelope.Instance;
        return envelope;
    }

    private async ValueTask<T> FishAsync<T>(
        bool block, Predicate<T> isMessage, ArrayList others, TimeSpan? max, string hint, CancellationToken cancellationToken)
    {
        var patience = RemainingOrDilated(max);
        var deadline = Deadline.In(patience);
        while (true)
        {
            var envelope = await TakeAsync(block, deadline.Left, cancellationToken);
            if (envelope is null)
                Fail($"Timeout ({patience}) while fishing for a message of type {typeof(T)}. {hint}");
            if (envelope.Message is T message && isMessage(message))
                return message;
            others?.Add(envelope.Message);
        }
    }

    private async IAsyncEnumerable<object> NAsync(
        bool block, int count, TimeSpan patience, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(patience);
        for (var i = 0; i < count; i++)
        {
            var envelope = await TakeAsync(block, deadline.Left, cancellationToken);
            if (envelope is null)
                Fail($"Timeout ({patience}) while expecting {count} messages. Only got {i} after {patience}.");
            yield return envelope.Message;
        }
    }

    private enum Fate
    {
        Taken,
        ThrownAway,
        LeftThere,
    }

    private static Func<object, (Fate, T)> Judge<T>(Predicate<T> shouldContinue, bool ignoreOthers) => message =>
        message is T typed
            ? (shouldContinue(typed) ? Fate.Taken : Fate.LeftThere, typed)
            : (ignoreOthers ? Fate.ThrownAway : Fate.LeftThere, default);

    private IAsyncEnumerable<T> WhileAsync<T>(
        bool block, Func<object, T> filter, TimeSpan? max, TimeSpan? idle, int msgs, CancellationToken cancellationToken)
    {
        return WhileAsync(block, Verdict, max, idle, msgs, cancellationToken);

        (Fate, T) Verdict(object message)
        {
            var result = filter(message);
            return (result is null ? Fate.LeftThere : Fate.Taken, result);
        }
    }

    private async IAsyncEnumerable<T> WhileAsync<T>(
        bool block, Func<object, (Fate, T)> judge, TimeSpan? max, TimeSpan? idle, int msgs,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(RemainingOrDilated(max));
        MessageEnvelope last = NullMessageEnvelope.Instance;
        for (var taken = 0; taken < msgs;)
        {
            var patience = deadline.Left;
            if (idle is { } pause && pause != Timeout.InfiniteTimeSpan && (patience == Timeout.InfiniteTimeSpan || pause < patience))
                patience = pause;
            var envelope = await _received.NextAsync(block, remove: false, patience, cancellationToken);
            if (envelope is null)
                break;
            var (fate, result) = judge(envelope.Message);
            if (fate == Fate.LeftThere)
                break;
            await _received.NextAsync(block, remove: true, TimeSpan.Zero, cancellationToken);
            last = envelope;
            if (fate == Fate.ThrownAway)
                continue;
            taken++;
            yield return result;
        }
        _lastMessage = last;
        _lastWasNoMsg = true;
    }
}
