using Akka.Actor;

namespace Akka.Event;

/// <summary>
/// Stands for Akka's <c>EventBus</c>: subscribers by a class of events. Looking up who hears an event of a kind is remembered until the
/// next subscription, so that publishing to nobody costs a look into a map.
/// </summary>
public abstract class EventBus<TEvent, TClassifier, TSubscriber>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TClassifier, List<TSubscriber>> _subscribers = [];
    private volatile System.Collections.Concurrent.ConcurrentDictionary<TClassifier, TSubscriber[]> _known = new();

    protected EventBus()
    {
    }

    protected string SimpleName(object source) => SimpleName(source.GetType());

    protected string SimpleName(Type source) => source.Name;

    /// <summary>False when it was subscribed already, also by a wider class.</summary>
    public virtual bool Subscribe(TSubscriber subscriber, TClassifier classifier)
    {
        lock (_gate)
        {
            foreach (var (known, subscribers) in _subscribers)
            {
                if (IsSubClassification(classifier, known) && subscribers.Contains(subscriber))
                {
                    return false;
                }
            }

            if (!_subscribers.TryGetValue(classifier, out var list))
            {
                _subscribers.Add(classifier, list = []);
            }

            list.Add(subscriber);
            _known = new();
            return true;
        }
    }

    public virtual bool Unsubscribe(TSubscriber subscriber)
    {
        lock (_gate)
        {
            var removed = false;
            foreach (var subscribers in _subscribers.Values)
            {
                removed |= subscribers.Remove(subscriber);
            }

            _known = new();
            return removed;
        }
    }

    /// <summary>From a class of events and those below it.</summary>
    public virtual bool Unsubscribe(TSubscriber subscriber, TClassifier classifier)
    {
        lock (_gate)
        {
            var removed = false;
            foreach (var (known, subscribers) in _subscribers)
            {
                if (IsSubClassification(known, classifier))
                {
                    removed |= subscribers.Remove(subscriber);
                }
            }

            _known = new();
            return removed;
        }
    }

    public virtual void Publish(TEvent @event)
    {
        var kind = GetClassifier(@event);
        var known = _known;
        if (!known.TryGetValue(kind, out var subscribers))
        {
            lock (_gate)
            {
                known = _known;
                subscribers = [.. _subscribers.Where(s => Classify(@event, s.Key)).SelectMany(s => s.Value).Distinct()];
                known[kind] = subscribers;
            }
        }

        foreach (var subscriber in subscribers)
        {
            Publish(@event, subscriber);
        }
    }

    protected abstract bool IsSubClassification(TClassifier parent, TClassifier child);

    protected abstract void Publish(TEvent @event, TSubscriber subscriber);

    protected abstract bool Classify(TEvent @event, TClassifier classifier);

    protected abstract TClassifier GetClassifier(TEvent @event);
}

/// <summary>Stands for Akka's <c>ActorEventBus</c>.</summary>
public abstract class ActorEventBus<TEvent, TClassifier> : EventBus<TEvent, TClassifier, IActorRef>
{
}
