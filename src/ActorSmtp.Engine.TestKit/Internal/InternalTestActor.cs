using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>
/// The actor behind TestActor and each probe: puts what it gets where the test finds it. Runs on the calling-thread dispatcher,
/// so that a message is there when Tell has returned.
/// </summary>
internal sealed class InternalTestActor : UntypedActor
{
    /// <summary>Do not keep messages that the function says yes to; null: keep all.</summary>
    internal sealed record SetIgnore(Func<object, bool> Ignore) : INoSerializationVerificationNeeded;

    /// <summary>Who answers from now on.</summary>
    internal sealed record SetAutoPilot(AutoPilot AutoPilot) : INoSerializationVerificationNeeded;

    /// <summary>Watch it; <see cref="Done"/> completes when that is so.</summary>
    internal sealed record Watch(IActorRef Actor, TaskCompletionSource<IActorRef> Done) : INoSerializationVerificationNeeded;

    /// <summary>Watch it no longer; <see cref="Done"/> completes when that is so.</summary>
    internal sealed record Unwatch(IActorRef Actor, TaskCompletionSource<IActorRef> Done) : INoSerializationVerificationNeeded;

    /// <summary>Make a child; <see cref="Done"/> gets it.</summary>
    internal sealed record Spawn(Props Props, string Name, SupervisorStrategy Strategy, TaskCompletionSource<IActorRef> Done)
        : INoSerializationVerificationNeeded;

    private readonly ReceivedMessages _received;
    private readonly StrategyPerChild _strategy = new();
    private Func<object, bool> _ignore;
    private AutoPilot _autoPilot = AutoPilot.NoAutoPilot;

    public InternalTestActor(ReceivedMessages received) => _received = received;

    protected override SupervisorStrategy SupervisorStrategy() => _strategy;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetIgnore m:
                _ignore = m.Ignore;
                break;
            case SetAutoPilot m:
                _autoPilot = m.AutoPilot ?? AutoPilot.NoAutoPilot;
                break;
            case Watch m:
                Context.Watch(m.Actor);
                m.Done.TrySetResult(m.Actor);
                break;
            case Unwatch m:
                Context.Unwatch(m.Actor);
                m.Done.TrySetResult(m.Actor);
                break;
            case Spawn m:
                OnSpawn(m);
                break;
            default:
                Keep(message);
                break;
        }
    }

    private void OnSpawn(Spawn m)
    {
        try
        {
            var child = m.Name is null ? Context.ActorOf(m.Props) : Context.ActorOf(m.Props, m.Name);
            if (m.Strategy is not null)
                _strategy.Set(child, m.Strategy);
            m.Done.TrySetResult(child);
        }
        catch (Exception error)
        {
            m.Done.TrySetException(error);
        }
    }

    private void Keep(object message)
    {
        if (_autoPilot is not NoAutoPilot)
        {
            var next = _autoPilot.Run(Sender, message);
            if (next is not KeepRunning)
                _autoPilot = next ?? AutoPilot.NoAutoPilot;
        }
        if (_ignore is null || !_ignore(message))
            _received.Add(new RealMessageEnvelope(message, Sender));
    }
}
