namespace Akka.Actor.Scheduling;

/// <summary>Something that was set to happen and can be taken back.</summary>
internal abstract class TimerHandle
{
    /// <summary>True when it had not happened yet, and now will not.</summary>
    internal abstract bool Cancel();
}

/// <summary>
/// One entry of a <see cref="TimerWheel"/>, linked into its slot, so that cancelling frees it at once. An entry that was cancelled before it fired can be
/// set again; one that fired must not, since what it told may still be queued.
/// </summary>
internal abstract class TimerEntry : TimerHandle, ICancelable
{
    internal TimerEntry Before;
    internal TimerEntry After;
    internal TimerWheel Wheel;

    /// <summary>The tick at which it is due.</summary>
    internal long Due;

    /// <summary>Ticks between firings; 0 for once.</summary>
    internal long Interval;

    /// <summary>Its slot in the wheel, or -1.</summary>
    internal short Slot = -1;

    private volatile byte _state;

    /// <summary>What only few entries have: a token that somebody asked for, or another scheduler's handle.</summary>
    private object _rare;

    private protected object Rare
    {
        get => _rare;
        set => _rare = value;
    }

    internal bool IsCancelled => _state == 1;

    internal bool HasFired => _state == 2;

    internal void MarkFired() => _state = 2;

    internal void MarkFresh() => _state = 0;

    internal abstract void Fire();

    internal override bool Cancel()
    {
        var wasWaiting = Wheel?.Remove(this) ?? false;
        if (wasWaiting || Interval != 0 || _state == 0)
        {
            _state = 1;
            (_rare as CancellationTokenSource)?.Cancel();
        }

        return wasWaiting;
    }

    bool ICancelable.IsCancellationRequested => IsCancelled;

    CancellationToken ICancelable.Token
    {
        get
        {
            var source = (CancellationTokenSource)(_rare ?? Interlocked.CompareExchange(ref _rare, new CancellationTokenSource(), null) ?? _rare);
            if (IsCancelled)
            {
                source.Cancel();
            }

            return source.Token;
        }
    }

    void ICancelable.Cancel() => CancelForGood();

    void ICancelable.Cancel(bool throwOnFirstException) => CancelForGood();

    void ICancelable.CancelAfter(TimeSpan delay) => Wheel.Once(delay, CancelForGood);

    void ICancelable.CancelAfter(int millisecondsDelay) => Wheel.Once(TimeSpan.FromMilliseconds(millisecondsDelay), CancelForGood);

    private void CancelForGood()
    {
        Wheel?.Remove(this);
        _state = 1;
        (_rare as CancellationTokenSource)?.Cancel();
    }
}

/// <summary>Tells a message. Subclasses that are told themselves pass null and override nothing: they are the message.</summary>
internal class TellEntry : TimerEntry
{
    private readonly ICanTell _receiver;
    private readonly object _message;
    private readonly IActorRef _sender;

    internal TellEntry(ICanTell receiver, object message, IActorRef sender)
    {
        _receiver = receiver;
        _message = message ?? this;
        _sender = sender;
    }

    internal ICanTell Receiver => _receiver;

    internal object Told => _message;

    internal IActorRef ToldBy => _sender;

    /// <summary>What a scheduler that is not the engine's gave for this entry.</summary>
    internal ICancelable Foreign
    {
        get => Rare as ICancelable;
        set => Rare = value;
    }

    internal override void Fire() => _receiver.Tell(_message, _sender);

    internal override bool Cancel()
    {
        if (Foreign is not { } foreign)
        {
            return base.Cancel();
        }

        foreign.Cancel();
        Foreign = null;
        return false;
    }
}

/// <summary>Runs an action, or a piece of work.</summary>
internal sealed class ActionEntry(Action action) : TimerEntry
{
    internal override void Fire() => action();
}
