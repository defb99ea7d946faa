namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>IStash</c>: messages set aside, to come back before all others in the order of their arrival, with their senders.
/// </summary>
public interface IStash
{
    /// <summary>Sets the current message aside. Twice for one message throws <see cref="IllegalActorStateException"/>.</summary>
    void Stash();

    /// <summary>Puts the oldest one back.</summary>
    void Unstash();

    void UnstashAll();

    void UnstashAll(Func<Envelope, bool> predicate);

    /// <summary>Takes all out, oldest first.</summary>
    IEnumerable<Envelope> ClearStash();

    /// <summary>Puts messages before those that are there.</summary>
    void Prepend(IEnumerable<Envelope> envelopes);

    int Count { get; }

    bool IsEmpty { get; }

    bool NonEmpty { get; }

    bool IsFull { get; }

    /// <summary>How many it holds at most; 0 or less means no limit.</summary>
    int Capacity { get; }
}

/// <summary>The common part of the stash interfaces: the engine sets the property after the constructor and before PreStart.</summary>
public interface IActorStash
{
    IStash Stash { get; set; }
}

/// <summary>Stands for Akka's interface of that name.</summary>
public interface IWithUnrestrictedStash : IActorStash
{
}

/// <summary>An actor with a stash. Stands for Akka's interface of that name.</summary>
public interface IWithStash : IWithUnrestrictedStash
{
}

/// <summary>An actor with a stash. Stands for Akka's interface of that name.</summary>
public interface IWithUnboundedStash : IWithUnrestrictedStash
{
}

/// <summary>Stands for Akka's <c>UntypedActorWithStash</c>.</summary>
public abstract class UntypedActorWithStash : UntypedActor, IWithStash
{
    public IStash Stash { get; set; }
}

/// <summary>Stands for Akka's <c>UntypedActorWithUnboundedStash</c>.</summary>
public abstract class UntypedActorWithUnboundedStash : UntypedActor, IWithUnboundedStash
{
    public IStash Stash { get; set; }
}

/// <summary>The one stash of the engine. No list exists until something is stashed.</summary>
internal sealed class Stash(ActorCell cell, int capacity) : IStash
{
    private LinkedList<Envelope> _messages;
    private long _stashedEnvelope;

    public int Count => _messages?.Count ?? 0;

    public bool IsEmpty => Count == 0;

    public bool NonEmpty => Count > 0;

    public bool IsFull => Capacity > 0 && Count >= Capacity;

    public int Capacity { get; } = capacity;

    void IStash.Stash()
    {
        var message = cell.CurrentMessage;
        if (message == null)
        {
            return;
        }

        if (_stashedEnvelope == cell.EnvelopeNumber)
        {
            throw new IllegalActorStateException($"Can't stash the same message {message} more than once");
        }

        if (IsFull)
        {
            throw new StashOverflowException(
                $"Couldn't enqueue message {message.GetType()} with sender {cell.Sender} to stash of {cell.Self}: it holds {Capacity} already.");
        }

        _stashedEnvelope = cell.EnvelopeNumber;
        (_messages ??= []).AddLast(new Envelope(message, cell.CurrentSender));
    }

    public void Unstash()
    {
        if (Count > 0)
        {
            var first = _messages.First.Value;
            _messages.RemoveFirst();
            cell.Mailbox.Prepend([first]);
        }
    }

    public void UnstashAll() => UnstashAll(static _ => true);

    public void UnstashAll(Func<Envelope, bool> predicate)
    {
        if (Count == 0)
        {
            return;
        }

        var chosen = _messages.Where(predicate).ToList();
        _messages = null;
        cell.Mailbox.Prepend(chosen);
    }

    public IEnumerable<Envelope> ClearStash()
    {
        IEnumerable<Envelope> all = _messages ?? [];
        _messages = null;
        return all;
    }

    public void Prepend(IEnumerable<Envelope> envelopes)
    {
        _messages ??= [];
        foreach (var envelope in envelopes.Reverse())
        {
            _messages.AddFirst(envelope);
        }
    }
}
