namespace Akka.Actor;

/// <summary>Stands for Akka's <c>SupervisorStrategyConfigurator</c>: the type named by <c>akka.actor.guardian-supervisor-strategy</c>.</summary>
public abstract class SupervisorStrategyConfigurator
{
    public abstract SupervisorStrategy Create();

    public static SupervisorStrategyConfigurator CreateConfigurator(string typeName) => typeName switch
    {
        null or "" or "Akka.Actor.DefaultSupervisorStrategy" => new DefaultSupervisorStrategy(),
        "Akka.Actor.StoppingSupervisorStrategy" => new StoppingSupervisorStrategy(),
        _ => TypeNames.CreateInstance<SupervisorStrategyConfigurator>(typeName, "akka.actor.guardian-supervisor-strategy"),
    };
}

/// <summary>Stands for Akka's <c>DefaultSupervisorStrategy</c>.</summary>
public class DefaultSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.DefaultStrategy;
}

/// <summary>Stands for Akka's <c>StoppingSupervisorStrategy</c>.</summary>
public class StoppingSupervisorStrategy : SupervisorStrategyConfigurator
{
    public override SupervisorStrategy Create() => SupervisorStrategy.StoppingStrategy;
}
