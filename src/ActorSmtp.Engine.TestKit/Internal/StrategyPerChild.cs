using System.Collections.Concurrent;
using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Supervises each child of a test actor by the strategy it was made with. Akka calls it DelegatingSupervisorStrategy.</summary>
internal sealed class StrategyPerChild : SupervisorStrategy
{
    private readonly ConcurrentDictionary<IActorRef, SupervisorStrategy> _strategies = new();

    public override IDecider Decider => DefaultDecider;

    public void Set(IActorRef child, SupervisorStrategy strategy) => _strategies[child] = strategy;

    protected override Directive Handle(IActorRef child, Exception exception) => Of(child).Decider.Decide(exception);

    internal override void ProcessFailure(ActorCell cell, bool restart, LocalActorRef child, Exception cause) =>
        Of(child).ProcessFailure(cell, restart, child, cause);

    internal override void HandleChildTerminated(LocalActorRef child) =>
        _strategies.TryRemove(child, out _);

    private SupervisorStrategy Of(IActorRef child) => _strategies.GetValueOrDefault(child, DefaultStrategy);
}
