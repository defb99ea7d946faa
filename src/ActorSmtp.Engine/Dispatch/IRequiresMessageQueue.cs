namespace Akka.Dispatch;

/// <summary>What a message queue must be able to do. Stands for Akka's interface of that name: a marker, every queue here does it all.</summary>
public interface ISemantics
{
}

/// <summary>An actor that asks for a kind of message queue; the loggers do. Stands for Akka's interface of that name.</summary>
public interface IRequiresMessageQueue<T>
    where T : ISemantics
{
}
