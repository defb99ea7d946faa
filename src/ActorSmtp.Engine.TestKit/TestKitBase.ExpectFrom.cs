using Akka.Actor;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Expectations on the next message and on who sent it.</summary>
public abstract partial class TestKitBase
{
    /// <summary>The next message is of the type and comes from <paramref name="sender"/>.</summary>
    public T ExpectMsgFrom<T>(
        IActorRef sender, TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(true, Is(sender, hint), null, duration, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(IActorRef, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, TimeSpan? duration = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(false, Is(sender, hint), null, duration, hint, cancellationToken);

    /// <summary>The next message equals <paramref name="message"/> and comes from <paramref name="sender"/>.</summary>
    public T ExpectMsgFrom<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(true, Is(sender, hint), EqualTo(message, hint), timeout, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(IActorRef, T, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, T message, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(false, Is(sender, hint), EqualTo(message, hint), timeout, hint, cancellationToken);

    /// <summary>The next message fits and comes from <paramref name="sender"/>.</summary>
    public T ExpectMsgFrom<T>(
        IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(true, Is(sender, hint), Fitting(isMessage, hint), timeout, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(IActorRef, Predicate{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(false, Is(sender, hint), Fitting(isMessage, hint), timeout, hint, cancellationToken);

    /// <summary>The next message fits, and so does its sender.</summary>
    public T ExpectMsgFrom<T>(
        Predicate<IActorRef> isSender, Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(true, Passing(isSender, hint), Fitting(isMessage, hint), timeout, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(Predicate{IActorRef}, Predicate{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        Predicate<IActorRef> isSender, Predicate<T> isMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync(false, Passing(isSender, hint), Fitting(isMessage, hint), timeout, hint, cancellationToken);

    /// <summary>The next message stands the assertions and comes from <paramref name="sender"/>.</summary>
    public T ExpectMsgFrom<T>(
        IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(true, Is(sender, hint), (m, _) => assertMessage(m), timeout, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(IActorRef, Action{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        IActorRef sender, Action<T> assertMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(false, Is(sender, hint), (m, _) => assertMessage(m), timeout, hint, cancellationToken);

    /// <summary>The next message and its sender stand the assertions.</summary>
    public T ExpectMsgFrom<T>(
        Action<IActorRef> assertSender, Action<T> assertMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(true, assertSender, (m, _) => assertMessage(m), timeout, hint, cancellationToken).Result();

    /// <inheritdoc cref="ExpectMsgFrom{T}(Action{IActorRef}, Action{T}, TimeSpan?, string, CancellationToken)"/>
    public ValueTask<T> ExpectMsgFromAsync<T>(
        Action<IActorRef> assertSender, Action<T> assertMessage, TimeSpan? timeout = null, string hint = null, CancellationToken cancellationToken = default) =>
        FromAsync<T>(false, assertSender, (m, _) => assertMessage(m), timeout, hint, cancellationToken);

    private ValueTask<T> FromAsync<T>(
        bool block, Action<IActorRef> checkSender, Action<T, IActorRef> checkMessage, TimeSpan? timeout, string hint,
        CancellationToken cancellationToken) =>
        ExpectAsync<T>(
            block,
            timeout,
            (message, sender) =>
            {
                checkSender(sender);
                checkMessage?.Invoke(message, sender);
            },
            hint,
            cancellationToken);

    private Action<IActorRef> Is(IActorRef expected, string hint) => sender =>
        _assertions.AssertEqual(expected, sender, "Sender does not match. Got a message from sender {0}. But expected {1} {2}", sender, expected, hint ?? "");

    private Action<IActorRef> Passing(Predicate<IActorRef> isSender, string hint) => sender =>
        _assertions.AssertTrue(isSender(sender), "Sender does not match. Got a message from sender {0}. {1}", sender, hint ?? "");
}
