using Akka.Actor;

namespace ActorSmtp.Engine.Tests.Actor;

/// <summary>The states of the machines under test.</summary>
public enum Light
{
    Red,
    Green,
    Yellow,
    Unknown,
}

/// <summary>A machine a test builds where it uses it: red, with 0 in its data, unless it says otherwise.</summary>
public sealed class Machine : FSM<Light, int>
{
    public Machine(Action<Machine> build)
    {
        StartWith(Light.Red, 0);
        build(this);
        Initialize();
    }

    public static Props Of(Action<Machine> build) => Props.Create(() => new Machine(build));

    /// <summary>Does something on the way and stays.</summary>
    public State<Light, int> Do(Action action)
    {
        action();
        return Stay();
    }
}
