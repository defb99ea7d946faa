using Akka.Actor;

namespace Akka.Pattern;

/// <summary>Stands for Akka.Pattern's <c>IllegalStateException</c>: an FSM initialised before it was given its first state.</summary>
public class IllegalStateException : AkkaException
{
    public IllegalStateException(string message)
        : base(message)
    {
    }

    public IllegalStateException(string message, Exception innerEx)
        : base(message, innerEx)
    {
    }
}
