using Akka.Event;

namespace Akka.Actor.Internal;

/// <summary>Asks a guardian to stop one of its children in its own turn.</summary>
internal sealed record StopChild(IActorRef Child) : IDeadLetterSuppression;

/// <summary>/user: the parent of the program's actors. Stands for Akka's <c>GuardianActor</c> (public there).</summary>
internal sealed class UserGuardianActor(SupervisorStrategy strategy) : ActorBase
{
    protected override SupervisorStrategy SupervisorStrategy() => strategy;

    protected override bool Receive(object message)
    {
        if (message is StopChild stop)
        {
            Context.Stop(stop.Child);
            return true;
        }

        return false;
    }

    // Children outlive a restart of their guardian.
    protected override void PreRestart(Exception reason, object message)
    {
    }

    internal sealed class Producer(SupervisorStrategy strategy) : IIndirectActorProducer
    {
        public Type ActorType => typeof(UserGuardianActor);

        public ActorBase Produce() => new UserGuardianActor(strategy);

        public void Release(ActorBase actor)
        {
        }
    }
}

/// <summary>
/// /system: the parent of the engine's own actors, loggers among them; ends when /user has ended. Stands for Akka's
/// <c>SystemGuardianActor</c> (public there).
/// </summary>
internal sealed class SystemGuardianActor(ActorSystemImpl system) : ActorBase
{
    protected override SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    protected override void PreStart() => Context.Watch(system.UserGuardian);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case Terminated:
                // The loggers are the last to go: what is logged from here on goes to standard output.
                system.EventStream.StopLoggers(system);
                Context.Stop(Self);
                return true;
            case StopChild stop:
                Context.Stop(stop.Child);
                return true;
            default:
                return false;
        }
    }

    protected override void PreRestart(Exception reason, object message)
    {
    }

    internal sealed class Producer(ActorSystemImpl system) : IIndirectActorProducer
    {
        public Type ActorType => typeof(SystemGuardianActor);

        public ActorBase Produce() => new SystemGuardianActor(system);

        public void Release(ActorBase actor)
        {
        }
    }
}
