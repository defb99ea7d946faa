using Akka.Actor;
using Akka.Actor.Internal;

namespace Akka.Event;

/// <summary>
/// Stands for Akka's <c>EventStream</c>: anything published reaches all who subscribed to its type, a base class or an interface of it, on the
/// publisher's thread. Subscribers that stop are taken out.
/// </summary>
public class EventStream : LoggingBus
{
    private readonly bool _debug;
    private IActorRef _unsubscriber;

    public EventStream(bool debug)
    {
        _debug = debug;
    }

    public override bool Subscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        if (_debug)
        {
            Publish(new Debug(SimpleName(this), GetType(), $"subscribing {subscriber} to channel {channel}"));
        }

        _unsubscriber?.Tell(new EventStreamUnsubscriber.Added(subscriber), ActorRefs.NoSender);
        return base.Subscribe(subscriber, channel);
    }

    public override bool Unsubscribe(IActorRef subscriber, Type channel)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        if (_debug)
        {
            Publish(new Debug(SimpleName(this), GetType(), $"unsubscribing {subscriber} from channel {channel}"));
        }

        return base.Unsubscribe(subscriber, channel);
    }

    public override bool Unsubscribe(IActorRef subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        if (_debug)
        {
            Publish(new Debug(SimpleName(this), GetType(), $"unsubscribing {subscriber} from all channels"));
        }

        _unsubscriber?.Tell(new EventStreamUnsubscriber.Removed(subscriber), ActorRefs.NoSender);
        return base.Unsubscribe(subscriber);
    }

    internal void StartUnsubscriber(ActorSystemImpl system) => _unsubscriber = system.SystemActorOf(
        Props.CreateBy(new EventStreamUnsubscriber.Producer(this)).WithDispatcher(Dispatch.Dispatchers.InternalDispatcherId),
        "eventStreamUnsubscriber");

    internal void RemoveStopped(IActorRef subscriber) => base.Unsubscribe(subscriber);
}

/// <summary>Stands for Akka's <c>EventStreamExtensions</c>.</summary>
public static class EventStreamExtensions
{
    public static bool Subscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Subscribe(subscriber, typeof(TChannel));

    public static bool Unsubscribe<TChannel>(this EventStream eventStream, IActorRef subscriber) => eventStream.Unsubscribe(subscriber, typeof(TChannel));
}

/// <summary>Watches subscribers and takes out those that stop. Stands for Akka's class of that name (public there).</summary>
internal sealed class EventStreamUnsubscriber(EventStream stream) : ActorBase
{
    internal sealed record Added(IActorRef Subscriber) : IDeadLetterSuppression;

    internal sealed record Removed(IActorRef Subscriber) : IDeadLetterSuppression;

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Added added when added.Subscriber is ActorRefBase or IWrappedActorRef:
                Context.Watch(added.Subscriber);
                break;
            case Removed removed:
                Context.Unwatch(removed.Subscriber);
                break;
            case Terminated terminated:
                stream.RemoveStopped(terminated.ActorRef);
                break;
        }

        return true;
    }

    internal sealed class Producer(EventStream stream) : IIndirectActorProducer
    {
        public Type ActorType => typeof(EventStreamUnsubscriber);

        public ActorBase Produce() => new EventStreamUnsubscriber(stream);

        public void Release(ActorBase actor)
        {
        }
    }
}
