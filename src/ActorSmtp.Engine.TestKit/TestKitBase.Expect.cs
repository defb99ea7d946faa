using Akka.Actor;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Expectations on the next message. The message is taken even when it is not the one expected.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message is of the type. Waits 3 s, or what a surrounding Within leaves, unless told otherwise.</summary>
    /// <returns>The message.</returns>
    public T ExpectMsg<T>(TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(true, duration, null, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(false, duration, null, hint, cancellationToken);

    /// <summary>The next message equals <paramref name="message"/>.</summary>
    public T ExpectMsg<T>(T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(true, timeout, EqualTo(message, hint), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(T, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(false, timeout, EqualTo(message, hint), hint, cancellationToken);

    /// <summary>The next message is of the type and fits.</summary>
    public T ExpectMsg<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(true, timeout, Fitting(isMessage, hint), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(Predicate{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(false, timeout, Fitting(isMessage, hint), hint, cancellationToken);

    /// <summary>The next message is of the type and stands the assertions.</summary>
    public T ExpectMsg<T>(
        Action<T> assert, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(true, timeout, (m, _) => assert(m), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(Action{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T> assert, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(false, timeout, (m, _) => assert(m), hint, cancellationToken);

    /// <summary>The next message is of the type and fits together with its sender.</summary>
    public T ExpectMsg<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(true, timeout, Fitting(isMessageAndSender, hint), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(Func{T, IActorRef, bool}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        Func<T, IActorRef, bool> isMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(false, timeout, Fitting(isMessageAndSender, hint), hint, cancellationToken);

    /// <summary>The next message is of the type and stands the assertions together with its sender.</summary>
    public T ExpectMsg<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(true, timeout, assertMessageAndSender, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(Action{T, IActorRef}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        Action<T, IActorRef> assertMessageAndSender, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(false, timeout, assertMessageAndSender, hint, cancellationToken);

    /// <summary>The next message is what <paramref name="comparer"/> calls equal to <paramref name="expected"/>.</summary>
    public T ExpectMsg<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(true, timeout, (m, _) => _assertions.AssertEqual(expected, m, comparer, "{0}", hint ?? ""), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsg{T}(T, Func{T, T, bool}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgAsync<T>(
        T expected, Func<T, T, bool> comparer, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync<T>(false, timeout, (m, _) => _assertions.AssertEqual(expected, m, comparer, "{0}", hint ?? ""), hint, cancellationToken);

    /// <summary>The next message says that <paramref name="target"/>, which the kit watches, has ended.</summary>
    public Terminated ExpectTerminated(
        IActorRef target, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(true, timeout, EndOf(target, hint), hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectTerminated"/>
    public ValueTask<Terminated> ExpectTerminatedAsync(
        IActorRef target, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        ExpectAsync(false, timeout, EndOf(target, hint), hint, cancellationToken);

    /// <summary>Nothing comes in the time that is left: 3 s, or what a surrounding Within leaves.</summary>
    public void ExpectNoMsg(CancellationToken cancellationToken = default) =>
        NothingAsync(true, RemainingOrDefault, cancellationToken).Finish();

    /// <inheritdoc cref="ExpectNoMsg(CancellationToken)"/>
    public ValueTask ExpectNoMsgAsync(CancellationToken cancellationToken = default) =>
        NothingAsync(false, RemainingOrDefault, cancellationToken);

    /// <summary>Nothing comes within <paramref name="duration"/>, dilated.</summary>
    public void ExpectNoMsg(TimeSpan duration, CancellationToken cancellationToken = default) =>
        NothingAsync(true, Dilated(duration), cancellationToken).Finish();

    /// <inheritdoc cref="ExpectNoMsg(TimeSpan, CancellationToken)"/>
    public ValueTask ExpectNoMsgAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
        NothingAsync(false, Dilated(duration), cancellationToken);

    /// <summary>Nothing comes within that many milliseconds, not dilated.</summary>
    public void ExpectNoMsg(int milliseconds, CancellationToken cancellationToken = default) =>
        NothingAsync(true, TimeSpan.FromMilliseconds(milliseconds), cancellationToken).Finish();

    /// <inheritdoc cref="ExpectNoMsg(int, CancellationToken)"/>
    public ValueTask ExpectNoMsgAsync(int milliseconds, CancellationToken cancellationToken = default) =>
        NothingAsync(false, TimeSpan.FromMilliseconds(milliseconds), cancellationToken);

    private async ValueTask<T> ExpectAsync<T>(
        bool block, TimeSpan? timeout, Action<T, IActorRef> check, string hint, CancellationToken cancellationToken)
    {
        var patience = RemainingOrDilated(timeout);
        var envelope = await TakeAsync(block, patience, cancellationToken);
        if (envelope is null)
            Fail($"Failed: Timeout {patience} while waiting for a message of type {typeof(T)}. {hint}");
        if (envelope.Message is not T message)
        {
            Fail($"Failed: Expected a message of type {typeof(T)}, but received {{{envelope.Message}}} (type {envelope.Message?.GetType()}) from {envelope.Sender}. {hint}");
            return default;
        }
        check?.Invoke(message, envelope.Sender);
        return message;
    }

    private async ValueTask NothingAsync(bool block, TimeSpan patience, CancellationToken cancellationToken)
    {
        var envelope = await TakeAsync(block, patience, cancellationToken);
        if (envelope is not null)
            Fail($"Failed: Expected no messages during {patience}, but received {{{envelope.Message}}} (type {envelope.Message.GetType()}) from {envelope.Sender}.");
        _lastWasNoMsg = true;
    }

    private Action<T, IActorRef> EqualTo<T>(T expected, string hint) =>
        (message, _) => _assertions.AssertEqual(expected, message, "{0}", hint ?? "");

    private Action<T, IActorRef> Fitting<T>(Predicate<T> isMessage, string hint) =>
        (message, _) => _assertions.AssertTrue(isMessage(message), "Got a message of the expected type <{0}>. Also expected the predicate to return true but the message {{{1}}} did not. {2}", typeof(T), message, hint ?? "");

    private Action<T, IActorRef> Fitting<T>(Func<T, IActorRef, bool> isMessageAndSender, string hint) =>
        (message, sender) => _assertions.AssertTrue(isMessageAndSender(message, sender), "Got a message of the expected type <{0}>. Also expected the predicate to return true but the message {{{1}}} of sender {2} did not. {3}", typeof(T), message, sender, hint ?? "");

    private Action<Terminated, IActorRef> EndOf(IActorRef target, string hint) =>
        (message, _) => _assertions.AssertEqual(target, message.ActorRef, "{0}", hint ?? "");
}
