namespace Akka.Actor;

/// <summary>A message that does not restart the receiver's receive timeout. Stands for the interface of that name.</summary>
public interface INotInfluenceReceiveTimeout
{
}

/// <summary>A message that is not verified by <c>akka.actor.serialize-messages</c>. Stands for the interface of that name.</summary>
public interface INoSerializationVerificationNeeded
{
}

/// <summary>A message the engine handles itself, before the actor sees it. Stands for the interface of that name.</summary>
public interface IAutoReceivedMessage
{
}

/// <summary>A message that must not come from outside the process. Stands for the interface of that name.</summary>
public interface IPossiblyHarmful
{
}

/// <summary>Marks an actor whose received messages are logged by <c>akka.actor.debug.receive</c>. Stands for the interface of that name.</summary>
public interface ILogReceive
{
}

/// <summary>A message with another one inside. Stands for the interface of that name.</summary>
public interface IWrappedMessage
{
    object Message { get; }
}

/// <summary>Stands for Akka's <c>WrappedMessage</c>: opens wrapped messages down to the innermost.</summary>
public static class WrappedMessage
{
    public static object Unwrap(object message)
    {
        while (message is IWrappedMessage wrapped)
        {
            message = wrapped.Message;
        }

        return message;
    }
}
